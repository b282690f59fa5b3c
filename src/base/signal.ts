/** Cancelling a request: the part of AbortSignal that its way through the rooms uses, at a fraction of the cost. */

/** As with every EventTarget, an object will do as listener, which spares a closure. */
export interface AbortObserver {
  handleEvent(): void
}

/** Called, without arguments, when it happens. */
export type AbortListener = (() => void) | AbortObserver

/** What work listens to. Every AbortSignal is one. */
export interface Signal {
  readonly aborted: boolean
  /** Why; undefined until aborted. */
  readonly reason: unknown
  addEventListener(type: 'abort', listener: AbortListener): void
  removeEventListener(type: 'abort', listener: AbortListener): void
}

/**
 * A Signal together with the way to abort it. One is made for every request, and listened to by whatever the request
 * waits for: a place in a line, then a statement. An AbortController with its EventTarget would cost such a request half
 * a kilobyte and some three microseconds. A class, as its methods then exist once.
 */
export class Cancellation implements Signal {
  aborted = false
  reason: unknown = undefined
  /** Hardly ever more than one listens at a time. */
  private one: AbortListener | undefined = undefined
  private others: AbortListener[] | undefined = undefined

  addEventListener(_: 'abort', listener: AbortListener): void {
    if (this.aborted) return
    if (this.one === undefined) this.one = listener
    else (this.others ??= []).push(listener)
  }

  removeEventListener(_: 'abort', listener: AbortListener): void {
    if (this.one === listener) this.one = this.others?.shift()
    else {
      const at = this.others?.indexOf(listener) ?? -1
      if (at >= 0) this.others?.splice(at, 1)
    }
  }

  /** Tells all who still listen when their turn comes, in the order in which they came; later calls do nothing. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    for (let listener = this.one; listener !== undefined; listener = this.one) {
      this.one = this.others?.shift()
      if (typeof listener === 'function') listener()
      else listener.handleEvent()
    }
  }
}
