/** A PostgreSQL connection as every engine gives it: run, stream, transaction, validate, close; with the statement time-out kept in the server. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Bound } from '#plan/ast.ts'
import { readRow } from '#engine/data-row.ts'
import { boundedSignal } from '#engine/dial.ts'
import type {
  Compiled,
  CompiledStep,
  Connection,
  Result,
  RunOptions,
  Shared,
  Transaction,
} from '#engine/engine.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import { createRowWriter, createScratch } from '#engine/rows.ts'
import { SessionLost } from '#engine/session-errors.ts'
import { unfollowed } from '#engine/steps.ts'
import type { Target } from '#engine/target.ts'
import { createWriters } from '#engine/writers.ts'
import { login, requestCancel } from './dial.ts'
import { createSeats } from './seats.ts'
import type { ExchangeOptions, Session, Step } from './exchange.ts'
import { stepIn, stepOf } from './formats.ts'
import { createSession } from './session.ts'
import { ServerError } from './server-error.ts'

/** The most a cancel request may take: the session is given up after a second anyway. */
const cancelTimeoutMs = 1000
/** Bytes of a stream gathered before they are written: 64 KiB, a socket's worth. */
const streamChunk = 65_536

const begin: Step = { text: 'BEGIN', values: [], prepare: true }
const beginReadOnly: Step = { text: 'BEGIN READ ONLY', values: [], prepare: true }
const commit: Step = { text: 'COMMIT', values: [], prepare: true }
const rollback: Step = { text: 'ROLLBACK', values: [], prepare: true }
const setTimeoutText = "SELECT pg_catalog.set_config('statement_timeout', $1::text, false)"
const nothing = () => {}

export interface DriverDependencies {
  readonly clock: Clock
  readonly observe: Observe
  readonly pool: string
  /** How the session names itself. */
  readonly sessionName: string
  /** Milliseconds; what the session starts with, so that most requests need not change it. */
  readonly statementTimeout: number
  readonly onNotify?: (channel: string, payload: string) => void
  readonly onClosed?: () => void
}

/** A session of this engine, and what it can do beyond what every engine's can. */
export interface PostgresConnection extends Connection {
  /** Lends the session to so many borrowers at once (Engine.share). */
  share(borrowers: number, sharing: 'reads' | 'inserts'): Shared
  /**
   * From now on `text` runs behind each commit, in the trip of the commit. The function that is given back ends that, and
   * gives its first row behind the last one; undefined when there was none, or it failed.
   */
  follow(text: string): () => readonly (string | null)[] | undefined
}

/** Settings that make the server's text output canonical, sent with the login. */
function sessionSettings(sessionName: string, statementTimeout: number): Record<string, string> {
  return {
    application_name: sessionName,
    TimeZone: 'UTC',
    DateStyle: 'ISO, MDY',
    IntervalStyle: 'iso_8601',
    bytea_output: 'hex',
    extra_float_digits: '1',
    // Statements here live for milliseconds; compiling one can take longer than its deadline.
    jit: 'off',
    statement_timeout: String(statementTimeout),
    // A gateway that dies between two trips of a transaction must not leave locks behind.
    idle_in_transaction_session_timeout: '60000',
  }
}

/**
 * Opens one connection.
 * @throws what the network or the server said; `classify` (faults.ts) reads it
 */
export async function connectPostgres(
  target: Target,
  options: DatabaseOptions,
  dependencies: DriverDependencies,
  o: { deadline: number; signal: AbortSignal },
): Promise<PostgresConnection> {
  const { clock, observe, pool } = dependencies
  const bounded = boundedSignal(clock, Math.min(o.deadline, clock.now() + options.connectTimeout), o.signal)
  try {
    const entry = await login(
      target,
      sessionSettings(dependencies.sessionName, dependencies.statementTimeout),
      bounded.signal,
    )
    const { session, receive } = createSession({
      socket: entry.socket,
      processId: entry.processId,
      maxPrepared: options.preparedStatements,
      now: clock.now,
      after: clock.after,
      soon: clock.soon,
      sendCancel: async () => {
        const limit = boundedSignal(clock, clock.now() + cancelTimeoutMs, undefined)
        try {
          await requestCancel(target, entry.processId, entry.secret, limit.signal)
        } finally {
          limit.done()
        }
      },
      onCancel: (why, outcome) => observe({ kind: 'cancel', pool, why, outcome }),
      onNotify: dependencies.onNotify,
      onClosed: dependencies.onClosed ?? nothing,
    })
    entry.handOver(receive)
    return createConnection(session, clock, dependencies.statementTimeout)
  } finally {
    bounded.done()
  }
}

function createConnection(session: Session, clock: Clock, initialTimeout: number): PostgresConnection {
  const writerOf = createWriters()
  /** The server's statement_timeout in this session, in ms. */
  let timeout = initialTimeout
  let follower: Step | undefined
  let followed: readonly (string | null)[] | undefined

  /** What a commit takes along; what an earlier one brought no longer counts. */
  const behind = (): Pick<ExchangeOptions, 'behind'> => {
    followed = undefined
    if (follower === undefined) return {}
    const onRow: ExchangeOptions['onRow'] = (bytes, start) => {
      followed ??= readRow(bytes, start)
    }
    return { behind: { step: follower, onRow } }
  }

  /**
   * The server's own limit is the second line: our cancel comes first. So it is changed only when it would end the
   * statement too early, or far too late to be of use if this process hangs.
   */
  const timeoutStep = (deadline: number): { step: Step; ms: number } | undefined => {
    const left = Math.ceil(deadline - clock.now())
    if (timeout >= left && timeout <= 2 * left + 1000) return undefined
    const ms = Math.max(1, left) + 250
    return { step: { text: setTimeoutText, values: [String(ms)], prepare: true }, ms }
  }

  /**
   * A procedure that commits must be all there is in its transaction (PostgreSQL 18 refuses the COMMIT else), and what
   * was set before in the same trip would outlive its failure.
   */
  const limitApart = async (o: RunOptions): Promise<void> => {
    const limit = timeoutStep(o.deadline)
    if (limit === undefined) return
    await session.exchange([limit.step], { deadline: o.deadline, signal: o.signal, onRow: nothing })
    timeout = limit.ms
  }

  const exchange = async (
    steps: readonly Step[],
    before: readonly Step[],
    o: Omit<ExchangeOptions, 'before'>,
  ): Promise<number> => {
    const limit = timeoutStep(o.deadline)
    if (limit === undefined) return session.exchange(steps, before.length === 0 ? o : { ...o, before })
    try {
      const affected = await session.exchange(steps, { ...o, before: [limit.step, ...before] })
      timeout = limit.ms
      return affected
    } catch (error) {
      // A refused statement takes the setting of the same trip back with it; any other end leaves it in force.
      if (!(error instanceof ServerError)) timeout = limit.ms
      throw error
    }
  }

  const run = async (
    q: Compiled,
    values: readonly Bound[],
    before: readonly Step[],
    o: RunOptions & Pick<ExchangeOptions, 'behind'>,
  ): Promise<Result> => {
    if (q.mayCommit && before.length === 0) await limitApart(o)
    const rows = writerOf(q, o)
    const affected = await exchange([stepOf(q, values)], before, {
      deadline: o.deadline,
      signal: o.signal,
      onRow: rows.row,
      onChunk: rows.hold,
      ...(o.behind === undefined ? {} : { behind: o.behind }),
    })
    const { body, rows: count, hidden } = rows.finish()
    return { body, rows: count, affected, hidden }
  }

  /** Several steps as one, in the transaction that is open, or that `before` opens. */
  const runSteps = async (
    q: Compiled,
    steps: readonly CompiledStep[],
    values: readonly Bound[],
    before: readonly Step[],
    o: RunOptions,
  ): Promise<Result> => {
    const rows = writerOf(q, o)
    const kept: (string | null)[][] = []
    const keep = { onRow: (bytes: Buffer, start: number) => kept.push(readRow(bytes, start)) }
    const answer = { onRow: rows.row, onChunk: rows.hold }
    let affected = 0
    for (const [i, step] of steps.entries()) {
      const one = stepIn(q, step, values, JSON.stringify(kept))
      const count = await exchange([one], i === 0 ? before : [], {
        deadline: o.deadline,
        signal: o.signal,
        ...(step.use === 'answer' ? answer : keep),
      })
      if (step.use === 'affect' || step.use === 'write') affected += count
    }
    const { body, rows: found, hidden } = rows.finish()
    if (found !== affected) throw unfollowed(found, affected)
    return { body, rows: found, affected, hidden }
  }

  const role: Connection['role'] = async (o) => {
    let replica = false
    await session.exchange([{ text: 'SELECT pg_catalog.pg_is_in_recovery()', values: [], prepare: true }], {
      deadline: o.deadline,
      signal: o.signal,
      onRow: (bytes, start) => {
        replica = readRow(bytes, start)[0] === 't'
      },
    })
    return replica ? 'replica' : 'primary'
  }

  const connection: PostgresConnection = {
    run: (q, values, o) =>
      q.steps === undefined
        ? run(q, values, [], follower === undefined ? o : { ...o, ...behind() })
        : connection.transaction(o, (t) => t.run(q, values, o)),

    share: createSeats({
      clock,
      isUsable: session.usable,
      exchange: (steps, o) => exchange(steps, [], o),
      role,
      writerOf,
    }),

    async stream(q, values, o) {
      const rows = createRowWriter(q.columns, o.format, Number.POSITIVE_INFINITY, createScratch())
      /** What is being written to the reader; a rejection ends the stream. */
      let writing: Promise<void> | undefined
      let failed: Error | undefined
      const drain = (): Promise<void> => {
        const chunk = rows.take()
        if (chunk.length === 0) return Promise.resolve()
        return o.write(chunk)
      }
      await exchange([stepOf(q, values)], [], {
        deadline: o.deadline,
        signal: o.signal,
        onRow: (bytes, start) => {
          if (failed !== undefined) return
          rows.row(bytes, start)
          if (rows.pending() < streamChunk || writing !== undefined) return
          // Wide rows fill the chunk within one batch: leave the rest of them in the server.
          session.pause()
          writing = drain()
            .catch((error: Error) => {
              failed ??= error
            })
            .finally(() => {
              writing = undefined
              session.resume()
            })
        },
        portal: {
          rows: o.batch,
          onBatch: async () => {
            await writing
            if (failed === undefined && rows.pending() >= streamChunk / 4) await drain()
            if (failed !== undefined) throw failed
            return 'more'
          },
        },
      })
      await writing
      if (failed !== undefined) throw failed
      const { body, rows: count } = rows.finish()
      if (body.length > 0) await o.write(body)
      return { rows: count }
    },

    async transaction(o, body) {
      let open = false
      const t: Transaction = {
        run: async (q, values, ro) => {
          const before = open ? [] : [o.readOnly ? beginReadOnly : begin]
          open = true
          const how = { ...ro, deadline: o.deadline, signal: o.signal }
          if (q.steps === undefined) return run(q, values, before, how)
          return runSteps(q, q.steps, values, before, how)
        },
      }
      const control = { deadline: o.deadline, signal: o.signal, onRow: nothing }
      const held = timeout
      let committing = false
      try {
        const value = await body(t)
        committing = true
        if (open) await session.exchange([commit], { ...control, ...behind() })
        return value
      } catch (error) {
        timeout = held
        if (session.status() !== 'I') {
          // The caller's deadline may be over; the rollback has a second of its own, or the session is given up.
          const never = new AbortController().signal
          await session
            .exchange([rollback], { deadline: clock.now() + cancelTimeoutMs, signal: never, onRow: nothing })
            .catch(() => session.close())
        }
        // Without a COMMIT nothing of it can have happened.
        if (error instanceof SessionLost && !committing)
          throw new SessionLost(error.message, false, { cause: error, cancelled: error.cancelled })
        throw error
      }
    },

    async query(text, values, o) {
      const rows: (string | null)[][] = []
      await exchange([{ text, values, prepare: false }], [], {
        deadline: o.deadline,
        signal: o.signal,
        onRow: (bytes, start) => rows.push(readRow(bytes, start)),
      })
      return rows
    },

    role,

    follow: (text) => {
      follower = { text, values: [], prepare: true }
      followed = undefined
      return () => {
        follower = undefined
        return followed
      }
    },

    isUsable: session.usable,
    close: session.close,
  }
  return connection
}
