/** What the server says when it refuses a statement (ERR packet). */
import type { CancelReason } from '#engine/session-errors.ts'

/** The server refused a statement. `message` may hold values: for logs of development only. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly errno: number
  readonly sqlState: string
  /** Set by the session: why it had asked the server to cancel, if it had. */
  cancelled: CancelReason | undefined = undefined

  constructor(said: { readonly errno: number; readonly sqlState: string; readonly message: string }) {
    super(said.message)
    this.errno = said.errno
    this.sqlState = said.sqlState
  }
}
