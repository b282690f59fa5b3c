/** A SQL Server connection as every engine gives it: run, stream, transaction, validate, close; every write in a transaction. */
import type { Signal } from '#base/signal.ts'
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Bound } from '#plan/ast.ts'
import type { Compiled, Connection, Result, RunOptions, Transaction } from '#engine/engine.ts'
import { boundedSignal } from '#engine/dial.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import { createRowWriter, createScratch, type RowWriter } from '#engine/rows.ts'
import { Cancelled, SessionLost } from '#engine/session-errors.ts'
import { createWriters } from '#engine/writers.ts'
import { dial } from './dial.ts'
import { classify } from './faults.ts'
import { Interrupted, ServerError } from './server-error.ts'
import { createSession, type ExchangeOptions, type Session, type Statement } from './session.ts'
import type { SqlServerTarget } from './target.ts'
import { createRowEncoder, type ResultColumn, rowTexts } from './values.ts'

/** The most a rollback may take: the session is given up after a second anyway, and the server rolls back by itself. */
const rollbackTimeoutMs = 1000
/** Bytes of a stream gathered before they are written: 64 KiB, a socket's worth. */
const streamChunk = 65_536

const begin: Statement = { text: 'BEGIN TRANSACTION', values: undefined }
const commit: Statement = { text: 'COMMIT TRANSACTION', values: undefined }
const rollback: Statement = { text: 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION', values: undefined }
const role: Statement = {
  text: "SELECT CONVERT(nvarchar(16), DATABASEPROPERTYEX(DB_NAME(), 'Updateability'))",
  values: undefined,
}
const never = new AbortController().signal

/**
 * The text as one transaction in one trip: all or nothing even if it is several statements or the call of a procedure, and
 * an attention then ends with a ROLLBACK that the server tells of. RAISERROR does not heed XACT_ABORT, hence CATCH.
 */
const atomic = (text: string) => `BEGIN TRY
BEGIN TRANSACTION;
${text};
COMMIT TRANSACTION;
END TRY
BEGIN CATCH
IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
THROW;
END CATCH`

export interface DriverDependencies {
  readonly clock: Clock
  readonly observe: Observe
  readonly pool: string
  /** Milliseconds; the deadline most requests have, so that sessions start with it. */
  readonly statementTimeout: number
  /** See Wishes (dial.ts); default false. */
  readonly readOnly?: boolean
}

/**
 * Opens one connection.
 * @throws what the network or the server said; `classify` (faults.ts) reads it
 */
export async function connectSqlServer(
  target: SqlServerTarget,
  options: DatabaseOptions,
  d: DriverDependencies,
  o: { deadline: number; signal: AbortSignal },
): Promise<Connection> {
  const { clock } = d
  const bounded = boundedSignal(clock, Math.min(o.deadline, clock.now() + options.connectTimeout), o.signal)
  try {
    const wishes = { lockTimeout: d.statementTimeout, readOnly: d.readOnly ?? false }
    const connection = await dial(target, options, wishes, bounded.signal)
    const session = createSession({
      connection,
      now: clock.now,
      after: clock.after,
      onCancel: (why, outcome) => d.observe({ kind: 'cancel', pool: d.pool, why, outcome }),
    })
    return createConnection(session, clock, d.statementTimeout)
  } finally {
    bounded.done()
  }
}

function createConnection(session: Session, clock: Clock, initialLockTimeout: number): Connection {
  const writerOf = createWriters()
  const encoder = createRowEncoder()
  /** The server's LOCK_TIMEOUT in this session, in ms. */
  let lockTimeout = initialLockTimeout

  /**
   * There is no statement time-out in the server; waiting for locks is what hangs most, and that it bounds. Our own cancel
   * comes first, so it is changed only when it would end the statement too early.
   */
  const allowLocks = async (o: { deadline: number; signal: Signal }) => {
    const left = Math.ceil(o.deadline - clock.now())
    if (lockTimeout >= left) return
    const longer = left + 250
    await session
      .exchange(
        { text: `SET LOCK_TIMEOUT ${longer}`, values: undefined },
        { ...o, onColumns: ignore, onRow: ignore },
      )
      .catch(notYet)
    lockTimeout = longer
  }

  /** Whether nothing is left open; else the session has been given up, which ends the transaction too. */
  const takeBack = async (): Promise<void> => {
    const control = { deadline: clock.now() + rollbackTimeoutMs, signal: never }
    await session
      .exchange(rollback, { ...control, onColumns: ignore, onRow: ignore })
      .catch(() => void session.close())
  }

  /**
   * The dialect marks what is what: `#affected` is the only column of the result that tells how many rows were written, and
   * `#row` the first one of a routine's answer, as routines may send results of their own. The rows that a procedure sends
   * are known by the names of their columns. Any other result is the answer.
   */
  const exchange = async (
    q: Compiled,
    text: string,
    values: readonly Bound[],
    rows: RowWriter,
    o: RunOptions & { onWritten?: () => void },
  ): Promise<number> => {
    const keep = o.keep ?? Number.POSITIVE_INFINITY
    const most = o.format === 'object' || o.format === 'value' ? Math.min(keep, 1) : keep
    let bytes: Buffer = none
    let result: 'answer' | 'affected' | 'other' = 'other'
    let results = 0
    const isMarked = q.operation === 'call' && q.text.includes(' AS [#row]')
    const isCalled = (columns: readonly ResultColumn[]) =>
      !isMarked &&
      columns.length === q.columns.length &&
      columns.every(({ colName }, i) => [colName, `column${i + 1}`].includes(q.columns[i]?.name ?? '')) &&
      results++ === 0
    let affected: number | undefined
    await session.exchange(
      { text, values: q.bind(values) },
      {
        deadline: o.deadline,
        signal: o.signal,
        onColumns: (columns) => {
          const first = columns[0]?.colName
          if (first === '#affected') result = 'affected'
          else result = q.operation !== 'call' || first === '#row' || isCalled(columns) ? 'answer' : 'other'
          if (result === 'answer') encoder.begin(columns, q.columns)
        },
        onRow: (cells) => {
          if (result === 'affected') affected = Number(cells[0]?.value)
          if (result !== 'answer') return
          // The writer looks at no row beyond the last one it writes, whose bytes must stay as they are until the end.
          if (rows.rows() < most) bytes = encoder.row(cells)
          rows.row(bytes, 0)
          o.onWritten?.()
        },
      },
    )
    return affected ?? rows.rows()
  }

  /** A statement outside of a transaction: reads as they are, writes as a transaction of their own. */
  const alone = async <T>(q: Compiled, work: (text: string) => Promise<T>): Promise<T> => {
    const reads = q.operation === 'select'
    try {
      return await work(reads ? q.text : atomic(q.text))
    } catch (error) {
      const open = session.inTransaction()
      if (open) await takeBack()
      if (error instanceof Interrupted && (reads || open || error.undone)) throw new Cancelled(error.why)
      throw error
    } finally {
      // A routine can leave a transaction open without an error.
      if (session.inTransaction()) await takeBack()
    }
  }

  const run = async (text: string, q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result> => {
    await allowLocks(o)
    const rows = writerOf(q, o)
    const affected = await exchange(q, text, values, rows, o)
    const { body, rows: count, hidden } = rows.finish()
    return { body, rows: count, affected, hidden }
  }

  return {
    run: (q, values, o) => alone(q, (text) => run(text, q, values, o)),

    stream: (q, values, o) =>
      alone(q, async (text) => {
        await allowLocks(o)
        const rows = createRowWriter(q.columns, o.format, Number.POSITIVE_INFINITY, createScratch())
        /** What is being written to the reader; a rejection ends the stream. */
        let writing: Promise<void> | undefined
        let failed: Error | undefined
        let over = false
        let sinceWrite = 0
        const write = () => {
          sinceWrite = 0
          session.pause()
          writing = o
            .write(rows.take())
            .catch((error: Error) => {
              failed ??= error
            })
            .finally(() => {
              writing = undefined
              // A reader that hung may answer when the session is somebody else's.
              if (over) return
              if (failed === undefined) session.resume()
              else session.stop()
            })
        }
        const onWritten = () => {
          const pending = rows.pending()
          const enough = ++sinceWrite >= o.batch ? streamChunk / 4 : streamChunk
          if (pending >= enough && writing === undefined) write()
        }
        try {
          await exchange(q, text, values, rows, { ...o, onWritten })
        } catch (error) {
          // What came after the reader failed is its consequence.
          throw failed ?? error
        } finally {
          over = true
        }
        await writing
        if (failed !== undefined) throw failed
        const { body, rows: count } = rows.finish()
        if (body.length > 0) await o.write(body)
        return { rows: count }
      }),

    async transaction(o, body) {
      const control = { deadline: o.deadline, signal: o.signal, onColumns: ignore, onRow: ignore }
      let open = false
      let committing = false
      /** Something has been run that may have committed by itself. */
      let mayBeDone = false
      const t: Transaction = {
        run: async (q, values, ro) => {
          if (!open) {
            await allowLocks(o)
            open = true
            await session.exchange(begin, control).catch(notYet)
          }
          mayBeDone ||= q.mayCommit === true
          return run(q.text, q, values, { ...ro, deadline: o.deadline, signal: o.signal })
        },
      }
      try {
        const value = await body(t)
        committing = true
        if (open) await session.exchange(commit, control)
        return value
      } catch (error) {
        if (open) await takeBack()
        // Without a COMMIT nothing of it can have happened.
        if (committing || mayBeDone) throw error
        if (error instanceof Interrupted) throw new Cancelled(error.why)
        if (error instanceof SessionLost)
          throw new SessionLost(error.message, false, { cause: error, cancelled: error.cancelled })
        throw error
      }
    },

    async query(text, values, o) {
      await allowLocks(o)
      const rows: (string | null)[][] = []
      let described: readonly ResultColumn[] = []
      const onColumns = (columns: readonly ResultColumn[]) => {
        described = columns
      }
      await session
        .exchange(
          { text, values },
          { ...o, onColumns, onRow: (cells) => rows.push(rowTexts(described, cells)) },
        )
        .catch(plainCancel)
      return rows
    },

    async role(o) {
      let updateability: unknown
      const onRow: ExchangeOptions['onRow'] = ([cell]) => {
        updateability = cell?.value
      }
      try {
        await session.exchange(role, { ...o, onColumns: ignore, onRow }).catch(plainCancel)
      } catch (error) {
        // Whoever is sent away because of the role of the server does not talk to the primary.
        if (error instanceof ServerError && classify(error).kind === 'read_only') return 'replica'
        throw error
      }
      // While roles change the answer is NULL.
      return updateability === 'READ_WRITE' ? 'primary' : 'replica'
    },

    isUsable: session.usable,
    close: session.close,
  }
}

const ignore = () => {}
const none = Buffer.alloc(0)

/** For statements that change nothing. */
const plainCancel = (error: unknown): never => {
  throw error instanceof Interrupted ? new Cancelled(error.why) : error
}

/** For what goes ahead of the statement: without it nothing was sent. */
const notYet = (error: unknown): never => {
  if (!(error instanceof SessionLost)) return plainCancel(error)
  throw new SessionLost(error.message, false, { cause: error, cancelled: error.cancelled })
}
