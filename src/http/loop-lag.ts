/** Refuses requests while the event loop is far behind: what it has must be done before it takes more. */
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'

/** Milliseconds between two looks while there is work; the grain of what is measured. */
const periodMs = 100
/** Clients are sent away for a second: by then the loop has turned many times, or still stands. */
const retryAfter = 1

export interface LoopLag {
  /**
   * To be called by every request that begins.
   * @param arrived when it came (monotonic ms): it has waited for the turns of those before it since
   * @throws GatewayError overloaded
   */
  admit(arrived: number): void
}

/**
 * A timer that should have fired says how long the loop was held up, and it runs only while requests come or are under way.
 * After a standstill it fires before Node reads what has arrived meanwhile; so those who come then find the loop behind,
 * and are refused until the timer has been punctual once.
 * @param o.limitMs longest time the loop may be held up; 0 refuses nobody
 * @param o.busy whether any request is under way
 */
export function createLoopLag(o: {
  clock: Clock
  observe: Observe
  limitMs: number
  busy: () => boolean
}): LoopLag {
  const { clock, limitMs } = o
  let running = false
  let due = 0
  /** A request came since the last look. */
  let came = false
  /** By how much the last look was late (ms), while that is beyond the limit; else 0. */
  let behindMs = 0

  const plan = () => {
    running = true
    due = clock.now() + periodMs
    clock.after(periodMs, look)
  }
  const look = () => {
    const late = clock.now() - due
    behindMs = late > limitMs ? late : 0
    running = false
    if (came || behindMs > 0 || o.busy()) plan()
    came = false
  }

  return {
    admit: (arrived) => {
      if (limitMs === 0) return
      came = true
      if (!running) plan()
      // The look itself may be overdue, when a turn of the loop has much to do.
      const now = clock.now()
      const lagMs = Math.round(Math.max(behindMs, now - due, now - arrived))
      if (lagMs <= limitMs) return
      o.observe({ kind: 'shed', reason: 'event_loop' })
      throw new GatewayError(
        'overloaded',
        `The event loop of the gateway is ${lagMs} ms behind (limit ${limitMs} ms, limits.eventLoopLag).`,
        { facts: { lagMs, limitMs }, retryAfter },
      )
    },
  }
}
