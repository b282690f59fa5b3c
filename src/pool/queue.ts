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

/** A place in the line. */
interface Place<T> {
  readonly waiter: Waiter<T>
  before: Place<T> | undefined
  behind: Place<T> | undefined
}

/**
 * Makes an empty line. It is a linked list whose places let go of each other when they leave: a Set that is filled and
 * emptied all day chains its outgrown tables, and one that has grown old keeps every caller since from being collected
 * cheaply.
 */
export function createQueue<T>(clock: Clock, events: QueueEvents): Queue<T> {
  let first: Place<T> | undefined
  let last: Place<T> | undefined
  let size = 0

  const join = (waiter: Waiter<T>): Place<T> => {
    const place: Place<T> = { waiter, before: last, behind: undefined }
    if (last === undefined) first = place
    else last.behind = place
    last = place
    size++
    return place
  }
  const part = (place: Place<T>) => {
    const { before, behind } = place
    if (before === undefined) first = behind
    else before.behind = behind
    if (behind === undefined) last = before
    else behind.before = before
    place.before = undefined
    place.behind = undefined
    size--
  }

  return {
    get size() {
      return size
    },
    head: () => first?.waiter,
    wait: (caller) => {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const leave = () => {
        part(place)
        timer.cancel()
        caller.signal.removeEventListener('abort', onAbort)
      }
      const onAbort = () => {
        leave()
        reject(events.aborted(caller))
      }
      const place = join({
        caller,
        give: (value) => {
          leave()
          resolve(value)
        },
        refuse: (error) => {
          leave()
          reject(error)
        },
      })
      const timer = clock.after(caller.until - caller.since, () => {
        leave()
        reject(events.expired(caller))
      })
      caller.signal.addEventListener('abort', onAbort)
      return promise
    },
  }
}
