/** What the API needs of the rest of the gateway. */
import type { Clock } from '#base/clock.ts'
import type { Context, Principal } from '#base/context.ts'
import type { Observe } from '#base/observation.ts'
import type { StartTrace } from '#base/trace.ts'
import type { WriteRequest } from '#contract/request.ts'
import type { Call } from '#gateway/call.ts'
import type { Deadlines } from '#gateway/deadlines.ts'
import type { Read } from '#gateway/read.ts'
import type { Runner } from '#gateway/runner.ts'
import type { Schema, Snapshot } from '#gateway/schema.ts'
import type { Write } from '#gateway/write.ts'
import type { Idempotency } from './idempotency.ts'
import type { FormLimits } from './limits.ts'
import type { LimitsOptions } from './options.ts'

export interface DataDependencies {
  readonly clock: Clock
  readonly observe: Observe
  /** Where requests are traced. */
  readonly trace: StartTrace | undefined
  readonly schema: Pick<Schema, 'current' | 'peek'>
  readonly limits: FormLimits & LimitsOptions
  readonly deadlines: Deadlines
  /** Milliseconds a streamed answer may take in all, and its reader may do nothing. */
  readonly stream: { readonly deadlineMs: number; readonly slowReaderMs: number }
  /** Aborts when the gateway gives up draining. */
  readonly cancelled: AbortSignal
  /** Whether reads may be served by replicas: then the headers of read-your-writes mean something. */
  readonly consistency: boolean
  readonly read: Read
  readonly write: Write
  readonly call: Call
  readonly runner: (ctx: Context) => Runner
  /**
   * Runs `body` in one transaction; it may run again when the time before was rolled back by a collision. `contained`: it calls a
   * procedure that may commit, which must not end it.
   */
  readonly batch: <T>(
    ctx: Context,
    o: { readonly contained: boolean },
    body: (runner: Runner) => Promise<T>,
  ) => Promise<T>
  readonly idempotency: Idempotency
  readonly openapi: (snapshot: Snapshot, principal: Principal) => unknown
  /** What a write answers when Prefer: return is not given. */
  readonly defaultReturn: (operation: WriteRequest['operation']) => 'minimal' | 'representation'
}
