/** One timer for all the deadlines of a session: most statements end long before theirs, and setting a timer for each would cost more than some of them. */
import type { Timer } from '#base/clock.ts'

export interface Alarm {
  /** A statement with this deadline (monotonic milliseconds) has begun. */
  watch(deadline: number): void
  cancel(): void
}

/**
 * When the timer fires this late (ms), it was this process that stood still, and the answer may lie unread in the socket: a
 * cancel now would hit nothing and cost the session. So the socket is read first, for `readFirstMs`.
 */
const stallMs = 100
const readFirstMs = 100

/**
 * The timer is left running when a statement ends in time, and asks anew when it fires early.
 * @param current the deadline of what runs now; undefined when nothing does
 * @param expire called once `current` is over
 */
export function createAlarm(o: {
  now: () => number
  after: (ms: number, body: () => void) => Timer
  current: () => number | undefined
  expire: () => void
}): Alarm {
  let timer: Timer | undefined
  let at = 0
  const set = (ms: number, then: () => void) => {
    at = o.now() + ms
    timer = o.after(ms, then)
  }
  const fire = (haveRead: boolean) => {
    timer = undefined
    const due = o.current()
    if (due === undefined) return
    const late = o.now() - due
    if (late < 0) watch(due)
    else if (haveRead || late <= stallMs) o.expire()
    else set(readFirstMs, () => fire(true))
  }
  const watch = (deadline: number) => {
    if (timer !== undefined && at <= deadline) return
    timer?.cancel()
    set(deadline - o.now(), () => fire(false))
  }
  return { watch, cancel: () => timer?.cancel() }
}
