/** How a statement or its session can end badly, as the driver sees it; faults.ts puts it into common words. */
import type { ServerMessage } from './wire.ts'

/** The server refused a statement. `message` and `detail` may hold values: for logs of development only. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly code: string
  readonly fields: ServerMessage
  /** Set by the session: why it had asked the server to cancel, if it had. */
  cancelled: CancelReason | undefined = undefined

  constructor(fields: ServerMessage) {
    super(fields.message)
    this.code = fields.code
    this.fields = fields
  }
}

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

export type CancelReason = 'deadline' | 'client'

/** The statement was cancelled on our request, or its portal was closed before the last row. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
  readonly why: CancelReason

  constructor(why: CancelReason) {
    super(`cancelled: ${why}`)
    this.why = why
  }
}
