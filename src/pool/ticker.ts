/** A steady beat for housekeeping: one timer, however many things there are to look after. */
import type { Clock } from '#base/clock.ts'

interface Ticker {
  stop(): void
}

/**
 * Calls `body` every `period` ms until stopped. `punctual` is false when the beat came a whole period late:
 * then the event loop stood still, and whoever seems overdue had no chance either.
 */
export function createTicker(
  clock: Clock,
  period: number,
  body: (now: number, punctual: boolean) => void,
): Ticker {
  let due = clock.now() + period
  let stopped = false
  const beat = () => {
    const now = clock.now()
    body(now, now - due < period)
    if (stopped) return
    due = now + period
    timer = clock.after(period, beat)
  }
  let timer = clock.after(period, beat)
  return {
    stop: () => {
      stopped = true
      timer.cancel()
    },
  }
}
