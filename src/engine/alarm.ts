/** One timer for all the deadlines of a session: most statements end long before theirs, and setting a timer for each would cost more than some of them. */
import type { Timer } from '#base/clock.ts'

export interface Alarm {
  /** A statement with this deadline (monotonic milliseconds) has begun. */
  watch(deadline: number): void
  cancel(): void
}

/**
 * When the alarm comes this late (ms), it was this process that stood still, and the answer may lie unread in the socket:
 * a cancel now would hit nothing and cost the session. So the socket is read first, for no longer than `readFirstMs`.
 */
const stallMs = 100
const readFirstMs = 100

/**
 * The timer is left running when a statement ends in time, and asks anew when it fires early.
 * @param current what runs now; undefined when nothing does
 * @param expire called with what runs once its deadline is over
 */
export function createAlarm<Running>(o: {
  now: () => number
  after: (ms: number, body: () => void) => Timer
  current: () => Running | undefined
  deadlineOf: (running: Running) => number
  expire: (running: Running) => void
}): Alarm {
  let timer: Timer | undefined
  let at = 0
  const watch = (deadline: number) => {
    if (timer !== undefined && at <= deadline) return
    timer?.cancel()
    at = deadline
    timer = o.after(deadline - o.now(), ring)
  }
  const ring = () => {
    timer = undefined
    const running = o.current()
    if (running === undefined) return
    const late = o.now() - o.deadlineOf(running)
    if (late < 0) watch(o.deadlineOf(running))
    else if (late <= stallMs) o.expire(running)
    else
      o.after(readFirstMs, () => {
        if (o.current() === running) o.expire(running)
      })
  }
  return { watch, cancel: () => timer?.cancel() }
}
