/** Time as a dependency: monotonic and wall time and timers, real in production, virtual in tests. */

/** What a pending timer can do: be cancelled. */
export interface Timer {
  cancel(): void
}

/** The only source of time in Postern. Durations are milliseconds everywhere. */
export interface Clock {
  /** Monotonic milliseconds (fractions allowed). For time-outs, lifetimes, windows: a jump of the wall clock must not expire anything. */
  now(): number
  /** Wall clock milliseconds since 1970, only for what people or other machines read. */
  wall(): number
  /** Runs `body` once after `ms`; never keeps the process alive by itself. */
  after(ms: number, body: () => void): Timer
  /** Runs `body` once this turn of the event loop has dealt with everything that came in; in the order of the calls. */
  soon(body: () => void): void
}

/** One immediate for all that is to run at the end of a turn. */
function createSoon(): Clock['soon'] {
  let waiting: (() => void)[] = []
  const runAll = () => {
    const due = waiting
    waiting = []
    for (const body of due) body()
  }
  return (body) => {
    if (waiting.push(body) === 1) setImmediate(runAll)
  }
}

/** The machine's clock. */
export const systemClock: Clock = {
  soon: createSoon(),
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, body) => {
    const handle = setTimeout(body, Math.max(0, ms))
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}

/** A clock that moves only when told to. `advance` runs due timers in order and lets promises settle between them. */
export interface VirtualClock extends Clock {
  advance(ms: number): Promise<void>
}

/** Makes a virtual clock that starts at 0 (wall: `wall0`). */
export function virtualClock(wall0 = 1_800_000_000_000): VirtualClock {
  let now = 0
  let sequence = 0
  const timers = new Map<number, { at: number; body: () => void }>()
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  return {
    now: () => now,
    wall: () => wall0 + now,
    soon: (body) => queueMicrotask(body),
    after: (ms, body) => {
      const id = sequence++
      timers.set(id, { at: now + Math.max(0, ms), body })
      return { cancel: () => timers.delete(id) }
    },
    advance: async (ms) => {
      const end = now + ms
      await settle()
      for (;;) {
        let due: [number, { at: number; body: () => void }] | undefined
        for (const entry of timers) if (entry[1].at <= end && (!due || entry[1].at < due[1].at)) due = entry
        if (!due) break
        timers.delete(due[0])
        now = Math.max(now, due[1].at)
        due[1].body()
        await settle()
      }
      now = end
      await settle()
    },
  }
}
