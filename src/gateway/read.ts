/** The read: authorise, plan (or remember the plan), one trip, and what the next page needs. */
import type { Context } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { ApiOptions } from '#contract/options.ts'
import type { ReadRequest } from '#contract/request.ts'
import type { Compiled, Engine, RowFormat } from '#engine/engine.ts'
import type { ReadPlan } from '#plan/plan.ts'
import { planRead } from '#plan/read.ts'
import { authorize } from '#policy/authorize.ts'
import type { Answer, PageInfo } from './answer.ts'
import type { Cursors, Place } from './cursor.ts'
import { etagOf } from './etag.ts'
import type { Runner } from './runner.ts'
import { charactersOf } from './plans.ts'
import type { Snapshot } from './schema.ts'

export interface ReadDependencies {
  readonly engine: Pick<Engine, 'compile' | 'capabilities' | 'readEstimate'>
  readonly cursors: Cursors
  readonly options: ApiOptions
  /** Rows a stream asks for at a time. */
  readonly streamBatch: number
}

interface Prepared {
  readonly plan: ReadPlan
  readonly select: Compiled
  readonly count: Compiled | undefined
}

const formats: Record<ReadRequest['media'], RowFormat> = { json: 'array', csv: 'csv', ndjson: 'ndjson' }

/** @throws GatewayError of any kind that docs/errors.md lists for reads */
export type Read = (request: ReadRequest, snapshot: Snapshot, ctx: Context, runner: Runner) => Promise<Answer>

export function createRead({ engine, cursors, options, streamBatch }: ReadDependencies): Read {
  const prepare = (
    request: ReadRequest,
    snapshot: Snapshot,
    ctx: Context,
    nulls: readonly boolean[] | undefined,
  ): Prepared =>
    snapshot.plans.remember(
      `${ctx.principal.role}\n${nulls === undefined ? '' : nulls.map(Number).join('')}\n${request.shape}`,
      () => {
        const plan = planRead(request, {
          contract: snapshot.contract,
          authorize: (resource, operation) => authorize(ctx.principal, resource, operation),
          capabilities: engine.capabilities,
          options,
          cursorNulls: nulls,
        })
        return { plan, select: engine.compile(plan.select), count: plan.count && engine.compile(plan.count) }
      },
      ({ select, count }) => charactersOf(select) + (count === undefined ? 0 : charactersOf(count)),
    )

  /** A cursor is read with the signature of the page without one: the shape is the same but for the condition. */
  const readCursor = (request: ReadRequest, snapshot: Snapshot, ctx: Context): Place | undefined => {
    if (request.after === undefined) return undefined
    const { page } = prepare(request, snapshot, ctx, undefined).plan
    if (page.kind !== 'keyset')
      throw new GatewayError('invalid_cursor', 'This request has no cursor pages; use offset.')
    return cursors.read(page.signature, request.after, page.terms.length)
  }

  /** By number where there is no cursor, or one that no URL holds. */
  const nextOf = (
    page: ReadPlan['page'],
    { hidden, passed }: { hidden: readonly (string | null)[]; passed: number },
  ): PageInfo['next'] => {
    if (page.kind !== 'keyset') return { offset: passed }
    const after = cursors.write(page.signature, { values: hidden.slice(0, page.terms.length), passed })
    return after === undefined ? { offset: passed } : { after }
  }

  return async (request, snapshot, ctx, runner) => {
    const cursor = readCursor(request, snapshot, ctx)
    const { plan, select, count } = prepare(
      request,
      snapshot,
      ctx,
      cursor?.values.map((value) => value === null),
    )
    const { limit, offset } = request.query
    const values = plan.bind({
      values: request.values,
      key: request.key,
      cursor: cursor?.values,
      limit,
      offset,
    })
    const trip = { operation: 'select', resource: request.resource, write: false, source: 'url' } as const

    if (plan.page.kind === 'stream') {
      return {
        kind: 'stream',
        media: request.media,
        run: (write) =>
          runner.stream(trip, (c) =>
            c.stream(select, values, {
              deadline: ctx.deadline,
              signal: ctx.signal,
              format: formats[request.media],
              batch: streamBatch,
              write,
            }),
          ),
      }
    }

    if (plan.page.kind === 'single') {
      const format = request.media === 'json' ? 'object' : formats[request.media]
      const { quick } = plan.page
      const result = await runner.each(quick ? { ...trip, shares: 'reads' } : trip, (run) =>
        run(select, values, { format, keep: 1 }),
      )
      if (result.rows === 0)
        throw new GatewayError('row_not_found', `No row of ${request.resource} has this key.`)
      const version = plan.versionAt === undefined ? undefined : result.hidden?.[plan.versionAt]
      const etag = etagOf(version, result.body, {
        embeds: plan.embeds,
        media: request.media,
        numbers: request.numbers,
      })
      return { kind: 'row', media: request.media, body: result.body, etag, created: false, key: [] }
    }

    const { result, total } = await runner.each(trip, async (run) => {
      const result = await run(select, values, { format: formats[request.media], keep: plan.keep })
      if (count === undefined) return { result, total: undefined }
      const exact = request.preferences.count === 'exact'
      const counted = await run(count, values, { format: exact ? 'value' : 'array' })
      return {
        result,
        total: exact ? Number(Buffer.from(counted.body).toString()) : engine.readEstimate(counted.body),
      }
    })
    const rows = Math.min(result.rows, plan.keep)
    const more = result.rows > plan.keep && plan.keep > 0
    const passed = (cursor?.passed ?? offset ?? 0) + rows
    const next = more ? nextOf(plan.page, { hidden: result.hidden ?? [], passed }) : undefined
    return {
      kind: 'rows',
      media: request.media,
      body: result.body,
      lent: true,
      page: { offset: cursor === undefined ? (offset ?? 0) : undefined, rows, total, next },
    }
  }
}
