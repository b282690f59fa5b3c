/** Where a use case runs its statements: on a connection of its own, or inside the transaction of a batch. */
import type { Context } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Compiled, Connection, Result, RowFormat, StreamOptions, Transaction } from '#engine/engine.ts'
import type { Bound } from '#plan/ast.ts'
import type { Execute, Trip } from './execute.ts'

export interface RunHow {
  readonly format: RowFormat
  readonly keep?: number | undefined
}

/** Runs one statement. */
export type Run = (q: Compiled, values: readonly Bound[], how: RunHow) => Promise<Result>

export interface Runner {
  /** Statements one after the other on one connection, each for itself. */
  each<T>(trip: Trip, body: (run: Run) => Promise<T>): Promise<T>
  /** All or nothing. */
  together<T>(trip: Trip, body: (run: Run) => Promise<T>): Promise<T>
  /** Rows in pieces; not inside a batch. @throws GatewayError not_acceptable there */
  stream(
    trip: Trip,
    body: (c: Pick<Connection, 'stream'>) => Promise<{ rows: number }>,
  ): Promise<{ rows: number }>
}

/** For a request of its own. A class, as there is one for every request. */
class RequestRunner implements Runner {
  private readonly ctx: Context
  private readonly execute: Execute

  constructor(ctx: Context, execute: Execute) {
    this.ctx = ctx
    this.execute = execute
  }

  each<T>(trip: Trip, body: (run: Run) => Promise<T>): Promise<T> {
    const { deadline, signal } = this.ctx
    return this.execute(this.ctx, trip, (c) =>
      body((q, values, { format, keep }) => c.run(q, values, { deadline, signal, format, keep })),
    )
  }

  together<T>(trip: Trip, body: (run: Run) => Promise<T>): Promise<T> {
    const { deadline, signal } = this.ctx
    return this.execute(this.ctx, trip, (c) => c.transaction({ deadline, signal }, (t) => body(t.run)))
  }

  stream(trip: Trip, body: (c: Pick<Connection, 'stream'>) => Promise<{ rows: number }>) {
    // Rows that have left cannot be taken back: from the first piece on there is no second attempt.
    let begun = false
    const noting = (o: StreamOptions): StreamOptions => ({
      ...o,
      write: (chunk) => {
        begun = true
        return o.write(chunk)
      },
    })
    return this.execute(this.ctx, { ...trip, stream: true, repeatable: () => !begun }, (c) =>
      body({ stream: (q, values, o) => c.stream(q, values, noting(o)) }),
    )
  }
}

export const requestRunner = (ctx: Context, execute: Execute): Runner => new RequestRunner(ctx, execute)

/** For an item of a batch: the transaction is open already and stays so. */
export function transactionRunner(t: Transaction): Runner {
  return {
    each: (_, body) => body(t.run),
    together: (_, body) => body(t.run),
    stream: () => {
      throw new GatewayError('not_acceptable', 'Streams cannot be part of a batch; ask for application/json.')
    },
  }
}
