/** Plans as short texts, and requests as they come over HTTP, for the tests of this room. */
import { GatewayError } from '#base/errors.ts'
import { shop } from '#catalog/catalog.fixture.ts'
import type { Catalog } from '#catalog/model.ts'
import { apiOptions } from '#contract/options.ts'
import type { CallRequest, ReadRequest, WriteRequest } from '#contract/request.ts'
import { resolveContract } from '#contract/resolve.ts'
import { parseCall, parseRead, parseWrite, type WriteMethod } from '#http/parse.ts'
import { authorize, type Decision } from '#policy/authorize.ts'
import type {
  AggregateTerm,
  ColumnRef,
  Condition,
  Join,
  OrderTerm,
  Output,
  Param,
  Select,
  Statement,
} from './ast.ts'
import type { ReadEnvironment } from './read.ts'

const principal = { subject: 'somebody', role: 'anyone', claims: {} }

const limits = {
  maxLimit: 1000,
  maxDepth: 10,
  maxConditions: 100,
  maxEmbeds: 20,
  maxListValues: 100,
  jsonDepth: 64,
  bodyValues: 100_000,
  bulkRows: 1000,
}

/** What plans are made against: the shop, everything allowed, 20 parameters in a statement. */
export function environment(
  more: Partial<Omit<ReadEnvironment, 'options'>> & { catalog?: Catalog; options?: object } = {},
): ReadEnvironment & { principal: typeof principal } {
  const options = apiOptions.parse(more.options ?? {})
  return {
    contract: resolveContract(more.catalog ?? shop, options),
    authorize: more.authorize ?? ((resource, operation) => authorize(principal, resource, operation)),
    capabilities: more.capabilities ?? { maxParameters: 20, fullText: true, estimatedCount: true },
    options,
    cursorNulls: more.cursorNulls,
    principal,
  }
}

/** A policy that opens only these fields of these resources, and the whole of all others. */
export const only =
  (open: Readonly<Record<string, readonly string[] | 'nothing'>>): ReadEnvironment['authorize'] =>
  (resource, operation): Decision => {
    const fields = open[resource.name]
    if (fields === 'nothing') return { allow: false, why: `No ${operation} of ${resource.name}.` }
    const decision = authorize(principal, resource, operation)
    return decision.allow && fields ? { ...decision, fields: new Set(fields) } : decision
  }

type Headers = Readonly<Record<string, string>>

const parts = (path: string) => {
  const [way = '', query] = path.split('?', 2)
  const [resource = '', key] = way.split('/', 2)
  return { resource, key, search: query === undefined ? '' : `?${query}` }
}

/** `read('orders/1?select=id')`. */
export const read = (path: string, headers: Headers = {}): ReadRequest =>
  parseRead({ ...parts(path), header: (name) => headers[name], limits })

/** `write('PATCH', 'orders/1', { status: 'paid' })`; a string is sent as it stands. */
export const write = (
  method: WriteMethod,
  path: string,
  body?: unknown,
  headers: Headers = {},
): WriteRequest =>
  parseWrite({
    ...parts(path),
    method,
    header: (name) => headers[name],
    limits,
    body:
      body === undefined
        ? undefined
        : new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
  })

/** `call('GET', 'add?a=1')`, `call('POST', 'add', { a: 1 })`. */
export const call = (method: 'GET' | 'POST', path: string, body?: unknown): CallRequest =>
  parseCall({
    ...parts(path),
    method,
    header: () => undefined,
    limits,
    body: body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body)),
  })

/** What a refusal says; whatever else is thrown is thrown on. */
export function refusalOf(body: () => unknown): Pick<GatewayError, 'code' | 'message' | 'facts'> {
  try {
    body()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const ref = (r: ColumnRef) => `${r.alias}.${r.column.name}`
const param = (p: Param) => `$${p.slot}${p.list ? '[]' : ''}:${p.type.family}`
const list = <T>(items: readonly T[], show: (item: T) => string) => items.map(show).join(', ')

function joined({ outer, table, alias, on, via }: Join): string {
  const pairs = (a: string, b: string, ps: Join['on']) =>
    ps.map((p) => `${a}.${p.outer.name}=${b}.${p.inner.name}`).join('&')
  if (via === undefined) return `${table.name} ${alias} on ${pairs(outer, alias, on)}`
  const far = pairs(via.alias, alias, via.on)
  return `${via.table.name} ${via.alias} on ${pairs(outer, via.alias, on)} / ${table.name} ${alias} on ${far}`
}

export function condition(c: Condition): string {
  switch (c.kind) {
    case 'and':
    case 'or':
      return `(${c.items.map(condition).join(` ${c.kind} `)})`
    case 'not':
      return `not ${condition(c.item)}`
    case 'compare':
      return `${ref(c.left)} ${c.operator} ${param(c.right)}`
    case 'in':
      return `${ref(c.left)} ${c.negated ? 'nin' : 'in'} ${param(c.list)}`
    case 'between':
      return `${ref(c.left)} between ${param(c.low)}..${param(c.high)}`
    case 'like':
      return `${ref(c.left)} ${c.caseless ? 'ilike' : 'like'} ${param(c.pattern)}`
    case 'has':
      return `${ref(c.left)} has ${param(c.element)}`
    case 'null':
      return `${ref(c.left)} is${c.isNull ? '' : ' not'} null`
    case 'search':
      return `${ref(c.left)} search ${param(c.text)}`
    case 'exists':
      return `exists(${joined(c.join)}${c.where ? `: ${condition(c.where)}` : ''})`
    case 'after':
      return `after(${list(c.terms, (t) => `${ordered(t)} ${t.value ? param(t.value) : 'null'}`)})`
    case 'version':
      return `${c.alias} version ${param(c.versions)}`
    case 'never':
      return 'never'
    default:
      return c satisfies never
  }
}

function ordered(t: OrderTerm | AggregateTerm): string {
  const usual = t.descending ? 'first' : 'last'
  const by = 'by' in t ? ref(t.by) : `${t.aggregate.function}(${t.aggregate.ref ? ref(t.aggregate.ref) : ''})`
  return `${t.descending ? '-' : ''}${by}${t.nulls === usual ? '' : `.nulls${t.nulls}`}`
}

function output(o: Output): string {
  switch (o.kind) {
    case 'column':
      return o.name === o.ref.column.name ? ref(o.ref) : `${o.name}=${ref(o.ref)}`
    case 'aggregate':
      return `${o.name}=${o.function}(${o.ref ? ref(o.ref) : ''})`
    case 'embed':
      return `${o.name}${o.many ? '[]' : ''}{${joined(o.join)}: ${body(o.select)}}`
    default:
      return o satisfies never
  }
}

function body(s: Select): string {
  const amount = typeof s.limit === 'object' ? param(s.limit) : s.limit
  return [
    list(s.outputs, output),
    s.hidden.length > 0 && `hidden ${list(s.hidden, (h) => (h.kind === 'cursor' ? ref(h.ref) : h.kind))}`,
    s.where && `where ${condition(s.where)}`,
    s.group && `group ${list(s.group, ref) || 'all'}`,
    s.order.length > 0 && `order ${list(s.order, ordered)}`,
    amount !== undefined && `limit ${amount}`,
    s.offset && `offset ${param(s.offset)}`,
    s.numbers !== 'default' && `numbers ${s.numbers}`,
  ]
    .filter(Boolean)
    .join(' ')
}

/** A statement as one line; two statements that read alike are alike in all that the dialects look at. */
export function show(s: Statement): string {
  switch (s.kind) {
    case 'select':
      return `select ${s.table.name} ${s.alias}: ${body(s)}`
    case 'count':
      return `${s.exact ? 'count' : 'estimate'} ${show(s.select)}`
    case 'call':
      return `call ${s.routine.name}(${list(s.args, (a) => `${a.position}=${param(a.value)}`)})`
    case 'insert': {
      const upsert = s.upsert && [list(s.upsert.key, (c) => c.name), list(s.upsert.reset, (c) => c.name)]
      const rows = s.rows.map((row) => `(${list(row, (v) => (v ? param(v) : 'default'))})`).join(' ')
      const into = `insert ${s.table.name} ${s.alias} (${list(s.columns, (c) => c.name)}) ${rows}`
      return `${into}${upsert ? ` upsert ${upsert[0]} reset ${upsert[1] || 'nothing'}` : ''}${returning(s)}`
    }
    case 'update': {
      const set = list(s.set, ({ column, value }) => `${column.name}=${value ? param(value) : 'default'}`)
      return `update ${s.table.name} ${s.alias} set ${set} where ${condition(s.where)}${returning(s)}`
    }
    case 'delete':
      return `delete ${s.table.name} ${s.alias} where ${condition(s.where)}${returning(s)}`
    default:
      return s satisfies never
  }
}

function returning({ returning: r }: Extract<Statement, { returning: unknown }>): string {
  if (r === undefined) return ''
  const hidden = list(r.hidden, (h) => (h.kind === 'cursor' ? ref(h.ref) : h.kind))
  return ` returning ${list(r.outputs, output) || 'nothing'}${hidden && ` hidden ${hidden}`}`
}
