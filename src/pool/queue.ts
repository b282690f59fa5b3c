/** The line of callers that wait for a connection: first come, first served, each with its own end. */
import type { Clock } from '#base/clock.ts'

/** A caller in the line. Times are monotonic ms. */
interface Caller {
  readonly since: number
  /** When it stops waiting. */
  readonly until: number
  /** Its own deadline, at which it should be done with the connection. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** A caller with the two ways to let it go; each takes it out of the line. */
interface Waiter<T> {
  readonly caller: Caller
  give(value: T): void
  refuse(error: Error): void
}

interface Queue<T> {
  readonly size: number
  /** Joins the end of the line; settles when given something, refused, at `until` or when the signal aborts. */
  wait(caller: Caller): Promise<T>
  /** Who came first. */
  head(): Waiter<T> | undefined
}

interface QueueEvents {
  /** A caller's time is up (it has left already): what to throw. */
  expired(caller: Caller): Error
  /** A caller hung up (it has left already): what to throw. */
  aborted(caller: Caller): Error
}

/** Makes an empty line. */
export function createQueue<T>(clock: Clock, events: QueueEvents): Queue<T> {
  // A Set keeps the order of arrival and lets anybody leave from the middle at no cost.
  const waiters = new Set<Waiter<T>>()
  return {
    get size() {
      return waiters.size
    },
    head: () => waiters.values().next().value,
    wait: (caller) => {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const leave = () => {
        waiters.delete(waiter)
        timer.cancel()
        caller.signal.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter<T> = {
        caller,
        give: (value) => {
          leave()
          resolve(value)
        },
        refuse: (error) => {
          leave()
          reject(error)
        },
      }
      const onAbort = () => {
        leave()
        reject(events.aborted(caller))
      }
      const timer = clock.after(caller.until - caller.since, () => {
        leave()
        reject(events.expired(caller))
      })
      caller.signal.addEventListener('abort', onAbort)
      waiters.add(waiter)
      return promise
    },
  }
}
