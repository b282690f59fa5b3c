import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { type BreakerSettings, createBreaker } from './breaker.ts'
import { breakerOptions } from './options.ts'

const settings: BreakerSettings = { target: 'primary/read', ...breakerOptions.parse({}) }

/** A breaker whose target answers tries as told. Without chance, open times are 0.8 of the full ones. */
function setUp(changes: Partial<BreakerSettings> = {}, chance = 0) {
  const clock = virtualClock()
  const seen: Observation[] = []
  const target: { probe: 'fine' | 'refuse' | 'hang'; probes: number[]; aborted: number } = {
    probe: 'refuse',
    probes: [],
    aborted: 0,
  }
  const breaker = createBreaker(
    { ...settings, ...changes },
    {
      clock,
      observe: (o) => seen.push(o),
      random: () => chance,
      probe: (signal) => {
        target.probes.push(clock.now())
        signal.addEventListener('abort', () => target.aborted++)
        if (target.probe === 'hang') return new Promise(() => {})
        return target.probe === 'fine' ? Promise.resolve() : Promise.reject(new Error('refused'))
      },
    },
  )
  const admitted = () => {
    try {
      breaker.admit()
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: 'breaker_open' })
      return false
    }
  }
  /** So many calls that fail; how many of them were let through. */
  const fail = (times: number) => {
    let through = 0
    for (let i = 0; i < times; i++)
      if (admitted()) {
        through++
        breaker.note(true, 0)
      }
    return through
  }
  const succeed = (times: number, ms = 0) => {
    for (let i = 0; i < times; i++) if (admitted()) breaker.note(false, ms)
  }
  const moves = () => seen.flatMap((o) => (o.kind === 'breaker' ? [o.to] : []))
  return { clock, seen, target, breaker, admitted, fail, succeed, moves }
}

describe('opening', () => {
  it('takes minCalls: a quiet service is not cut off by its one bad minute', () => {
    const { breaker, fail } = setUp()
    fail(19)
    expect(breaker.stats()).toMatchObject({ state: 'closed', calls: 19, failures: 19 })
    fail(1)
    expect(breaker.stats().state).toBe('open')
  })

  it.each([
    [10, 10, 'open'],
    [11, 9, 'closed'],
  ])('after %d good calls, %d bad ones leave it %s', (good, bad, state) => {
    const { breaker, fail, succeed } = setUp()
    succeed(good)
    fail(bad)
    expect(breaker.stats().state).toBe(state)
  })

  it('happens when most calls are slow', () => {
    const { breaker, succeed } = setUp()
    succeed(4)
    succeed(16, 2001)
    expect(breaker.stats()).toMatchObject({ state: 'open', calls: 20, slow: 16 })
  })

  it('does not happen for latency below slowCall', () => {
    const { breaker, succeed } = setUp()
    succeed(1000, 500)
    expect(breaker.stats().state).toBe('closed')
  })

  it('forgets what is older than the window, however long nobody called', async () => {
    const { clock, breaker, fail, succeed } = setUp()
    fail(19)
    await clock.advance(3_600_000)
    succeed(1)
    fail(10)
    expect(breaker.stats()).toMatchObject({ state: 'closed', calls: 11, failures: 10 })
  })

  it('tells the log and the metrics once, with its numbers', () => {
    const { seen, fail } = setUp()
    fail(20)
    expect(seen.filter((o) => o.kind === 'breaker')).toEqual([
      {
        kind: 'breaker',
        target: 'primary/read',
        from: 'closed',
        to: 'open',
        detail: { why: 'failures', calls: 20, failures: 20, slow: 0, openMs: 400 },
      },
    ])
  })
})

describe('while it is open', () => {
  it('refuses at once, with numbers and a time', async () => {
    const { clock, breaker, fail } = setUp()
    fail(20)
    await clock.advance(100)
    let error: unknown
    try {
      breaker.admit()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject({
      code: 'breaker_open',
      message:
        'The circuit to primary/read is open for 100 ms: 20 of 20 calls failed and 0 took over 2000 ms; it is tried again in 300 ms.',
      facts: { target: 'primary/read', state: 'open', forMs: 100, calls: 20, failures: 20, slow: 0 },
      retryAfter: 1,
    })
  })

  it('tries in the background until it succeeds', async () => {
    const { clock, breaker, target, fail } = setUp()
    fail(20)
    await clock.advance(2000)
    expect(target.probes).toEqual([400, 800, 1200, 1600, 2000])
    target.probe = 'fine'
    await clock.advance(400)
    expect(breaker.stats().state).toBe('ramp')
  })

  it('gives up a try that hangs; nobody waits for it', async () => {
    const { clock, breaker, target, admitted, fail } = setUp()
    target.probe = 'hang'
    fail(20)
    await clock.advance(1399)
    expect(admitted()).toBe(false)
    expect(target.aborted).toBe(0)
    await clock.advance(1)
    expect(target.aborted).toBe(1)
    expect(breaker.stats()).toMatchObject({ state: 'open', nextProbeMs: 400 })
    target.probe = 'fine'
    await clock.advance(400)
    expect(breaker.stats().state).toBe('ramp')
  })

  it('hears nothing from calls that were under way', () => {
    const { breaker, fail } = setUp()
    fail(20)
    breaker.note(false, 1)
    breaker.note(true, 1)
    expect(breaker.stats()).toMatchObject({ state: 'open', calls: 20 })
  })
})

describe('coming back', () => {
  const recovering = async () => {
    const world = setUp()
    world.fail(20)
    world.target.probe = 'fine'
    await world.clock.advance(400)
    return world
  }

  it('lets a tenth through, then half, then all; the first call always', async () => {
    const { clock, admitted, moves } = await recovering()
    const through = () => Array.from({ length: 20 }, admitted).filter(Boolean).length
    expect(admitted()).toBe(true)
    expect(through()).toBe(2)
    await clock.advance(500)
    expect(through()).toBe(10)
    await clock.advance(500)
    expect(through()).toBe(20)
    expect(moves()).toEqual(['open', 'ramp', 'closed'])
  })

  it('bears one failure, and opens for twice the time at two', async () => {
    const { clock, breaker, fail, moves } = await recovering()
    expect(fail(1)).toBe(1)
    expect(breaker.stats().state).toBe('ramp')
    expect(fail(20)).toBe(1)
    expect(breaker.stats()).toMatchObject({ state: 'open', nextProbeMs: 800 })
    await clock.advance(800)
    expect(moves()).toEqual(['open', 'ramp', 'open', 'ramp'])
  })

  it('hears nothing from calls that began before it opened, in the ramp and after it', async () => {
    const { clock, breaker, fail, moves } = await recovering()
    expect(fail(1)).toBe(1)
    await clock.advance(10)
    // Deadlines of long ago, of a statement and of a stream.
    for (let i = 0; i < 20; i++) {
      breaker.note(true, 5000)
      breaker.note(true, 0, 5000)
    }
    expect(breaker.stats().state).toBe('ramp')
    await clock.advance(1000)
    for (let i = 0; i < 20; i++) breaker.note(true, 5000)
    expect(breaker.stats()).toMatchObject({ state: 'closed', calls: 0 })
    expect(moves()).toEqual(['open', 'ramp', 'closed'])
    // Those that it let through on the way back count to the end.
    for (let i = 0; i < 20; i++) breaker.note(true, 1005)
    expect(breaker.stats().state).toBe('open')
  })

  it('grows the open time up to its limit while the target flaps, and forgets that after calm', async () => {
    const { clock, breaker, target, fail } = await recovering()
    const waits: number[] = []
    for (let i = 0; i < 8; i++) {
      await clock.advance(1000)
      expect(breaker.stats().state).toBe('closed')
      fail(20)
      waits.push(breaker.stats().nextProbeMs)
      await clock.advance(waits.at(-1) as number)
    }
    expect(waits).toEqual([800, 1600, 3200, 6400, 12_800, 24_000, 24_000, 24_000])
    await clock.advance(1000 + 30_000)
    target.probe = 'refuse'
    fail(20)
    expect(breaker.stats().nextProbeMs).toBe(400)
  })

  it('leaves no timer behind when stopped', async () => {
    const { clock, breaker, target, fail } = setUp()
    fail(20)
    breaker.stop()
    await clock.advance(60_000)
    expect(target.probes).toEqual([])
  })
})

it('under any schedule keeps its promises: refusals only when not closed, few calls while open, always a way back', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('calls' as const), n: fc.nat(40), failed: fc.boolean(), ms: fc.nat(3000) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(5000) }),
    fc.record({ kind: fc.constant('probe' as const), to: fc.constantFrom('fine', 'refuse', 'hang') }),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      async (steps, chance) => {
        const { clock, breaker, target, admitted } = setUp({}, chance)
        for (const s of steps) {
          if (s.kind === 'wait') await clock.advance(s.ms)
          else if (s.kind === 'probe') target.probe = s.to
          else
            for (let i = 0; i < s.n; i++) {
              const before = breaker.stats().state
              const through = admitted()
              if (before === 'closed') expect(through).toBe(true)
              if (before === 'open') expect(through).toBe(false)
              if (through) breaker.note(s.failed, s.ms)
            }
        }
        target.probe = 'fine'
        // The longest open time with its jitter, a try that hung, and the ramp.
        await clock.advance(30_000 * 1.2 + 1000 + 600 + 1000)
        expect(breaker.stats().state).toBe('closed')
      },
    ),
    { numRuns: 200 },
  )
})
