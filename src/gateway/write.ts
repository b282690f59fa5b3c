/** The write: authorise, plan, run in one trip (or one transaction), and tell apart what a write that touched nothing means. */
import type { Context } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Resource } from '#contract/contract.ts'
import type { ApiOptions } from '#contract/options.ts'
import type { WriteRequest } from '#contract/request.ts'
import type { Compiled, Engine, Result } from '#engine/engine.ts'
import type { WritePlan, WriteStep } from '#plan/plan.ts'
import { planExists, planInsert, planWrite, versionOfEtag } from '#plan/write.ts'
import { authorize } from '#policy/authorize.ts'
import type { Answer } from './answer.ts'
import { etagOf } from './etag.ts'
import type { Trip } from './execute.ts'
import type { Run, Runner } from './runner.ts'
import { charactersOf } from './plans.ts'
import type { Snapshot } from './schema.ts'

export interface WriteDependencies {
  readonly engine: Pick<Engine, 'compile' | 'capabilities'>
  readonly options: ApiOptions
}

/** @throws GatewayError of any kind that docs/errors.md lists for writes */
export type Write = (
  request: WriteRequest,
  snapshot: Snapshot,
  ctx: Context,
  runner: Runner,
) => Promise<Answer>

export function createWrite({ engine, options }: WriteDependencies): Write {
  const compile = (step: WriteStep, snapshot: Snapshot): Compiled =>
    step.statement.kind === 'insert' && step.statement.rows.length > 1
      ? engine.compile(step.statement)
      : snapshot.plans.remember(`w\n${step.shape}`, () => engine.compile(step.statement), charactersOf)

  return async (request, snapshot, ctx, runner) => {
    const environment = {
      contract: snapshot.contract,
      authorize: (resource: Parameters<typeof authorize>[1], operation: Parameters<typeof authorize>[2]) =>
        authorize(ctx.principal, resource, operation),
      capabilities: engine.capabilities,
      options,
    }
    /** Most inserts look like the one before, and are planned once. */
    const planned = (): WritePlan => {
      const [row] = request.rows
      if (request.operation !== 'insert' || request.rows.length !== 1 || row === undefined)
        return planWrite(request, environment)
      const shape = JSON.stringify([ctx.principal.role, request.shape, request.many, Object.keys(row)])
      const { plan, bind } = snapshot.plans.remember(
        `i\n${shape}`,
        () => planInsert(request, environment),
        () => 0,
      )
      return { ...plan, steps: plan.steps.map((step) => ({ ...step, values: bind(request) })) }
    }
    const plan = planned()
    const { maxAffected } = request.preferences
    const atomic = plan.steps.length > 1 || maxAffected !== undefined
    const trip: Trip = {
      operation: request.operation === 'upsert' ? 'insert' : request.operation,
      resource: request.resource,
      write: true,
      source: request.rows.length > 0 ? 'body' : 'url',
      shares: plan.plainInsert && !atomic ? 'inserts' : undefined,
    }

    const perform = async (run: Run): Promise<Outcome> => {
      const results: Result[] = []
      let affected = 0
      for (const step of plan.steps) {
        const result = await run(compile(step, snapshot), step.values, {
          format:
            plan.single && request.media === 'json'
              ? 'object'
              : request.media === 'csv'
                ? 'csv'
                : request.media === 'ndjson'
                  ? 'ndjson'
                  : 'array',
        })
        results.push(result)
        affected += result.affected
        if (maxAffected !== undefined && affected > maxAffected)
          throw new GatewayError(
            'max_affected_exceeded',
            `The write would touch more than the ${maxAffected} rows that Prefer: max-affected allows; nothing was changed.`,
            {
              facts: { maxAffected },
            },
          )
      }
      if (affected === 0 && request.key !== undefined) await explainMiss(run)
      const rows = results.reduce((sum, result) => sum + result.rows, 0)
      return { body: join(results, request.media), affected, rows, hidden: results.at(-1)?.hidden }
    }

    /**
     * A write by key that touched nothing: the row is missing, its version is another, or the database left it as it is,
     * as a trigger may say.
     */
    const explainMiss = async (run: Run): Promise<void> => {
      const { ifMatch, operation, query, resource } = request
      // Without a condition a PUT finds a row or makes one.
      if (operation === 'upsert' && ifMatch === undefined) return
      // A filter may be why nothing was touched, and a table without triggers touches what is there.
      const leavesRows =
        query.filter === undefined && snapshot.contract.resources.get(resource)?.table.plainInserts !== true
      if (ifMatch !== undefined || leavesRows) {
        const probe = planExists(request, environment)
        const compiled = snapshot.plans.remember(
          `x\n${resource}`,
          () => engine.compile(probe.statement),
          charactersOf,
        )
        const { rows, hidden } = await run(compiled, probe.values, { format: 'array' })
        const isMet =
          ifMatch === undefined || ifMatch === '*' || ifMatch.map(versionOfEtag).includes(hidden?.[0] ?? '')
        if (leavesRows && rows > 0 && isMet) return
        if (ifMatch !== undefined && (rows > 0 || operation === 'upsert'))
          throw new GatewayError(
            'precondition_failed',
            'The row has changed since the version named in If-Match.',
          )
      }
      throw new GatewayError('row_not_found', `No row of ${resource} has this key.`)
    }

    let outcome: Outcome
    try {
      outcome = await (atomic ? runner.together(trip, perform) : runner.each(trip, perform))
    } catch (error) {
      // PUT with If-None-Match: * inserts only; an existing row is a failed precondition, not a conflict.
      if (request.ifNoneMatchAny && isTaken(error, snapshot.contract.resources.get(request.resource)))
        throw new GatewayError(
          'precondition_failed',
          'A row with this key exists already (If-None-Match: *).',
          { cause: error },
        )
      throw error
    }
    return describe(request, plan, outcome)
  }
}

/** Whether the key of the row is what exists already, rather than some other unique value of it. */
const isTaken = (error: unknown, resource: Resource | undefined): boolean =>
  error instanceof GatewayError &&
  error.code === 'constraint_unique' &&
  error.facts['constraint'] === resource?.table.primaryKey?.name

/** What the statements of a write gave: `rows` came back, `affected` were touched. */
interface Outcome extends Pick<Result, 'body' | 'affected' | 'rows' | 'hidden'> {}

function describe(request: WriteRequest, plan: WritePlan, outcome: Outcome): Answer {
  const { hidden, affected } = outcome
  const version = plan.versionAt === undefined ? undefined : hidden?.[plan.versionAt]
  const created =
    (request.operation === 'insert' && (!plan.single || affected > 0)) ||
    (request.operation === 'upsert' && plan.insertedAt !== undefined && hidden?.[plan.insertedAt] === 't')
  const key = plan.single ? plan.keyAt.map((i) => hidden?.[i] ?? null) : []
  // One row that the database did not write, or does not show, has no representation.
  if (request.preferences.return !== 'representation' || (plan.single && outcome.rows === 0))
    return { kind: 'written', affected, etag: version ?? undefined, created, key }
  if (plan.single) {
    const etag = etagOf(version, outcome.body, {
      embeds: plan.embeds,
      media: request.media,
      numbers: request.numbers,
    })
    return { kind: 'row', media: request.media, body: outcome.body, etag, created, key }
  }
  return {
    kind: 'rows',
    media: request.media,
    body: outcome.body,
    page: { offset: 0, rows: affected, total: undefined, next: undefined },
  }
}

/** Bodies of several statements as one: arrays joined, NDJSON and CSV appended (the CSV header once). */
function join(results: readonly Result[], media: WriteRequest['media']): Uint8Array {
  const [first] = results
  if (results.length === 1 && first !== undefined) return first.body
  const bodies = results.map((r) => Buffer.from(r.body))
  if (media === 'ndjson') return Buffer.concat(bodies)
  if (media === 'csv')
    return Buffer.concat(bodies.map((b, i) => (i === 0 ? b : b.subarray(b.indexOf('\r\n') + 2))))
  const inner = bodies.map((b) => b.subarray(1, -1)).filter((b) => b.length > 0)
  return Buffer.concat([
    Buffer.from('['),
    ...inner.flatMap((b, i) => (i === 0 ? [b] : [Buffer.from(','), b])),
    Buffer.from(']'),
  ])
}
