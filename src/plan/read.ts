/** The plan of a read: one Select, its count, and how the next page is reached. Pure; depends on the shape of the request alone. */
import { GatewayError } from '#base/errors.ts'
import type { ReadRequest } from '#contract/request.ts'
import { type Access, accessBy, demand, resourceNamed } from './access.ts'
import type { Condition, Count, NumberStyle, OrderTerm, Select } from './ast.ts'
import { type Draft, newDraft, numberStyle, type PlanEnvironment } from './draft.ts'
import { allOf, conditionOf } from './filter.ts'
import { keyCondition } from './key.ts'
import { behindCursor, bounds, isStream, pageOrder, pageSize, signatureOf } from './page.ts'
import type { ReadPlan } from './plan.ts'
import { invalid } from './refuse.ts'
import { type Outputs, outputsOf } from './select.ts'

export interface ReadEnvironment extends PlanEnvironment {
  /** Undefined: the request has no cursor. Else which of its values are NULL, which changes the condition. */
  readonly cursorNulls: readonly boolean[] | undefined
}

/** What rows and pages have in common once names are looked up. */
interface Parts {
  readonly request: ReadRequest
  readonly env: ReadEnvironment
  readonly draft: Draft
  readonly access: Access
  readonly shown: Outputs
  readonly where: Condition | undefined
  readonly numbers: NumberStyle
}

/**
 * Slots: the values of the request keep theirs; second values of `between`, key, cursor, limit and offset follow.
 * @throws GatewayError unknown_resource, forbidden, not_found (rows without a key), unknown_field, unknown_operator,
 *   unknown_relation, ambiguous_relation, invalid_parameter, invalid_cursor, not_supported
 */
export function planRead(request: ReadRequest, env: ReadEnvironment): ReadPlan {
  const resource = resourceNamed(env.contract, request.resource)
  demand(env, resource, ['read'], request.key === undefined ? 'collection' : 'row')
  const draft = newDraft(env, request.values.length)
  draft.touch(resource.table)
  const access = accessBy(env.authorize(resource, 'read'), resource, draft.alias())
  const numbers = numberStyle(request.numbers, env)
  const shown = outputsOf(draft, access, request.query.select, 'select', numbers)
  const where = request.query.filter && conditionOf(draft, access, request.query.filter)
  const parts = { request, env, draft, access, shown, where, numbers }
  return request.key === undefined ? planPage(parts) : planRow(parts, request.key.length)
}

function selectOf(
  { access, shown, numbers }: Parts,
  rest: Pick<Select, 'hidden' | 'where' | 'order' | 'limit' | 'offset'>,
): Select {
  const { alias, resource } = access
  return {
    kind: 'select',
    table: resource.table,
    alias,
    outputs: shown.outputs,
    group: shown.group,
    numbers,
    ...rest,
  }
}

function planRow(parts: Parts, keyParts: number): ReadPlan {
  const { draft, access, shown, where } = parts
  if (shown.group !== undefined) throw invalid('select', 'one row has no groups, so it takes no aggregates')
  const key = keyCondition(draft, access, keyParts)
  const select = selectOf(parts, {
    hidden: [{ kind: 'version', alias: access.alias, table: access.resource.table }],
    where: where === undefined ? key : allOf([key, where]),
    order: [],
    limit: 1,
    offset: undefined,
  })
  return {
    select,
    count: undefined,
    page: {
      kind: 'single',
      quick: access.resource.table.kind === 'table' && where === undefined && !shown.embeds,
    },
    keep: 1,
    versionAt: 0,
    embeds: shown.embeds,
    tables: draft.tables(),
    bind: draft.bind,
  }
}

function planPage(parts: Parts): ReadPlan {
  const { request, env, draft, access, shown, where } = parts
  const { query } = request
  const streams = isStream(request, env)
  const { order, total } = pageOrder(access, query.order, shown, streams)
  const cursor = streams ? undefined : total?.terms
  const behind = env.cursorNulls && behindCursor(draft, cursor, env.cursorNulls)
  const conditions = [where, behind].filter((condition) => condition !== undefined)
  const select = selectOf(parts, {
    hidden: (cursor ?? []).map(({ by }) => ({ kind: 'cursor', ref: by })),
    where: conditions.length === 0 ? undefined : allOf(conditions),
    order,
    ...bounds(draft, query, streams),
  })
  return {
    select,
    count: streams ? undefined : countOf(select, parts),
    page: pageKind(parts, streams, cursor),
    keep: streams ? (query.limit ?? Number.POSITIVE_INFINITY) : pageSize(query, env),
    versionAt: undefined,
    embeds: shown.embeds,
    tables: draft.tables(),
    bind: draft.bind,
  }
}

function pageKind(
  { env, access }: Parts,
  streams: boolean,
  cursor: readonly OrderTerm[] | undefined,
): ReadPlan['page'] {
  if (streams) return { kind: 'stream' }
  if (cursor === undefined) return { kind: 'offset' }
  return {
    kind: 'keyset',
    terms: cursor,
    signature: signatureOf(env.contract.version, access.resource, cursor),
  }
}

/** All rows that the filter leaves, wherever the page begins. */
function countOf(select: Select, { where, env, request }: Parts): Count | undefined {
  const { count } = request.preferences
  if (count === undefined) return undefined
  if (count === 'estimated' && !env.capabilities.estimatedCount)
    throw new GatewayError('not_supported', 'Prefer: this database has no estimates; ask for count=exact')
  return {
    kind: 'count',
    select: { ...select, hidden: [], where, order: [], limit: undefined, offset: undefined },
    exact: count === 'exact',
  }
}
