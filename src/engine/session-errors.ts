/** How a statement or its session can end badly, whatever the engine; each engine's own ServerError tells what its server said. */

/** `patience`: it kept others waiting that travel in the same trip. */
export type CancelReason = 'deadline' | 'client' | 'patience'

/** The session was lost. `sent`: a statement was under way, so that a write may have happened. */
export class SessionLost extends Error {
  override readonly name = 'SessionLost'
  readonly sent: boolean
  /** Why the session itself gave up on a cancelled statement, if that is how it was lost. */
  readonly cancelled: CancelReason | undefined

  constructor(
    reason: string,
    sent: boolean,
    options: { cause?: unknown; cancelled?: CancelReason | undefined } = {},
  ) {
    super(reason, options.cause === undefined ? undefined : { cause: options.cause })
    this.sent = sent
    this.cancelled = options.cancelled
  }
}

/** The statement was cancelled on our request, or its rows were closed before the last one. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
  readonly why: CancelReason

  constructor(why: CancelReason) {
    super(`cancelled: ${why}`)
    this.why = why
  }
}

/** What comes is of another type than the statement was made for: the schema has changed. It may have been run. */
export class TypesChanged extends Error {
  override readonly name = 'TypesChanged'
}
