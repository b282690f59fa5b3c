/** What a session can do, as every engine gives it: run, stream, transaction, validate; with the time limit of statements kept in the server. */
import type { Clock } from '#base/clock.ts'
import type { Bound } from '#plan/ast.ts'
import type { Compiled, CompiledStep, Connection, Result, RunOptions, Shared } from '#engine/engine.ts'
import { createRowWriter, createScratch } from '#engine/rows.ts'
import { unfollowed } from '#engine/steps.ts'
import { createWriters } from '#engine/writers.ts'
import { seatsOf } from '#engine/seats.ts'
import { type ExchangeOptions, type OnRow, plain, type Step } from './exchange.ts'
import { type Passenger, ReadsRide } from './seats.ts'
import { textRow } from './rows.ts'
import { ServerError } from './server-error.ts'
import type { Session } from './session-parts.ts'
import type { Limit } from './settings.ts'
import { type BodyRows, createSinks, type Rows } from './sinks.ts'
import { createTransactions } from './transactions.ts'

/** Bytes of a stream gathered before they are written: 64 KiB, a socket's worth. */
const streamChunk = 65_536

/** ER_LOCK_DEADLOCK: the transaction was rolled back. */
const deadlock = 1213
/** How often steps are run again after one; each time another one has got through. */
const maxRepeats = 5

/** MySQL and MariaDB alike; a managed replica may have only the second one set. */
const roleStep = plain('SELECT @@global.read_only, @@global.innodb_read_only')
const nothing = () => {}
const never = new AbortController().signal

/** Warnings that a function gave NULL, or less than it should, as it came to more than max_allowed_packet (MariaDB: 1260 too). */
const cutShort = new Set([1301, 1260])
const showWarnings = plain('SHOW WARNINGS')
/** What the server puts together itself, which it may cut. */
const isPutTogether = ({ columns }: Compiled): boolean => columns.some(({ encoding }) => encoding === 'raw')

const isWrite = ({ operation }: Compiled): boolean => operation !== 'select' && operation !== 'call'

type Until = Pick<RunOptions, 'deadline' | 'signal'>

export interface SharedConnection extends Connection {
  /** Lends the session to so many borrowers at once, for reads (Engine.share). */
  share(borrowers: number): Shared
}

/**
 * @param limit how this server is told to end statements
 * @param initialTimeout milliseconds; the limit that the session has
 */
export function createConnection(
  session: Session,
  clock: Clock,
  limit: Limit,
  initialTimeout: number,
): SharedConnection {
  const writerOf = createWriters()
  const sinks = createSinks()
  /** The server's limit for statements in this session, in ms; NaN: not known. */
  let timeout = initialTimeout

  /**
   * The server's own limit is the second line: our kill comes first. Changing it costs a trip, so it is changed only when
   * it would end the statement too early, or far too late to be of use if this process hangs; not because a request has
   * spent some of its time in the queue.
   */
  const limitStatements = async (o: Until): Promise<void> => {
    const left = Math.ceil(o.deadline - clock.now())
    if (timeout >= left && timeout <= 4 * left + 2000) return
    const ms = Math.max(1, left) + 250
    timeout = Number.NaN
    await command(plain(`SET ${limit.assign(ms)}`), o)
    timeout = ms
  }
  const command = (step: Step, o: Until) =>
    session.exchange(step, { deadline: o.deadline, signal: o.signal, onRow: nothing })

  /** Runs one text. */
  const exchange = (q: Compiled, bound: readonly (string | null)[], rows: Rows, o: Until) =>
    session.exchange(
      { text: q.text, values: bound, prepare: q.prepare },
      { deadline: o.deadline, signal: o.signal, ...rows },
    )

  /**
   * That nothing put together by the server was cut: it tells by a warning only. Warnings are few, so the question is too. More of
   * them than the server lists (max_error_count) may hide one.
   * @throws ServerError when something was, or nobody can tell
   */
  const checkWhole = async (q: Compiled, o: Until): Promise<void> => {
    const counted = session.warnings()
    if (counted === 0 || !isPutTogether(q)) return
    const told: (string | null)[][] = []
    await session.exchange(showWarnings, {
      deadline: o.deadline,
      signal: o.signal,
      onRow: (bytes, start) => told.push(textRow(bytes, start, 3)),
    })
    const cut = told.find(([, errno]) => cutShort.has(Number(errno)))
    if (cut === undefined && told.length >= counted) return
    const [, errno = '1301', message = 'nobody knows whether the result was cut'] = cut ?? []
    throw new ServerError({ errno: Number(errno), sqlState: 'HY000', message: message ?? '' })
  }

  const runOne = async (q: Compiled, bound: readonly (string | null)[], o: RunOptions): Promise<Result> => {
    const sink = sinks.of(q, o, writerOf)
    const affected = await exchange(q, bound, sink, o)
    await checkWhole(q, o)
    const { body, rows, hidden } = sink.finish()
    return { body, rows, affected, hidden }
  }

  /** One of those who travel together. Equal statements share what writes their rows: it begins anew when the one before is done. */
  const riding = ({ q, values, o, resolve }: Passenger, unsure: () => void) => {
    let sink: BodyRows | undefined
    const rows = () => (sink ??= sinks.of(q, o, writerOf))
    return {
      step: { text: q.text, values, prepare: q.prepare },
      o: {
        deadline: o.deadline,
        signal: o.signal,
        onRow: (...row: Parameters<OnRow>) => rows().onRow(...row),
        onDone: (affected: number) => {
          const { body, rows: count, hidden } = rows().finish()
          if (session.warnings() > 0 && isPutTogether(q)) unsure()
          else resolve({ body, rows: count, affected, hidden })
        },
      },
    }
  }

  const together = async (passengers: readonly Passenger[]): Promise<void> => {
    let deadline = 0
    for (const { o } of passengers) deadline = Math.max(deadline, o.deadline)
    /** The server has warned of something, and who is to be asked at once what of, travels alone. */
    const unsure = new Set<Passenger>()
    try {
      await limitStatements({ deadline, signal: never })
      const convoy = session.convoy(passengers.map((one) => riding(one, () => unsure.add(one))))
      const told = convoy.outcomes.map((outcome, i) =>
        outcome.catch((error: unknown) => passengers[i]?.reject(error)),
      )
      await Promise.all([convoy.over, ...told])
      for (const { q, values, o, resolve, reject } of unsure) await runOne(q, values, o).then(resolve, reject)
    } catch (error) {
      for (const { reject } of passengers) reject(error)
    }
  }

  /** Several steps as one, in the transaction that is open. */
  const runSteps = async (
    q: Compiled,
    steps: readonly CompiledStep[],
    values: readonly Bound[],
    o: RunOptions,
  ): Promise<Result> => {
    const sink = sinks.of(q, o, writerOf)
    const kept: (string | null)[][] = []
    const keep = sinks.texts((row) => kept.push(row), 'base64')
    let affected = 0
    for (const { text, bind, use } of steps) {
      const rows = use === 'answer' ? sink : use === 'affect' ? sinks.drop : keep
      const count = await exchange({ ...q, text }, bind(values, JSON.stringify(kept)), rows, o)
      if (use === 'answer') await checkWhole(q, o)
      if (use === 'affect' || use === 'write') affected += count
    }
    const { body, rows, hidden } = sink.finish()
    if (q.operation === 'insert' && rows < affected && q.columns.some(({ hidden: own }) => !own))
      throw unfollowed(rows, affected)
    return { body, rows, affected, hidden }
  }

  const runInside = (q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result> =>
    q.steps === undefined ? runOne(q, q.bind(values), o) : runSteps(q, q.steps, values, o)

  const transaction = createTransactions({ session, clock, command, limitStatements, runInside })

  /**
   * Steps in a transaction of their own. Where each of two has locked what the other one needs, as upserts of one new
   * key do, the server takes one of them back as a whole: that one is run again, as one statement would have waited.
   */
  const runAlone = async (q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result> => {
    const how = o.keep === undefined ? { format: o.format } : { format: o.format, keep: o.keep }
    for (let more = maxRepeats; ; more--) {
      try {
        return await transaction(o, (t) => t.run(q, values, how))
      } catch (error) {
        if (more === 0 || q.mayCommit || !(error instanceof ServerError) || error.errno !== deadlock)
          throw error
      }
    }
  }

  const role: Connection['role'] = async (o) => {
    let replica = false
    await session.exchange(roleStep, {
      ...o,
      onRow: (bytes, start) => {
        // MariaDB 12 says OFF and kinds of on.
        replica = textRow(bytes, start, 2).some((said) => said !== '0' && said !== 'OFF')
      },
    })
    return replica ? 'replica' : 'primary'
  }

  return {
    run: async (q, values, o) => {
      // What a write gives back may prove to be cut: then it has to be taken back.
      if (q.steps !== undefined || (isWrite(q) && isPutTogether(q))) return runAlone(q, values, o)
      await limitStatements(o)
      return runOne(q, q.bind(values), o)
    },

    share: (borrowers) =>
      seatsOf(new ReadsRide({ together, role, isUsable: session.usable }, borrowers), borrowers),

    async stream(q, values, o) {
      const rows = createRowWriter(q.columns, o.format, Number.POSITIVE_INFINITY, createScratch())
      /** What is being written to the reader; a rejection ends the stream. */
      let writing: Promise<void> | undefined
      let failed: Error | undefined
      let over = false
      const onRow = sinks.into(q, rows, Number.POSITIVE_INFINITY)
      const write = () => {
        const chunk = rows.take()
        // No cursor: the server sends as fast as we read, and we do not read while the reader has enough.
        session.pause()
        writing = o
          .write(chunk)
          .catch((error: unknown) => {
            failed ??= error as Error
          })
          .finally(() => {
            writing = undefined
            // A reader that was given up on may come back when the session is somebody else's.
            if (!over) session.resume()
          })
      }
      await limitStatements(o)
      const options: ExchangeOptions = {
        deadline: o.deadline,
        signal: o.signal,
        stream: true,
        onRow: (...row: Parameters<OnRow>) => {
          if (failed !== undefined) throw failed
          onRow(...row)
          if (rows.pending() >= streamChunk && writing === undefined) write()
        },
      }
      await session
        .exchange({ text: q.text, values: q.bind(values), prepare: q.prepare }, options)
        .finally(() => {
          over = true
          session.resume()
        })
      await writing
      if (failed !== undefined) throw failed
      await checkWhole(q, o)
      const { body, rows: count } = rows.finish()
      if (body.length > 0) await o.write(body)
      return { rows: count }
    },

    transaction,

    async query(text, values, o) {
      const rows: (string | null)[][] = []
      await limitStatements(o)
      if (values.length === 0)
        await session.exchange(plain(text), {
          ...o,
          onRow: (bytes, start, _, fields) => rows.push(textRow(bytes, start, fields.codes.length)),
        })
      else
        await session.exchange(
          { text, values, prepare: false },
          { ...o, ...sinks.texts((row) => rows.push(row), 'utf8') },
        )
      return rows
    },

    role,

    isUsable: session.usable,
    close: session.close,
  }
}
