import { describe, expect, it } from 'vitest'
import { systemClock as clock, virtualClock } from './clock.ts'

const settled = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('timers of the machine', () => {
  it('fire once each, in the order of their times, however they were set', async () => {
    const fired: number[] = []
    for (const ms of [30, 5, 20, 0, 10]) clock.after(ms, () => fired.push(ms))
    await settled(80)
    expect(fired).toEqual([0, 5, 10, 20, 30])
  })

  it('never fire early', async () => {
    const began = clock.now()
    const at = await new Promise<number>((resolve) => clock.after(25, () => resolve(clock.now())))
    expect(at - began).toBeGreaterThanOrEqual(25)
  })

  it('do not fire once cancelled, also by one that fires at the same time', async () => {
    const fired: string[] = []
    const first = clock.after(5, () => fired.push('cancelled'))
    first.cancel()
    first.cancel()
    clock.after(10, () => {
      fired.push('a')
      second.cancel()
    })
    const second = clock.after(10, () => fired.push('b'))
    await settled(60)
    expect(fired).toEqual(['a'])
  })

  it('may set and cancel others while they fire', async () => {
    const fired: string[] = []
    clock.after(2, () => {
      fired.push('outer')
      clock.after(2, () => fired.push('inner'))
    })
    const far = clock.after(10_000, () => fired.push('never'))
    await settled(60)
    far.cancel()
    expect(fired).toEqual(['outer', 'inner'])
  })

  it('stay right among thousands that come and go', async () => {
    let fired = 0
    for (let i = 0; i < 5000; i++) clock.after(1000 + i, () => fired++).cancel()
    clock.after(5, () => fired++)
    await settled(40)
    expect(fired).toBe(1)
  })
})

it('runs what is due soon after this turn, in order', async () => {
  const order: string[] = []
  clock.soon(() => order.push('a'))
  clock.soon(() => order.push('b'))
  order.push('now')
  await settled(5)
  expect(order).toEqual(['now', 'a', 'b'])
})

it('moves only when told to, when it is virtual', async () => {
  const virtual = virtualClock()
  const fired: number[] = []
  virtual.after(10, () => fired.push(virtual.now()))
  virtual.after(5, () => virtual.after(1, () => fired.push(virtual.now())))
  await virtual.advance(9)
  expect(fired).toEqual([6])
  await virtual.advance(1)
  expect(fired).toEqual([6, 10])
})
