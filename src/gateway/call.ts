/** The call of a routine: one statement; its shape of rows decides the shape of the answer. */
import type { Context } from '#base/context.ts'
import type { ApiOptions } from '#contract/options.ts'
import type { CallRequest } from '#contract/request.ts'
import { mayCommit } from '#engine/compiled.ts'
import type { Engine, RowFormat } from '#engine/engine.ts'
import { planCall } from '#plan/call.ts'
import type { Answer } from './answer.ts'
import type { Runner } from './runner.ts'
import { charactersOf } from './plans.ts'
import type { Snapshot } from './schema.ts'

/** @throws GatewayError of any kind that docs/errors.md lists for calls */
export type Call = (request: CallRequest, snapshot: Snapshot, ctx: Context, runner: Runner) => Promise<Answer>

/** Whether the call of a routine of this name may commit by itself: then a batch has to keep it from that. */
export const mayEndBatch = ({ contract }: Pick<Snapshot, 'contract'>, routine: string): boolean =>
  contract.routines.get(routine)?.overloads.some(mayCommit) ?? false

export function createCall({
  engine,
  options,
}: {
  engine: Pick<Engine, 'compile' | 'capabilities'>
  options: ApiOptions
}): Call {
  return async (request, snapshot, ctx, runner) => {
    const plan = planCall(request, {
      contract: snapshot.contract,
      principal: ctx.principal,
      capabilities: engine.capabilities,
      options,
    })
    const { routine } = plan.statement
    const q = snapshot.plans.remember(`c\n${plan.shape}`, () => engine.compile(plan.statement), charactersOf)
    const write = !routine.readOnly
    const trip = {
      operation: 'call',
      resource: request.routine,
      write,
      source: request.method === 'GET' ? 'url' : 'body',
      mayCommit: q.mayCommit,
    } as const
    const { returns } = routine
    if (returns.kind === 'void') {
      await runner.each(trip, (run) => run(q, plan.values, { format: 'array' }))
      return { kind: 'nothing' }
    }
    const set = returns.set
    const format: RowFormat =
      request.media !== 'json'
        ? request.media
        : returns.kind === 'scalar'
          ? set
            ? 'values'
            : 'value'
          : set
            ? 'array'
            : 'object'
    const result = await runner.each(trip, (run) => run(q, plan.values, { format }))
    // A procedure that turned out to give no rows; even no row of some would be an empty list.
    if (returns.kind === 'rows' && returns.columns.length === 0 && result.body.length === 0)
      return { kind: 'nothing' }
    if (set)
      return {
        kind: 'rows',
        media: request.media,
        body: result.body,
        page: { offset: 0, rows: result.rows, total: undefined, next: undefined },
      }
    // A function that returns no row (a NULL composite) answers null; a line of NDJSON has its end.
    const none = request.media === 'ndjson' ? 'null\n' : 'null'
    const body = result.body.length === 0 ? Buffer.from(none) : result.body
    return { kind: 'value', media: request.media, body }
  }
}
