/** The plan of a write: the statements that insert, upsert, update or delete, with their values. Pure. */
import { GatewayError } from '#base/errors.ts'
import type { Column } from '#catalog/model.ts'
import { canUpsert, type Resource } from '#contract/contract.ts'
import type { WriteRequest } from '#contract/request.ts'
import type { Operation } from '#policy/authorize.ts'
import { allowedMethods } from '#policy/methods.ts'
import { accessBy, demand, resourceNamed } from './access.ts'
import type { Bound, Condition, Insert, Update } from './ast.ts'
import { type Draft, newDraft, type PlanEnvironment, textType } from './draft.ts'
import { allOf, conditionOf } from './filter.ts'
import { checkKey, keyCondition } from './key.ts'
import type { ExistsPlan, InsertPlan, WritePlan, WriteStep } from './plan.ts'
import { type Returned, returnedBy } from './returning.ts'
import { type Cells, cellsOf, resetBy, rowOf, type Target, withKey, withoutKey } from './rows.ts'

/** What the principal must be allowed to do; a PUT under a condition only ever does one of the two. */
function needed({ operation, ifMatch, ifNoneMatchAny }: WriteRequest): readonly Operation[] {
  if (operation !== 'upsert') return [operation]
  if (ifMatch !== undefined) return ['update']
  return ifNoneMatchAny ? ['insert'] : ['insert', 'update']
}

/** The row's version in an ETag: what stands before the first `.`; the rest tells representations apart. */
export const versionOfEtag = (etag: string): string => etag.split('.', 1)[0] as string

/** A write once names are looked up. */
interface Parts extends Target {
  readonly request: WriteRequest
  readonly draft: Draft
  readonly returned: Returned
}

/**
 * Slots: the values of the request keep theirs; key, versions and the cells of the rows follow.
 * @throws GatewayError unknown_resource, forbidden, method_not_allowed, not_found (rows without a key), unknown_field,
 *   unknown_operator, unknown_relation, ambiguous_relation, read_only_field, bad_value, invalid_parameter,
 *   unbounded_write
 */
export function planWrite(request: WriteRequest, env: PlanEnvironment): WritePlan {
  const parts = partsOf(request, env)
  return planOf(parts, stepsOf(parts))
}

/**
 * Plans an insert of one row so that it can be kept for others: those of the same shape, whose rows name the same fields
 * in the same order.
 * @throws GatewayError as planWrite does
 */
export function planInsert(request: WriteRequest, env: PlanEnvironment): InsertPlan {
  const parts = partsOf(request, env)
  const cells = cellsOf(request, parts)
  const [step] = insertion(parts, cells, undefined)
  return {
    plan: planOf(parts, step === undefined ? [] : [step]),
    bind: (other) => [...draftValues({ ...parts, request: other }), ...rowOf(other, cells.columns)],
  }
}

function partsOf(request: WriteRequest, env: PlanEnvironment): Parts {
  const { query } = request
  const resource = resourceNamed(env.contract, request.resource)
  const path = request.key === undefined ? 'collection' : 'row'
  const operations = needed(request)
  demand(env, resource, operations, path)
  if (query.filter !== undefined) demand(env, resource, ['read'], path)
  if (request.key !== undefined) checkKey(resource, request.key.length)
  checkUpsert(request, resource, env)
  checkBounded(request)

  const draft = newDraft(env, request.values.length)
  draft.touch(resource.table)
  const alias = draft.alias()
  const readable = accessBy(env.authorize(resource, 'read'), resource, alias)
  const writable = accessBy(env.authorize(resource, operations.at(-1) as Operation), resource, alias)
  const returned = returnedBy(request, draft, readable)
  return { request, draft, readable, writable, returned }
}

function planOf({ draft, returned, writable, request }: Parts, steps: readonly WriteStep[]): WritePlan {
  const { single, versionAt, insertedAt, keyAt, embeds } = returned
  const { plainInserts } = writable.resource.table
  const plainInsert =
    request.operation === 'insert' && request.rows.length === 1 && plainInserts === true && !embeds
  return { steps, single, versionAt, insertedAt, plainInsert, keyAt, embeds, tables: draft.tables() }
}

/** Under a condition a PUT does one of the two, insert or update, which every table can. */
function checkUpsert(request: WriteRequest, resource: Resource, env: PlanEnvironment): void {
  const { operation, ifMatch, ifNoneMatchAny } = request
  if (operation !== 'upsert' || ifMatch !== undefined || ifNoneMatchAny || canUpsert(resource)) return
  throw new GatewayError(
    'method_not_allowed',
    `The primary key of ${resource.name} is deferrable, so that no statement can insert or replace by it: PUT needs If-Match or If-None-Match: * here.`,
    {
      facts: {
        allow: allowedMethods(resource, 'row', (other) => env.authorize(resource, other).allow),
      },
    },
  )
}

/** The parser refuses this too; a write to all rows is worth two looks. */
function checkBounded({ operation, resource, key, query, preferences }: WriteRequest): void {
  if (operation === 'insert' || key !== undefined || query.filter !== undefined) return
  if (preferences.maxAffected === undefined)
    throw new GatewayError(
      'unbounded_write',
      `A write to all rows of ${resource} needs a filter, or Prefer: max-affected=N with the most rows it may touch.`,
    )
}

function stepsOf(parts: Parts): readonly WriteStep[] {
  const { request } = parts
  switch (request.operation) {
    case 'insert':
      // An empty list is no mistake: nothing is inserted, and no statement runs.
      return insertion(parts, cellsOf(request, parts), undefined)
    case 'upsert': {
      const cells = withKey(cellsOf(request, parts), request, parts)
      const reset = resetBy(cells, parts)
      // If-Match asks for a row that exists (RFC 9110 section 13.1.1), so that nothing may be inserted.
      if (request.ifMatch !== undefined) return [update(parts, withoutKey(cells, parts), reset)]
      const key = parts.writable.resource.key.map((field) => field.column)
      return insertion(parts, cells, request.ifNoneMatchAny ? undefined : { key, reset })
    }
    case 'update': {
      const cells = cellsOf(request, parts)
      if (cells.columns.length === 0) throw new GatewayError('bad_value', 'body: names no field to change')
      return [update(parts, cells, [])]
    }
    case 'delete':
      return [removal(parts)]
    default:
      return request.operation satisfies never
  }
}

/** What every statement of a write has. */
const base = ({ writable, returned }: Parts) =>
  ({ table: writable.resource.table, alias: writable.alias, returning: returned.returning }) as const

/** Values of the slots that the draft has given out; nothing may be added to it afterwards. */
const draftValues = ({ draft, request }: Parts): readonly Bound[] =>
  draft.bind({
    values: request.values,
    key: request.key,
    cursor: undefined,
    limit: undefined,
    offset: undefined,
  })

/** The rows a write touches: by key, by filter, and only in the versions that If-Match names. */
function whereOf({ request, draft, readable }: Parts): Condition {
  const { key, ifMatch, query } = request
  const conditions: Condition[] = []
  if (key !== undefined) conditions.push(keyCondition(draft, readable, key.length))
  if (query.filter !== undefined) conditions.push(conditionOf(draft, readable, query.filter))
  if (ifMatch !== undefined && ifMatch !== '*') {
    const versions = draft.add(textType, () => ifMatch.map(versionOfEtag))
    const { alias, resource } = readable
    conditions.push({ kind: 'version', alias, table: resource.table, versions: { ...versions, list: true } })
  }
  return allOf(conditions)
}

/** Everything the text of a statement depends on, beside contract and configuration. */
function shapeOf({ request, readable, writable }: Parts, ...rest: readonly unknown[]): string {
  const { ifMatch, ifNoneMatchAny, many, shape } = request
  const open = [readable, writable].map(({ fields, resource }) =>
    fields.length === resource.fields.length ? '*' : fields.map((field) => field.name),
  )
  return JSON.stringify([
    shape,
    many,
    ifMatch === '*' ? '*' : ifMatch !== undefined,
    ifNoneMatchAny,
    open,
    rest,
  ])
}

const names = (columns: readonly Column[]) => columns.map((column) => column.name)

/** As few statements as the engine's limit of parameters allows; full ones have one shape. */
function insertion(parts: Parts, { columns, rows }: Cells, upsert: Insert['upsert']): readonly WriteStep[] {
  const shared = draftValues(parts)
  const { maxParameters } = parts.draft.env.capabilities
  const perStep = Math.max(1, Math.floor((maxParameters - shared.length) / Math.max(1, columns.length)))
  const steps: WriteStep[] = []
  for (let start = 0; start < rows.length; start += perStep) {
    const chunk = rows.slice(start, start + perStep)
    const values = [...shared]
    const cells = chunk.map((row) =>
      row.map((cell, i) => {
        if (cell === undefined) return undefined
        const slot = values.push(cell) - 1
        return { slot, type: (columns[i] as Column).type }
      }),
    )
    const given = values.length - shared.length === columns.length * chunk.length
    const gaps = given
      ? ''
      : chunk.map((row) => row.map((cell) => (cell === undefined ? 0 : 1)).join('')).join()
    steps.push({
      statement: { kind: 'insert', ...base(parts), columns, rows: cells, upsert },
      values,
      shape: shapeOf(parts, names(columns), chunk.length, gaps),
    })
  }
  return steps
}

function update(parts: Parts, { columns, rows }: Cells, reset: readonly Column[]): WriteStep {
  const where = whereOf(parts)
  const shared = draftValues(parts)
  const cells = (rows[0] ?? []).map((cell) => cell ?? null)
  const set: Update['set'] = [
    ...columns.map((column, i) => ({ column, value: { slot: shared.length + i, type: column.type } })),
    ...reset.map((column) => ({ column, value: undefined })),
  ]
  return {
    statement: { kind: 'update', ...base(parts), set, where },
    values: [...shared, ...cells],
    shape: shapeOf(parts, names(columns), names(reset)),
  }
}

function removal(parts: Parts): WriteStep {
  const where = whereOf(parts)
  return {
    statement: { kind: 'delete', ...base(parts), where },
    values: draftValues(parts),
    shape: shapeOf(parts),
  }
}

/**
 * Asks whether the row of the request's key exists, and in which version: after a write by key touched nothing.
 * The statement depends on the resource alone.
 */
export function planExists(request: WriteRequest, env: PlanEnvironment): ExistsPlan {
  const resource = resourceNamed(env.contract, request.resource)
  const key = request.key ?? []
  const draft = newDraft(env, 0)
  const access = accessBy(env.authorize(resource, 'read'), resource, draft.alias())
  const where = keyCondition(draft, access, key.length)
  return {
    statement: {
      kind: 'select',
      table: resource.table,
      alias: access.alias,
      outputs: resource.key.map(({ name, column }) => ({
        kind: 'column',
        name,
        ref: { alias: access.alias, column },
      })),
      hidden: [{ kind: 'version', alias: access.alias, table: resource.table }],
      where,
      group: undefined,
      order: [],
      limit: 1,
      offset: undefined,
      numbers: 'default',
    },
    values: draft.bind({ values: [], key, cursor: undefined, limit: undefined, offset: undefined }),
  }
}
