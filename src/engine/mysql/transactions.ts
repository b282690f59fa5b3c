/** Transactions of a session: begun with their first statement, committed or taken back as a whole. Contained ones are XA transactions. */
import { randomUUID } from 'node:crypto'
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Bound } from '#plan/ast.ts'
import type { Compiled, Connection, Fault, Result, RunOptions, Transaction } from '#engine/engine.ts'
import { SessionLost } from '#engine/session-errors.ts'
import { plain, type Step } from './exchange.ts'
import { classify } from './faults.ts'
import { ServerError } from './server-error.ts'
import type { Session } from './session-parts.ts'

/** The most a rollback may take after the caller's time is over, before the session is given up. */
const rollbackTimeoutMs = 1000
const never = new AbortController().signal

/** The statements that a transaction begins and ends with. */
interface Frame {
  readonly begin: Step
  /** Ahead of the commit or rollback: nothing may follow it, and nothing is done by it. */
  readonly end?: Step
  readonly commit: Step
  readonly rollback: Step
}

const ordinary: Frame = {
  begin: plain('START TRANSACTION'),
  commit: plain('COMMIT'),
  rollback: plain('ROLLBACK'),
}
const readOnly: Frame = { ...ordinary, begin: plain('START TRANSACTION READ ONLY') }

/**
 * Within an XA transaction the server refuses whatever would end it, said or implied (error 1399), but to those who know its name:
 * so nobody can guess that, CONNECTION_ID() and all. In one phase it is never prepared, so none outlives its session.
 * (MySQL Reference Manual, "XA Transaction States")
 */
function contained(): Frame {
  const name = `'${randomUUID()}'`
  return {
    begin: plain(`XA START ${name}`),
    end: plain(`XA END ${name}`),
    commit: plain(`XA COMMIT ${name} ONE PHASE`),
    rollback: plain(`XA ROLLBACK ${name}`),
  }
}

type Until = Pick<RunOptions, 'deadline' | 'signal'>

/** What transactions stand on: a session, and how statements are run in it. */
export interface TransactionParts {
  readonly session: Pick<Session, 'inTransaction' | 'close'>
  readonly clock: Pick<Clock, 'now'>
  readonly command: (step: Step, o: Until) => Promise<unknown>
  readonly limitStatements: (o: Until) => Promise<void>
  readonly runInside: (q: Compiled, values: readonly Bound[], o: RunOptions) => Promise<Result>
}

/** See Connection.transaction. */
export function createTransactions({
  session,
  clock,
  command,
  limitStatements,
  runInside,
}: TransactionParts): Connection['transaction'] {
  /** Gives the session up when that fails: the server then takes it back by itself. */
  const takeBack = async (frame: Frame): Promise<void> => {
    // The caller's deadline may be over; the rollback has a second of its own.
    const until = { deadline: clock.now() + rollbackTimeoutMs, signal: never }
    try {
      // Refused when it has ended already, or the server has rolled it back for a deadlock.
      if (frame.end !== undefined) await command(frame.end, until).catch(unlessRefused)
      await command(frame.rollback, until)
    } catch {
      await session.close()
    }
  }

  /** A commit that was killed may have been done all the same: whoever leaves does not stop it, only the deadline does. */
  const commitNow = async (frame: Frame, { deadline }: Until): Promise<void> => {
    try {
      await command(frame.commit, { deadline, signal: never })
    } catch (error) {
      if (!(error instanceof ServerError) || error.cancelled === undefined) throw error
      throw new SessionLost('the commit was interrupted', true, { cause: error, cancelled: error.cancelled })
    }
  }

  return async (o, body) => {
    let frame: Frame | undefined
    /** Something has been run that may have committed by itself. */
    let mayBeDone = false
    const t: Transaction = {
      run: async (q, values, ro) => {
        await limitStatements(o)
        if (frame === undefined) {
          const next = o.contained ? contained() : o.readOnly ? readOnly : ordinary
          await command(next.begin, o).catch(o.contained ? noContainment : rethrow)
          frame = next
        }
        mayBeDone ||= q.mayCommit === true && frame.end === undefined
        const inside = runInside(q, values, { ...ro, deadline: o.deadline, signal: o.signal })
        return o.contained ? inside.catch(noTemporaryTables) : inside
      },
    }
    let committing = false
    try {
      const value = await body(t)
      if (frame !== undefined) {
        if (o.signal.aborted)
          throw new SessionLost('aborted before the commit', mayBeDone, { cancelled: 'client' })
        if (frame.end !== undefined) await command(frame.end, o)
        committing = true
        await commitNow(frame, o)
      }
      return value
    } catch (error) {
      if (frame !== undefined && (session.inTransaction() || frame.end !== undefined)) await takeBack(frame)
      // Without a commit nothing of it can have happened.
      if (error instanceof SessionLost && !committing)
        throw new SessionLost(error.message, mayBeDone, { cause: error, cancelled: error.cancelled })
      throw error
    }
  }
}

const rethrow = (error: unknown): never => {
  throw error
}

/** Lets what the server refuses pass. */
const unlessRefused = (error: unknown): void => {
  if (!(error instanceof ServerError)) throw error
}

/** What the refusal of an XA START may be classified as; all else has other reasons. */
const noSuchThing: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>(['not_supported', 'denied', 'unknown'])

/** Galera has no XA transactions (error 1235), and proxies may not know the words. */
const noContainment = (error: unknown): never => {
  if (!(error instanceof ServerError) || !noSuchThing.has(classify(error).kind)) throw error
  throw new GatewayError(
    'not_supported',
    'The batch calls a procedure that may commit by itself, or whose text the gateway may not see. To keep it from that takes XA transactions, which this database does not have: call it by a request of its own.',
    { cause: error },
  )
}

/** ER_XA_TEMP_TABLE of MySQL, a number that MariaDB has for something else. */
const noTemporaryTables = (error: unknown): never => {
  if (!(error instanceof ServerError) || error.errno !== 4091 || !error.message.startsWith('XA:')) throw error
  throw new GatewayError(
    'not_supported',
    'The procedure uses temporary tables, and may commit by itself, or has a text that the gateway may not see: such a one cannot run in a batch here (xa_detach_on_prepare is on). Call it by a request of its own.',
    { cause: error },
  )
}
