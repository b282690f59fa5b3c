/** One trip to the database: pool, statement, time-keeping, repetition where nothing can have happened, faults into errors. */
import type { Clock } from '#base/clock.ts'
import type { Context } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Connection, Engine, Fault } from '#engine/engine.ts'
import { SessionLost } from '#engine/session-errors.ts'
import type { Pool, Sharing } from '#pool/types.ts'
import type { Breakers } from './breakers.ts'
import { createCompany } from './company.ts'
import { errorOfFault, refusedValue } from './faults.ts'
import { createStandstill } from './standstill.ts'
import { joinedTexts } from './texts.ts'

/** What a trip is for: bounded words for metrics, and what a failure means. */
export interface Trip {
  readonly operation: 'select' | 'insert' | 'update' | 'delete' | 'call' | 'transaction'
  readonly resource: string
  readonly write: boolean
  readonly source: 'url' | 'body'
  /** One statement so cheap that it may travel with others of the kind. */
  readonly shares?: Sharing | undefined
  /** A procedure that may have committed a part of its work when it fails. */
  readonly mayCommit?: true | undefined
  /** Rows leave in pieces, at the pace of whoever reads them. */
  readonly stream?: true
  /** Whether the body may still run again; asked after a failure. Default: yes. */
  readonly repeatable?: () => boolean
  /** Texts of the statements so far, while the log wants them (texts.ts). */
  readonly texts?: readonly string[]
}

/** Runs `body` with a connection of the pool. `body` may run again when the times before certainly changed nothing. */
export type Execute = <T>(ctx: Context, trip: Trip, body: (c: Connection) => Promise<T>) => Promise<T>

export interface ExecuteDependencies {
  readonly clock: Clock
  readonly engine: Pick<Engine, 'classify'>
  readonly pool: Pool<Connection>
  readonly breakers: Breakers
  readonly development: boolean
  /** Told when the database no longer fits the catalogue, so that it is read anew. */
  readonly onSchemaMismatch: () => void
}

/**
 * How long (ms) after its deadline a request is answered at the latest, whether or not the database has obeyed the
 * cancel by then. The connection stays out of use until it has, or is given up.
 */
const answerGraceMs = 200

/** Longest time (ms) to ask a server that refused a write whether it still is the primary. */
const roleTimeoutMs = 250

/** A failed attempt. `demoted`: the server has become a replica, and every connection to it is on its way out. */
interface Failure {
  readonly fault: Fault
  readonly demoted: boolean
}

/** Whether the same work may be done once more: it certainly changed nothing and has a chance. */
function mayRepeat({ fault, demoted }: Failure, write: boolean): boolean {
  switch (fault.kind) {
    case 'disconnected':
      return !write || fault.applied === 'no'
    case 'conflict':
    case 'stale_plan':
      return fault.applied === 'no'
    case 'read_only':
      return demoted
    default:
      return false
  }
}

/** What may befall a procedure anywhere in its work, and not because of what it was asked for. */
const anywhere: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'disconnected',
  'conflict',
  'stale_plan',
  'missing_object',
  'timeout',
  'cancelled',
  'busy',
])

/** "It changed nothing" is said of a statement; a procedure may have committed before that one began. */
function asFarAsKnown(fault: Fault, thrown: unknown, { mayCommit }: Trip): Fault {
  const sent = !(thrown instanceof SessionLost) || thrown.sent
  return mayCommit && sent && anywhere.has(fault.kind) ? { ...fault, applied: 'unknown' } : fault
}

/**
 * Who was rolled back in favour of another may meet a third one: of six upserts of one new row the last may lose
 * several times. Anything else that fails twice will fail again.
 */
const mostAttempts = (kind: Fault['kind']): number => (kind === 'conflict' ? 5 : 2)

export function createExecute(d: ExecuteDependencies): Execute {
  const { clock, engine, pool, breakers } = d
  const { name } = pool.stats()
  const standstill = createStandstill(clock)
  const company = createCompany(clock)

  /** A refused write may be the first sign of a switchover: connections to a demoted primary must not be used again. */
  const wasDemoted = async (connection: Connection): Promise<boolean> => {
    if (!connection.isUsable()) return false
    const asked = { deadline: clock.now() + roleTimeoutMs, signal: new AbortController().signal }
    const role = await connection.role(asked).catch(() => undefined)
    if (role !== 'replica') return false
    pool.renew()
    return true
  }

  /** Settles like `work`, but not long after the deadline: a database that stands still hears no cancel. */
  const inTime = <T>(work: Promise<T>, ctx: Context, trip: Trip): Promise<T> =>
    new Promise((resolve, reject) => {
      const until = ctx.deadline + answerGraceMs
      const giveUp = () => reject(unheard(trip))
      let timer = clock.after(until - clock.now(), () => {
        // This late, it was the process that stood still, and the answer may lie unread in the socket.
        if (clock.now() - until > answerGraceMs) timer = clock.after(answerGraceMs, giveUp)
        else giveUp()
      })
      work.then(
        (value) => {
          timer.cancel()
          resolve(value)
        },
        (error: unknown) => {
          timer.cancel()
          reject(error)
        },
      )
    })

  const attempts: Execute = async (ctx, trip, body) => {
    const began = clock.now()
    for (let attempt = 1; ; attempt++) {
      breakers.admit(trip)
      const asked = clock.now()
      let lent: number | undefined
      let stoodStill = () => 0
      let failure: Failure | undefined
      try {
        const work = async (connection: Connection) => {
          lent = clock.now()
          stoodStill = standstill.begin()
          ctx.timing.poolMs += lent - asked
          const note = (error?: string) => {
            const ms = clock.now() - (lent as number)
            ctx.timing.dbMs += ms
            ctx.observe({
              kind: 'statement',
              pool: name,
              operation: trip.operation,
              resource: trip.resource,
              ms,
              waitMs: (lent as number) - asked,
              ...(error === undefined ? {} : { error }),
              ...(trip.texts === undefined ? {} : { text: joinedTexts(trip.texts) }),
            })
          }
          // What the database took: a process that stood still heard its answer late.
          const took = () => clock.now() - (lent as number) - stoodStill()
          try {
            const value = await body(connection)
            note()
            breakers.worked(trip, took())
            return value
          } catch (thrown) {
            // An error of ours ended the work; the database did what it was asked.
            if (thrown instanceof GatewayError) {
              note()
              breakers.worked(trip, 0)
              throw refusedValue(thrown, trip)
            } else {
              const fault = asFarAsKnown(engine.classify(thrown), thrown, trip)
              note(fault.kind)
              breakers.failed(trip, fault, took())
              failure = { fault, demoted: fault.kind === 'read_only' && (await wasDemoted(connection)) }
            }
            throw thrown
          } finally {
            if (connection.disturbed?.() === true) company.failed(trip)
            stoodStill()
          }
        }
        return await pool.use(ctx.signal, ctx.deadline, work, company.of(trip))
      } catch (thrown) {
        if (lent === undefined) ctx.timing.poolMs += clock.now() - asked
        if (failure === undefined) {
          if (lent === undefined) breakers.notReached(trip, thrown)
          throw thrown
        }
        const { fault } = failure
        if (fault.kind === 'missing_object' || fault.kind === 'stale_plan') d.onSchemaMismatch()
        const again =
          attempt < mostAttempts(fault.kind) &&
          mayRepeat(failure, trip.write) &&
          (trip.repeatable?.() ?? true)
        if (again && clock.now() < ctx.deadline && !ctx.signal.aborted) continue
        throw errorOfFault(fault, thrown, {
          write: trip.write,
          mayCommit: trip.mayCommit === true,
          source: trip.source,
          development: d.development,
          budgetMs: ctx.deadline - began,
          abortedFor: ctx.signal.aborted ? ctx.signal.reason : undefined,
        })
      }
    }
  }

  return (ctx, trip, body) => inTime(attempts(ctx, trip, body), ctx, trip)
}

/** The deadline has passed, and the database has not even said that it stopped. */
const unheard = (trip: Trip) =>
  trip.write
    ? new GatewayError(
        'outcome_unknown',
        'The write was cancelled at its deadline, but the database does not answer: it may or may not have been applied. It was not repeated.',
      )
    : new GatewayError(
        'statement_timeout',
        'The statement was cancelled at its deadline; the database does not answer.',
        { retryAfter: 1 },
      )
