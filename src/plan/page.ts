/** Pages: how many rows, from where, in which order, and the condition a cursor stands for. */
import { GatewayError } from '#base/errors.ts'
import type { Resource } from '#contract/contract.ts'
import { pageLimitOf } from '#contract/options.ts'
import type { Query, ReadRequest } from '#contract/request.ts'
import type { Access } from './access.ts'
import type { Condition, OrderTerm, Param, Select } from './ast.ts'
import { countType, type Draft, type PlanEnvironment } from './draft.ts'
import { type Ordering, groupOrder, orderOf } from './order.ts'
import { invalid } from './refuse.ts'
import type { Outputs } from './select.ts'

/**
 * Page sizes that are printed into the statement, where the database's planner sees them, together with the default
 * and the ceiling of the configuration. Any other size is bound, so that odd sizes do not multiply statements.
 */
const printedSizes = new Set([1, 2, 3, 5, 10, 12, 20, 24, 25, 30, 40, 50, 60, 75, 100, 200, 250, 500, 1000])

/** NDJSON and CSV without a page's limit come as they are read; only such answers may be longer than a page. */
export const isStream = ({ media, query }: ReadRequest, { options }: PlanEnvironment): boolean =>
  media !== 'json' && (query.limit === undefined || query.limit > options.maxLimit)

/**
 * Rows of one page.
 * @throws GatewayError invalid_parameter above the ceiling
 */
export function pageSize({ limit }: Query, { options }: PlanEnvironment): number {
  const { maxLimit } = options
  const size = limit ?? pageLimitOf(options)
  if (size <= maxLimit) return size
  throw invalid('limit', `is ${size}, at most ${maxLimit}`, { limit: maxLimit, actual: size })
}

/**
 * The order of the rows of a page or stream. A stream is read once, so that it is sorted only as the request says, or
 * by the key, which an index has.
 */
export function pageOrder(
  access: Access,
  order: Query['order'],
  { outputs, group }: Outputs,
  streams: boolean,
): { readonly order: Select['order']; readonly total: Ordering | undefined } {
  if (group !== undefined) return { order: groupOrder(order, outputs, group, 'order'), total: undefined }
  const complete = !streams || access.resource.key.length > 0
  const ordering = orderOf(access, order, 'order', complete)
  return { order: ordering.terms, total: ordering.total ? ordering : undefined }
}

/** A page asks for one row more than it keeps, to know whether there is a next one; a stream has no next one. */
export function bounds(draft: Draft, query: Query, streams: boolean): Pick<Select, 'limit' | 'offset'> {
  const skipped = (): Param => draft.add(countType, ({ offset }) => String(offset ?? 0))
  return { limit: limitOf(draft, query, streams), offset: query.offset === undefined ? undefined : skipped() }
}

function limitOf(draft: Draft, query: Query, streams: boolean): Select['limit'] {
  const { options } = draft.env
  const bound = (more: number): Param =>
    draft.add(countType, ({ limit }) => String((limit ?? pageLimitOf(options)) + more))
  if (streams) return query.limit === undefined ? undefined : bound(0)
  const size = pageSize(query, draft.env)
  // No page follows one without rows.
  if (size === 0) return 0
  const printed = printedSizes.has(size) || size === pageLimitOf(options) || size === options.maxLimit
  return printed ? size + 1 : bound(1)
}

/**
 * Rows behind the cursor.
 * @param nulls which of the cursor's values are NULL: they change the condition
 * @throws GatewayError invalid_cursor when the order has no cursor, or one of another length
 */
export function behindCursor(
  draft: Draft,
  terms: readonly OrderTerm[] | undefined,
  nulls: readonly boolean[],
): Condition {
  if (terms === undefined || terms.length !== nulls.length)
    throw new GatewayError('invalid_cursor', 'after: this request has no cursor pages; use offset')
  return {
    kind: 'after',
    terms: terms.map((term, i) => ({
      ...term,
      // The engine reads back what it wrote itself; no check of ours could make it better.
      value: nulls[i] ? undefined : draft.add(term.by.column.type, ({ cursor }) => cursor?.[i] ?? null),
    })),
  }
}

/** A cursor is good for one resource in one order under one version, whatever the filter. */
export const signatureOf = (version: string, { name }: Resource, terms: readonly OrderTerm[]): string =>
  JSON.stringify([
    version,
    name,
    ...terms.map(({ by, descending, nulls }) => [by.column.name, descending, nulls]),
  ])
