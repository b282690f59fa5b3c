/** The line of callers that wait for a connection: first come, first served, each with its own end. */
import type { Clock, Timer } from '#base/clock.ts'

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
  /** Nobody will join any more: leaves no timer behind. */
  close(): void
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
  /** Its time is up. */
  expire(): void
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
  /** One timer for the whole line, at the earliest end in it or before. */
  let alarm: Timer | undefined
  let alarmAt = 0

  const watch = (until: number) => {
    if (alarm !== undefined && alarmAt <= until) return
    alarm?.cancel()
    alarmAt = until
    alarm = clock.after(until - clock.now(), expire)
  }
  const expire = () => {
    alarm = undefined
    const now = clock.now()
    let next = Number.POSITIVE_INFINITY
    for (let place = first; place !== undefined; ) {
      const { behind } = place
      if (place.waiter.caller.until <= now) place.expire()
      else next = Math.min(next, place.waiter.caller.until)
      place = behind
    }
    if (next < Number.POSITIVE_INFINITY) watch(next)
  }

  const join = (waiter: Waiter<T>, onEnd: () => void): Place<T> => {
    const place: Place<T> = { waiter, expire: onEnd, before: last, behind: undefined }
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
    close: () => alarm?.cancel(),
    wait: (caller) => {
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const leave = () => {
        part(place)
        caller.signal.removeEventListener('abort', onAbort)
      }
      const onAbort = () => {
        leave()
        reject(events.aborted(caller))
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
      const place = join(waiter, () => {
        leave()
        reject(events.expired(caller))
      })
      watch(caller.until)
      caller.signal.addEventListener('abort', onAbort)
      return promise
    },
  }
}
