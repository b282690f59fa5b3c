/** One session in SQL Server: one statement at a time, with a deadline, a cancel that cannot hit a later statement, and back-pressure. */
import type { Signal } from '#base/signal.ts'
import type { EventEmitter } from 'node:events'
import { type Connection, Request, TYPES } from 'tedious'
import { createAlarm } from '#engine/alarm.ts'
import { cancelGraceMs } from '#engine/graces.ts'
import { type CancelReason, SessionLost } from '#engine/session-errors.ts'
import { Interrupted, ServerError } from './server-error.ts'
import type { ResultColumn } from './values.ts'

export interface Statement {
  readonly text: string
  /** Bound as @p1, @p2, … and run by sp_executesql; undefined: run as a plain batch, whose SET and BEGIN outlast it. */
  readonly values: readonly (string | null)[] | undefined
}

export interface ExchangeOptions {
  readonly deadline: number
  readonly signal: Signal
  /** Before the rows of each result. */
  readonly onColumns: (columns: readonly ResultColumn[]) => void
  readonly onRow: (cells: readonly { readonly value: unknown }[]) => void
}

export interface Session {
  /**
   * Runs one statement.
   * @throws ServerError, Interrupted, SessionLost, or what onRow threw
   */
  exchange(statement: Statement, o: ExchangeOptions): Promise<void>
  /** No more rows until `resume`: they stay in the socket and in the server. */
  pause(): void
  resume(): void
  /** Ends the statement that is under way, as if its caller had left. */
  stop(): void
  inTransaction(): boolean
  usable(): boolean
  /** Ends the session; the caller of a statement under way is told that it was lost. */
  close(): Promise<void>
}

/** What a session stands on. */
export interface SessionParts {
  /** After login. */
  readonly connection: Connection
  readonly now: () => number
  readonly after: (ms: number, body: () => void) => { cancel(): void }
  readonly onCancel: (why: CancelReason, outcome: 'sent' | 'failed') => void
}

/** The most that closing may take. */
const closeTimeoutMs = 1000

/**
 * Parameters are declared nvarchar(4000), and nvarchar(max), as any length above 4000 says, only when they hold more: the
 * declaration is part of the text that plans are found by, and one made from the length of each value would fill the
 * cache with copies. Indexes are searched best, and CONTAINS only, with what is not nvarchar(max).
 */
const [usualLength, maxLength] = [4000, 65_535]

/**
 * Codes of tedious that leave the connection in order: the server's errors, an attention acknowledged, and values that
 * tedious does not take, before anything was sent. Whatever else comes is the end of the connection.
 */
const answerCodes: ReadonlySet<unknown> = new Set(['EREQUEST', 'UNKNOWN', 'ECANCEL', 'EPARAM'])

interface Exchange {
  readonly request: Request
  readonly o: ExchangeOptions
  readonly resolve: () => void
  readonly reject: (error: Error) => void
  /** The first error the server sent: those that follow are its consequences. */
  error: ServerError | undefined
  /** The caller's own failure. */
  broken: Error | undefined
  cancelled: CancelReason | undefined
  /** The server has rolled a transaction back meanwhile. */
  undone: boolean
  giveUp: { cancel(): void } | undefined
}

export function createSession(parts: SessionParts): Session {
  const { connection } = parts
  let current: Exchange | undefined
  let lost: Error | undefined
  /** What the server said before it ended the session. */
  let farewell: ServerError | undefined
  const ended = new Promise<void>((resolve) => connection.once('end', resolve))

  const fail = (error: Error) => {
    if (lost !== undefined) return
    lost = farewell ?? error
    alarm.cancel()
    const exchange = current
    current = undefined
    hangUp(connection)
    if (exchange === undefined) return
    exchange.giveUp?.cancel()
    exchange.reject(new SessionLost(lost.message, true, { cause: lost, cancelled: exchange.cancelled }))
  }
  connection.on('error', fail)
  connection.once('end', () => fail(new Error('the server closed the connection')))
  connection.on('errorMessage', (message) => {
    const error = new ServerError(message)
    if (error.class >= 20) farewell = error
    if (current !== undefined) current.error ??= error
  })
  // Emitted, but not among the events that its types list.
  const emitter: EventEmitter = connection
  emitter.on('rollbackTransaction', () => {
    if (current !== undefined) current.undone = true
  })

  /** tedious has the whole answer, and for a cancelled statement the acknowledgement of its attention. */
  const settle = (exchange: Exchange, failure: Error | null | undefined) => {
    if (current !== exchange) return
    const code = (failure as { code?: unknown } | null | undefined)?.code
    const { error, broken, cancelled } = exchange
    if (farewell !== undefined) return fail(farewell)
    if (failure && !(failure instanceof AggregateError) && !answerCodes.has(code)) return fail(failure)
    current = undefined
    exchange.giveUp?.cancel()
    if (cancelled !== undefined) parts.onCancel(cancelled, 'sent')
    if (error !== undefined) {
      error.cancelled = cancelled
      exchange.reject(error)
    } else if (broken !== undefined) exchange.reject(broken)
    else if (cancelled !== undefined) exchange.reject(new Interrupted(cancelled, exchange.undone))
    else if (failure) exchange.reject(failure)
    else exchange.resolve()
  }

  const cancel = (exchange: Exchange, why: CancelReason) => {
    if (current !== exchange || exchange.cancelled !== undefined) return
    exchange.cancelled = why
    exchange.giveUp = parts.after(cancelGraceMs, () => {
      if (current !== exchange) return
      parts.onCancel(why, 'failed')
      fail(new Error(`the statement did not stop within ${cancelGraceMs} ms of an attention`))
    })
    exchange.request.cancel()
  }

  const alarm = createAlarm({
    now: parts.now,
    after: parts.after,
    current: () => current?.o.deadline,
    expire: () => {
      if (current !== undefined) cancel(current, 'deadline')
    },
  })

  const send = (exchange: Exchange, { values }: Statement) => {
    const { request, o } = exchange
    const guarded = (body: () => void) => {
      if (current !== exchange || exchange.broken !== undefined) return
      try {
        body()
      } catch (error) {
        // Thrown here it would end the connection.
        exchange.broken = error as Error
      }
    }
    request.on('columnMetadata', (columns) => guarded(() => o.onColumns(columns as readonly ResultColumn[])))
    request.on('row', (cells) => guarded(() => o.onRow(cells as readonly { value: unknown }[])))
    if (values === undefined) return connection.execSqlBatch(request)
    for (const [i, value] of values.entries())
      request.addParameter(`p${i + 1}`, TYPES.NVarChar, value, {
        length: value === null || value.length <= usualLength ? usualLength : maxLength,
      })
    connection.execSql(request)
  }

  return {
    exchange(statement, o) {
      if (lost !== undefined) return Promise.reject(new SessionLost(lost.message, false, { cause: lost }))
      if (current !== undefined)
        return Promise.reject(new Error('the session is busy: one statement at a time'))
      if (o.signal.aborted)
        return Promise.reject(new SessionLost('aborted before it was sent', false, { cancelled: 'client' }))
      if (o.deadline <= parts.now())
        return Promise.reject(
          new SessionLost('the deadline had passed before it was sent', false, { cancelled: 'deadline' }),
        )
      return new Promise((resolve, reject) => {
        const onAbort = () => cancel(exchange, 'client')
        const done = () => o.signal.removeEventListener('abort', onAbort)
        const exchange: Exchange = {
          request: new Request(statement.text, (error) => settle(exchange, error)),
          o,
          resolve: () => {
            done()
            resolve()
          },
          reject: (error) => {
            done()
            reject(error)
          },
          error: undefined,
          broken: undefined,
          cancelled: undefined,
          undone: false,
          giveUp: undefined,
        }
        o.signal.addEventListener('abort', onAbort)
        current = exchange
        alarm.watch(o.deadline)
        send(exchange, statement)
      })
    },
    pause: () => current?.request.pause(),
    resume: () => current?.request.resume(),
    stop: () => {
      if (current !== undefined) cancel(current, 'client')
    },
    inTransaction: () => connection.inTransaction,
    usable: () => lost === undefined && current === undefined && !connection.inTransaction,
    close: () => {
      fail(new Error('the session was closed'))
      return new Promise((resolve) => {
        const timer = parts.after(closeTimeoutMs, resolve)
        void ended.then(() => {
          timer.cancel()
          resolve()
        })
      })
    },
  }
}

/**
 * Closes the socket. What has been read already is parsed to its end all the same, and tedious then looks for the request
 * that it has forgotten by closing, outside of any handler: it is given one that nobody waits for.
 */
function hangUp(connection: Connection): void {
  connection.close()
  connection.request = new Request('', () => {})
}
