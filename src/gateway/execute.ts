/** One trip to the database: pool, statement, time-keeping, one repetition where nothing can have happened, faults into errors. */
import type { Clock } from '#base/clock.ts'
import type { Context } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Connection, Engine, Fault } from '#engine/engine.ts'
import type { Pool } from '#pool/types.ts'
import { errorOfFault } from './faults.ts'

/** What a trip is for: bounded words for metrics, and what a failure means. */
export interface Trip {
  readonly operation: 'select' | 'insert' | 'update' | 'delete' | 'call' | 'transaction'
  readonly resource: string
  readonly write: boolean
  readonly source: 'url' | 'body'
}

/** Runs `body` with a connection of the pool. `body` may run twice when the first time certainly changed nothing. */
export type Execute = <T>(ctx: Context, trip: Trip, body: (c: Connection) => Promise<T>) => Promise<T>

export interface ExecuteDependencies {
  readonly clock: Clock
  readonly engine: Pick<Engine, 'classify'>
  readonly pool: Pool<Connection>
  readonly development: boolean
  /** Told when the database no longer fits the catalogue, so that it is read anew. */
  readonly onSchemaMismatch: () => void
}

/** Whether the same work may be done once more: it certainly changed nothing and has a chance. */
function mayRepeat(fault: Fault, write: boolean): boolean {
  switch (fault.kind) {
    case 'disconnected':
      return !write || fault.applied === 'no'
    case 'conflict':
    case 'stale_plan':
      return fault.applied === 'no'
    default:
      return false
  }
}

export function createExecute({
  clock,
  engine,
  pool,
  development,
  onSchemaMismatch,
}: ExecuteDependencies): Execute {
  return async (ctx, trip, body) => {
    const began = clock.now()
    for (let attempt = 1; ; attempt++) {
      const asked = clock.now()
      let lent = 0
      try {
        return await pool.use(ctx.signal, ctx.deadline, async (connection) => {
          lent = clock.now()
          ctx.timing.poolMs += lent - asked
          try {
            return await body(connection)
          } finally {
            const ms = clock.now() - lent
            ctx.timing.dbMs += ms
            ctx.observe({
              kind: 'statement',
              pool: 'primary',
              operation: trip.operation,
              resource: trip.resource,
              ms,
            })
          }
        })
      } catch (thrown) {
        if (thrown instanceof GatewayError) {
          if (lent === 0) ctx.timing.poolMs += clock.now() - asked
          throw thrown
        }
        const fault = engine.classify(thrown)
        if (fault.kind === 'missing_object' || fault.kind === 'stale_plan') onSchemaMismatch()
        if (
          attempt === 1 &&
          mayRepeat(fault, trip.write) &&
          clock.now() < ctx.deadline &&
          !ctx.signal.aborted
        )
          continue
        throw errorOfFault(fault, thrown, {
          write: trip.write,
          source: trip.source,
          development,
          budgetMs: ctx.deadline - began,
        })
      }
    }
  }
}
