/** What the server says when it refuses a statement (ERR packet). */
import type { CancelReason } from '#engine/session-errors.ts'

/**
 * Errors whose text quotes a value though their SQLSTATE does not tell: incorrect and illegal values, partitions, ranges of
 * expressions, JSON, characters, and syntax errors, which quote a piece of the statement.
 */
const quoting = new Set([
  1064, 1292, 1300, 1366, 1367, 1411, 1525, 1526, 1586, 1690, 3140, 3141, 3156, 3988, 4037, 4038,
])

/** The server refused a statement. `message` may hold values. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly errno: number
  readonly sqlState: string
  /** The number again, where logs look for it. */
  readonly code: string
  /** Its text is not for logs: data exceptions, violated constraints, and whatever a routine's author said. */
  readonly quotesValues: boolean
  /** Set by the session: why it had asked the server to cancel, if it had. */
  cancelled: CancelReason | undefined = undefined

  constructor(said: { readonly errno: number; readonly sqlState: string; readonly message: string }) {
    super(said.message)
    this.errno = said.errno
    this.sqlState = said.sqlState
    this.code = String(said.errno)
    this.quotesValues = /^(22|23|45)/.test(said.sqlState) || quoting.has(said.errno)
  }
}

/** Errors after which the server hangs up (MySQL Server Error Message Reference; 1927: MariaDB). */
export const lastWords: ReadonlySet<number> = new Set([
  1053, 1080, 1152, 1153, 1159, 1161, 1184, 1927, 3169, 4031,
])
/** The server has forgotten the statement. Nothing was run. */
export const unknownStatement = 1243
/** The server wants the statement prepared anew. Nothing was run. */
export const needsPrepare = 1615
/** max_prepared_stmt_count is reached. */
export const tooManyPrepared = 1461

/** The server would close the connection over it (ER_NET_PACKET_TOO_LARGE). `maxPacket`: bytes. */
export const tooLong = (maxPacket: number): ServerError =>
  new ServerError({
    errno: 1153,
    sqlState: '08S01',
    message: `the statement is longer than max_allowed_packet, ${maxPacket} bytes`,
  })
