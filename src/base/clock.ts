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

/** A timer in the list; a class, so that its way to be cancelled is no closure of its own. */
class Alarm implements Timer {
  before: Alarm | undefined = undefined
  behind: Alarm | undefined
  pending = true
  readonly at: number
  readonly body: () => void
  private readonly unlink: (alarm: Alarm) => void

  constructor(at: number, body: () => void, behind: Alarm | undefined, unlink: (alarm: Alarm) => void) {
    this.at = at
    this.body = body
    this.behind = behind
    this.unlink = unlink
  }

  cancel(): void {
    this.unlink(this)
  }
}

/**
 * Timers over one timer of Node's. Every request sets several, seconds ahead, and cancels them within a millisecond: here
 * that is two links of a list, where a timer of Node's own costs about a microsecond. Node's is moved only when something
 * earlier comes; when it fires, the list is walked.
 */
function createTimers(now: () => number): Clock['after'] {
  let first: Alarm | undefined
  let handle: NodeJS.Timeout | undefined
  let handleAt = 0

  const wake = (at: number) => {
    if (handle !== undefined && handleAt <= at) return
    if (handle !== undefined) clearTimeout(handle)
    handleAt = at
    handle = setTimeout(fire, Math.max(0, at - now()))
    handle.unref()
  }
  const unlink = (alarm: Alarm) => {
    if (!alarm.pending) return
    alarm.pending = false
    if (alarm.before === undefined) first = alarm.behind
    else alarm.before.behind = alarm.behind
    if (alarm.behind !== undefined) alarm.behind.before = alarm.before
    alarm.before = undefined
    alarm.behind = undefined
  }
  const fire = () => {
    handle = undefined
    const time = now()
    const due: Alarm[] = []
    let next = Number.POSITIVE_INFINITY
    for (let alarm = first; alarm !== undefined; alarm = alarm.behind) {
      if (alarm.at <= time) due.push(alarm)
      else next = Math.min(next, alarm.at)
    }
    if (next < Number.POSITIVE_INFINITY) wake(next)
    due.sort((a, b) => a.at - b.at)
    for (const alarm of due) {
      // One that ran before may have cancelled it.
      if (!alarm.pending) continue
      unlink(alarm)
      alarm.body()
    }
  }

  return (ms, body) => {
    const alarm = new Alarm(now() + Math.max(0, ms), body, first, unlink)
    if (first !== undefined) first.before = alarm
    first = alarm
    wake(alarm.at)
    return alarm
  }
}

const monotonic = () => performance.now()

/** The machine's clock. */
export const systemClock: Clock = {
  now: monotonic,
  wall: () => Date.now(),
  after: createTimers(monotonic),
  soon: createSoon(),
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
