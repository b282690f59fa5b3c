import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import { Cancellation } from '#base/signal.ts'
import { createGate, hasRoom, leastLoaded } from './lanes.ts'

const lane = (inUse: number, max = 10, lagMs = 0) => ({ inUse, waiting: 0, max, lagMs })

test('the lane with the lowest share in use is taken, not the one with the fewest in use', () => {
  expect(leastLoaded([lane(3, 4), lane(4, 10), lane(6, 10)], 0)).toBe(1)
})

test('equal lanes take turns; one that is seconds behind does not', () => {
  const equal = [lane(0), lane(0), lane(0)]
  expect([0, 1, 2, 3].map((turn) => leastLoaded(equal, turn))).toEqual([0, 1, 2, 0])
  const late = [lane(0, 10, 4000), lane(0, 10, 200), lane(0, 10, 0)]
  expect([0, 1, 2].map((turn) => leastLoaded(late, turn))).toEqual([1, 1, 2])
  expect(leastLoaded([], 0)).toBe(-1)
})

test('there is room while those in line leave some', () => {
  expect(hasRoom({ inUse: 3, waiting: 0, max: 4 })).toBe(true)
  expect(hasRoom({ inUse: 3, waiting: 1, max: 4 })).toBe(false)
})

function setUp(size: number) {
  const clock = virtualClock()
  const gate = createGate({ clock, name: 'primary', size: () => size, queuePerSlot: 2, waitMs: 500 })
  const ends: (() => void)[] = []
  const order: number[] = []
  let started = 0
  const enter = (o: { deadline?: number; signal?: Cancellation } = {}) => {
    const me = started++
    return gate
      .use(o.signal ?? new Cancellation(), o.deadline ?? 10_000, async () => {
        order.push(me)
        await new Promise<void>((resolve) => ends.push(resolve))
        return 'served' as const
      })
      .catch((error: unknown) => (error instanceof GatewayError ? error.code : 'internal'))
  }
  return { clock, gate, ends, order, enter }
}

test('no more than its size are inside, the others come in the order they came', async () => {
  const { clock, gate, ends, order, enter } = setUp(2)
  const all = [enter(), enter(), enter(), enter()]
  await clock.advance(1)
  expect([order, gate.free()]).toEqual([[0, 1], false])
  ends[0]?.()
  await clock.advance(1)
  expect(order).toEqual([0, 1, 2])
  for (let i = 1; i < 4; i++) {
    ends[i]?.()
    await clock.advance(1)
  }
  expect(await Promise.all(all)).toEqual(['served', 'served', 'served', 'served'])
  expect(gate.free()).toBe(true)
})

test('a full line refuses at once, a wait ends with its time, the deadline or the caller', async () => {
  const { clock, enter } = setUp(1)
  const signal = new Cancellation()
  void enter()
  await clock.advance(1)
  const waiting = [enter({ deadline: 101 }), enter({ signal })]
  expect(await enter()).toBe('queue_full')
  signal.abort(new GatewayError('client_closed', 'gone'))
  await clock.advance(100)
  expect(await Promise.all(waiting)).toEqual(['pool_timeout', 'client_closed'])
  const late = enter()
  await clock.advance(500)
  expect(await late).toBe('pool_timeout')
})
