/** The line of callers that wait for a connection: first come, first served, each with its own end. */
import type { Clock, Timer } from '#base/clock.ts'
import type { Signal } from '#base/signal.ts'
import type { Sharing } from './types.ts'

/** A caller in the line. Times are monotonic ms. */
interface Caller {
  readonly since: number
  /** When it stops waiting. */
  readonly until: number
  /** Its own deadline, at which it should be done with the connection. */
  readonly deadline: number
  readonly signal: Signal
  /** Takes a seat beside others of this kind. */
  readonly shares: Sharing | undefined
}

/** A caller with the two ways to let it go; each takes it out of the line. */
export interface Waiter<T> {
  readonly caller: Caller
  /** Who came next. */
  readonly behind: Waiter<T> | undefined
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
    const due: Place<T>[] = []
    for (let place = first; place !== undefined; place = place.behind)
      if (place.caller.until <= now) due.push(place)
    // Whoever leaves may let others go or move up, those who are due among them: then the line is another one.
    for (const place of due) if (place.waits) place.leaveWith(events.expired)
    let next = Number.POSITIVE_INFINITY
    for (let place = first; place !== undefined; place = place.behind)
      next = Math.min(next, place.caller.until)
    if (next < Number.POSITIVE_INFINITY) watch(next)
  }

  const line: Line<T> = {
    join: (place) => {
      place.before = last
      if (last === undefined) first = place
      else last.behind = place
      last = place
      size++
    },
    part: (place) => {
      const { before, behind } = place
      if (before === undefined) first = behind
      else before.behind = behind
      if (behind === undefined) last = before
      else behind.before = before
      place.before = undefined
      place.behind = undefined
      size--
    },
    aborted: events.aborted,
  }

  return {
    get size() {
      return size
    },
    head: () => first,
    close: () => alarm?.cancel(),
    wait: (caller) =>
      new Promise<T>((resolve, reject) => {
        line.join(new Place(caller, line, resolve, reject))
        watch(caller.until)
      }),
  }
}

/** What a place needs of the line it stands in. */
interface Line<T> {
  join(place: Place<T>): void
  part(place: Place<T>): void
  aborted: QueueEvents['aborted']
}

/** A place in the line, which leaves it in exactly one way. A class, as most requests under load hold one. */
class Place<T> implements Waiter<T> {
  before: Place<T> | undefined = undefined
  behind: Place<T> | undefined = undefined
  readonly caller: Caller
  /** Until it has left. */
  waits = true
  private readonly line: Line<T>
  private readonly resolve: (value: T) => void
  private readonly reject: (error: Error) => void

  constructor(caller: Caller, line: Line<T>, resolve: (value: T) => void, reject: (error: Error) => void) {
    this.caller = caller
    this.line = line
    this.resolve = resolve
    this.reject = reject
    caller.signal.addEventListener('abort', this)
  }

  give(value: T): void {
    this.leave()
    this.resolve(value)
  }

  refuse(error: Error): void {
    this.leave()
    this.reject(error)
  }

  /** @param why called when the place has been left, as it may let others move up */
  leaveWith(why: (caller: Caller) => Error): void {
    this.leave()
    this.reject(why(this.caller))
  }

  /** The caller's signal was aborted. */
  handleEvent(): void {
    if (this.waits) this.leaveWith(this.line.aborted)
  }

  private leave(): void {
    this.waits = false
    this.line.part(this)
    this.caller.signal.removeEventListener('abort', this)
  }
}
