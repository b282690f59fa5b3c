/** One timer for all the deadlines of a session: most statements end long before theirs, and setting a timer for each would cost more than some of them. */
import type { Timer } from '#base/clock.ts'

export interface Alarm {
  /** A statement with this deadline (monotonic milliseconds) has begun. */
  watch(deadline: number): void
  cancel(): void
}

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
  const watch = (deadline: number) => {
    if (timer !== undefined && at <= deadline) return
    timer?.cancel()
    at = deadline
    timer = o.after(deadline - o.now(), () => {
      timer = undefined
      const now = o.current()
      if (now === undefined) return
      if (now <= o.now()) o.expire()
      else watch(now)
    })
  }
  return { watch, cancel: () => timer?.cancel() }
}
