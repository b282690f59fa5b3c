/** Select and Count: rows with everything that hangs on them in one statement. */
import type { Table, ValueType } from '#catalog/model.ts'
import type { Count, Hidden, NumberStyle, Output, Select } from '#plan/ast.ts'
import type { OutputColumn } from '#engine/engine.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { aggregate } from './aggregates.ts'
import { aliased, condition, conjuncts, joined, rowVersion, where } from './conditions.ts'
import { cursorValue, jsonValue, outputValue } from './expressions.ts'
import { orderBy, runsBehind } from './keyset.ts'
import { column, identifier, maxIdentifierBytes, text } from './names.ts'
import { rowCount } from './parameters.ts'

/** A statement's text and the columns it gives. */
export interface Written {
  readonly text: Sql
  readonly columns: readonly OutputColumn[]
}

export function select(s: Select): Written {
  const { list, columns } = outputList(s.outputs, s.hidden, s.numbers)
  const { from, rest } = source(s)
  return { text: sql`SELECT${list} FROM ${from}${rest}`, columns }
}

/** Where the rows of a top-level Select come from, and the clauses that remain. */
function source(s: Select): { readonly from: Sql; readonly rest: Sql } {
  const page = s.group ? undefined : (runs(s) ?? skipped(s))
  return page ?? { from: aliased(s.table, s.alias), rest: sql`${filter(s)}${groupBy(s)}${tail(s)}` }
}

/** A cursor in a column with NULL: both runs of rows behind it, each found by an index and no longer than the page. */
function runs(s: Select) {
  const conditions = conjuncts(s.where)
  const after = conditions.find((c) => c.kind === 'after')
  const paged = after && s.limit !== undefined && s.offset === undefined
  const both = paged ? runsBehind(after.terms) : undefined
  if (!both) return undefined
  const others = conditions.filter((c) => c !== after).map(condition)
  const [near, far] = both.map(
    (run) =>
      sql`(SELECT ${neededColumns(s)} FROM ${aliased(s.table, s.alias)}${where([...others, run])}${tail(s)})`,
  ) as [Sql, Sql]
  return { from: sql`(${near} UNION ALL ${far}) AS ${identifier(s.alias)}`, rest: tail(s) }
}

/** Rows that OFFSET skips would have their embeds built all the same (measured: 32 ms against 1 at offset 5,000), so they are skipped first. */
function skipped(s: Select) {
  if (s.offset === undefined || !s.outputs.some((o) => o.kind === 'embed')) return undefined
  const page = sql`SELECT ${neededColumns(s)} FROM ${aliased(s.table, s.alias)}${filter(s)}${tail(s)}`
  return {
    from: sql`(${page}) AS ${identifier(s.alias)}`,
    rest: s.order.length > 0 ? orderBy(s.order) : sql``,
  }
}

const filter = (s: Select): Sql => where(conjuncts(s.where).map(condition))

function groupBy(s: Select): Sql {
  if (!s.group || s.group.length === 0) return sql``
  return sql` GROUP BY ${join(
    s.group.map((ref) => column(ref.alias, ref.column.name)),
    ', ',
  )}`
}

/** ORDER BY, LIMIT, OFFSET. */
function tail(s: Pick<Select, 'order' | 'limit' | 'offset'>): Sql {
  const order = s.order.length > 0 ? orderBy(s.order) : sql``
  const limit =
    s.limit === undefined
      ? sql``
      : sql` LIMIT ${typeof s.limit === 'number' ? trusted(s.limit.toFixed(0)) : rowCount(s.limit)}`
  return sql`${order}${limit}${s.offset === undefined ? sql`` : sql` OFFSET ${rowCount(s.offset)}`}`
}

/** The columns of the table itself that the outer list and order use; a `*` would need privileges on all of them. */
function neededColumns(s: Select): Sql {
  const names = new Set<string>()
  const use = (alias: string, name: string) => alias === s.alias && names.add(name)
  for (const o of s.outputs) {
    if (o.kind === 'embed') for (const pair of o.join.on) use(o.join.outer, pair.outer.name)
    else if (o.ref) use(o.ref.alias, o.ref.column.name)
  }
  for (const term of s.order) if ('by' in term) use(term.by.alias, term.by.column.name)
  for (const h of s.hidden) {
    if (h.kind === 'cursor') use(h.ref.alias, h.ref.column.name)
    else if (h.kind === 'version') for (const name of versionColumns(h.table)) use(h.alias, name)
  }
  return join(
    [...names].map((name) => column(s.alias, name)),
    ', ',
  )
}

const versionColumns = (table: Table): readonly string[] =>
  table.rowVersion === 'system' ? ['xmin'] : table.columns.map((c) => c.name)

/**
 * The select list with its leading space, and the columns it gives: outputs first, then what is hidden.
 * @param inserted tells an insert from an update; writes that cannot insert have none
 */
export function outputList(
  outputs: readonly Output[],
  hidden: readonly Hidden[],
  numbers: NumberStyle,
  inserted: Sql = sql`FALSE`,
): { readonly list: Sql; readonly columns: readonly OutputColumn[] } {
  const shown = outputs.map((o) => topLevel(o, numbers))
  const kept = hidden.map((h) => hiddenValue(h, inserted))
  const columns: OutputColumn[] = [
    ...outputs.map((o, i) => ({
      name: o.name,
      encoding: (shown[i] as (typeof shown)[number]).encoding,
      hidden: false,
    })),
    ...hidden.map((h) => ({ name: h.kind, encoding: 'text' as const, hidden: true })),
  ]
  const list = [...shown.map((s) => s.value), ...kept]
  return { list: list.length === 0 ? sql`` : sql` ${join(list, ', ')}`, columns }
}

/** An output as a column of the answer. */
function topLevel(o: Output, numbers: NumberStyle): ReturnType<typeof outputValue> {
  if (o.kind === 'embed') return { value: embed(o, numbers), encoding: 'raw' }
  const { value, type } = ownValue(o)
  return outputValue(value, type, numbers)
}

/** An output as a member of a JSON object. */
function inJson(o: Output, numbers: NumberStyle): Sql {
  if (o.kind === 'embed') return embed(o, numbers)
  const { value, type } = ownValue(o)
  return jsonValue(value, type, numbers)
}

const ownValue = (
  o: Exclude<Output, { kind: 'embed' }>,
): { readonly value: Sql; readonly type: ValueType } =>
  o.kind === 'aggregate'
    ? aggregate(o)
    : { value: column(o.ref.alias, o.ref.column.name), type: o.ref.column.type }

function hiddenValue(h: Hidden, inserted: Sql): Sql {
  switch (h.kind) {
    case 'cursor':
      return cursorValue(column(h.ref.alias, h.ref.column.name), h.ref.column.type)
    case 'version':
      return rowVersion(h.alias, h.table)
    case 'inserted':
      return inserted
    default:
      return h satisfies never
  }
}

/** Related rows as one JSON value. row_to_json and array_to_json write no white space, unlike json_build_object and json_agg. */
function embed(o: Extract<Output, { kind: 'embed' }>, numbers: NumberStyle): Sql {
  const s = o.select
  const { from, on } = joined(o.join)
  const clauses = sql`${from}${where([...on, ...conjuncts(s.where).map(condition)])}${groupBy(s)}${tail(s)}`
  const named = s.outputs.every((output) => Buffer.byteLength(output.name) <= maxIdentifierBytes)
  const list = s.outputs.map((output, i) => {
    const name = identifier(named ? output.name : `m${i}`)
    return sql` ${inJson(output, numbers)} AS ${name}`
  })
  // Not `row_to_json(e)`, which would take an output called e for the row.
  const object = named ? sql`row_to_json(e.*)` : longNamedObject(s.outputs)
  const rows = sql`SELECT ${object} FROM (SELECT${join(list, ',')} FROM ${clauses}) AS e`
  return o.many ? sql`array_to_json(ARRAY(${rows}))` : sql`(${rows})`
}

/** Members with names that PostgreSQL would cut as identifiers. */
function longNamedObject(outputs: readonly Output[]): Sql {
  const members = outputs.map((output, i) => {
    const key = text(`${i === 0 ? '{' : ','}${JSON.stringify(output.name)}:`)
    return sql`${key} || coalesce(to_json(e.${identifier(`m${i}`)})::text, 'null')`
  })
  return sql`(${join(members, ' || ')} || '}')::json`
}

/** How many rows the Select has without its limit; estimated: the plan, of which readEstimate takes the number. */
export function count(c: Count): Written {
  const s = c.select
  const from = aliased(s.table, s.alias)
  const aggregated = s.outputs.some((o) => o.kind === 'aggregate')
  const rows = s.group?.length
    ? sql`(SELECT 1 FROM ${from}${filter(s)}${groupBy(s)}) AS g`
    : aggregated
      ? sql`(SELECT count(*) FROM ${from}${filter(s)}) AS g`
      : sql`${from}${filter(s)}`
  if (!c.exact)
    return {
      text: sql`EXPLAIN (FORMAT JSON) SELECT 1 FROM ${rows}`,
      columns: [{ name: 'plan', encoding: 'raw', hidden: false }],
    }
  return {
    text: sql`SELECT count(*) FROM ${rows}`,
    columns: [{ name: 'count', encoding: 'number', hidden: false }],
  }
}

/**
 * The rows the planner expects, from the body that the estimating Count gave in any row format of JSON.
 * @throws Error when the body holds no plan
 */
export function readEstimate(body: Uint8Array): number {
  // The outermost node comes first. Inside a JSON string the quotes would be escaped.
  const rows = /"Plan Rows": ?(\d+)/.exec(Buffer.from(body).toString('utf8'))?.[1]
  if (rows === undefined) throw new Error('the answer to EXPLAIN holds no plan')
  return Number(rows)
}
