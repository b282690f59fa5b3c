/** What the server says when it refuses a statement (ERROR token), and how an attention ends one. */
import type { CancelReason } from '#engine/session-errors.ts'

/**
 * Errors whose text quotes a value: duplicates, failed conversions, texts that were too long, JSON, types of .NET, and syntax
 * errors, which quote a piece of the statement.
 */
const quoting = new Set([102, 105, 241, 245, 248, 2601, 2627, 2628, 6522, 8114, 9807, 13608, 13609, 13610])
/** From here on errors are those of routines' authors. */
const firstOfUsers = 50_000

/** The server refused a statement, or the login. `message` may hold values. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly number: number
  /** The number again, where logs look for it. */
  readonly code: string
  /** Its text is not for logs. */
  readonly quotesValues: boolean
  /** Severity: from 20 on the server ends the session. */
  readonly class: number
  readonly state: number
  /** The procedure, function or trigger it comes from; empty for the statement itself. */
  readonly procedure: string
  /** Set by the session: why it had asked the server to stop, if it had. */
  cancelled: CancelReason | undefined = undefined

  constructor(said: {
    readonly number: number
    readonly class: number
    readonly state: number
    readonly message: string
    readonly procName: string
  }) {
    super(said.message)
    this.number = said.number
    this.code = String(said.number)
    this.quotesValues = quoting.has(said.number) || said.number >= firstOfUsers
    this.class = said.class
    this.state = said.state
    this.procedure = said.procName
  }
}

/**
 * An attention of ours ended the statement, and the server has acknowledged it. Unlike an error this does not say
 * whether a statement that commits on its own had just been committed.
 */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly why: CancelReason
  /** The server has said that it took the transaction back. */
  readonly undone: boolean

  constructor(why: CancelReason, undone: boolean) {
    super(`interrupted: ${why}`)
    this.why = why
    this.undone = undone
  }
}
