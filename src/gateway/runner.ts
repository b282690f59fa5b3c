/** Where a use case runs its statements: on a connection of its own, or inside the transaction of a batch. */
import type { Context } from '#base/context.ts'
import type { Compiled, Connection, Result, RowFormat, StreamOptions, Transaction } from '#engine/engine.ts'
import type { Bound } from '#plan/ast.ts'
import type { Execute, Trip } from './execute.ts'

export interface RunHow {
  readonly format: RowFormat
  readonly keep?: number
}

/** Runs one statement. */
export type Run = (q: Compiled, values: readonly Bound[], how: RunHow) => Promise<Result>

export interface Runner {
  /** Statements one after the other on one connection, each for itself. */
  each<T>(trip: Trip, body: (run: Run) => Promise<T>): Promise<T>
  /** All or nothing. */
  together<T>(trip: Trip, body: (run: Run) => Promise<T>): Promise<T>
  /** Only outside a batch: rows in pieces. */
  stream:
    | ((
        trip: Trip,
        body: (c: Pick<Connection, 'stream'>) => Promise<{ rows: number }>,
      ) => Promise<{ rows: number }>)
    | undefined
}

/** For a request of its own. */
export function requestRunner(ctx: Context, execute: Execute): Runner {
  return {
    each: (trip, body) =>
      execute(ctx, trip, (c) =>
        body((q, values, how) => c.run(q, values, { deadline: ctx.deadline, signal: ctx.signal, ...how })),
      ),
    together: (trip, body) =>
      execute(ctx, trip, (c) =>
        c.transaction({ deadline: ctx.deadline, signal: ctx.signal }, (t) => body(t.run)),
      ),
    stream: (trip, body) => {
      // Rows that have left cannot be taken back: from the first piece on there is no second attempt.
      let begun = false
      const noting = (o: StreamOptions): StreamOptions => ({
        ...o,
        write: (chunk) => {
          begun = true
          return o.write(chunk)
        },
      })
      return execute(ctx, { ...trip, repeatable: () => !begun }, (c) =>
        body({ stream: (q, values, o) => c.stream(q, values, noting(o)) }),
      )
    },
  }
}

/** For an item of a batch: the transaction is open already and stays so. */
export function transactionRunner(t: Transaction): Runner {
  return { each: (_, body) => body(t.run), together: (_, body) => body(t.run), stream: undefined }
}
