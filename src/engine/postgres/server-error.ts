/** What the server says when it refuses a statement (ErrorResponse). */
import type { CancelReason } from '#engine/session-errors.ts'
import type { ServerMessage } from './wire.ts'

/** The server refused a statement. `message` and `detail` may hold values. */
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
