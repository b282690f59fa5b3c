/** Select and Count: rows with everything that hangs on them in one statement. */
import type { Count, Hidden, NumberStyle, Output, Select } from '#plan/ast.ts'
import { aggregate } from './aggregates.ts'
import { condition, conditions, conjuncts } from './conditions.ts'
import type { OutputColumn } from './engine.ts'
import type { Grammar, Page, Paged, Typed, Written } from './grammar.ts'
import { orderTerms, runsBehind, runsOfAll } from './keyset.ts'
import { join, type Sql, sql } from './sql.ts'
import { aliased, columnOf, where } from './tables.ts'

export function select(g: Grammar, s: Select): Written {
  const { list, columns } = outputList(g, s.outputs, s.hidden, s.numbers, g.never)
  const { from, rest, top } = source(g, s)
  return { text: sql`SELECT${top}${list} FROM ${from}${rest}`, columns }
}

/** Where the rows of a top-level Select come from, and the clauses that remain. */
interface Source {
  readonly top: Sql
  readonly from: Sql
  readonly rest: Sql
}

function source(g: Grammar, s: Select): Source {
  const page = s.group ? undefined : (runs(g, s) ?? skipped(g, s))
  if (page) return page
  const { top, tail } = pageOf(g, s)
  return { top, from: aliased(g, s.table, s.alias), rest: sql`${filter(g, s)}${groupBy(g, s)}${tail}` }
}

/**
 * A page in an order that no index has as a whole, because the first term has NULL where it does not stand by itself:
 * both runs of rows, each found by an index and no longer than the page.
 */
function runs(g: Grammar, s: Select): Source | undefined {
  if (s.limit === undefined || s.offset !== undefined) return undefined
  if (s.order.some((term) => 'by' in term && g.unordersBoth?.(term.by.column.type))) return undefined
  const parts = conjuncts(s.where)
  const after = parts.find((c) => c.kind === 'after')
  const both = after ? runsBehind(g, after.terms) : runsOfAll(g, s.order)
  if (!both) return undefined
  const others = parts.filter((c) => c !== after).map((c) => condition(g, c))
  const [near, far] = both.map((run) => {
    const { top, tail } = pageOf(g, { ...s, order: run.order })
    const rows = sql`${aliased(g, s.table, s.alias)}${where([...others, run.where])}`
    return sql`SELECT${top} ${neededColumns(g, s)} FROM ${rows}${tail}`
  }) as [Sql, Sql]
  const { top, tail } = pageOf(g, s)
  return { top, from: sql`${g.both(near, far)} AS ${g.identifier(s.alias)}`, rest: tail }
}

/** Rows that OFFSET skips would have their embeds built all the same (measured on PostgreSQL: 32 ms against 1 at offset 5,000), so they are skipped first. */
function skipped(g: Grammar, s: Select): Source | undefined {
  if (s.offset === undefined || !s.outputs.some((o) => o.kind === 'embed')) return undefined
  const { top, tail } = pageOf(g, s)
  const page = sql`SELECT${top} ${neededColumns(g, s)} FROM ${aliased(g, s.table, s.alias)}${filter(g, s)}${tail}`
  const sorted = pageOf(g, { order: s.order, limit: undefined, offset: undefined })
  return { top: sorted.top, from: sql`(${page}) AS ${g.identifier(s.alias)}`, rest: sorted.tail }
}

const filter = (g: Grammar, s: Select): Sql => where(conditions(g, s.where))

/** ` GROUP BY …`; nothing for rows that are one group or none. */
export function groupBy(g: Grammar, s: Select): Sql {
  if (!s.group || s.group.length === 0) return sql``
  return sql` GROUP BY ${join(
    s.group.map((ref) => columnOf(g, ref)),
    ', ',
  )}`
}

/** Order, limit and offset. */
export function pageOf(g: Grammar, s: Paged): Page {
  const order = s.order.length > 0 ? orderTerms(g, s.order) : undefined
  const limit = s.limit === undefined || typeof s.limit === 'number' ? s.limit : g.rowCount(s.limit)
  return g.page(order, limit, s.offset && g.rowCount(s.offset))
}

/** The columns of the table itself that the outer list and order use; a `*` would need privileges on all of them. */
const neededColumns = (g: Grammar, s: Select): Sql =>
  join(
    neededNames(g, s).map((name) => g.column(s.alias, name)),
    ', ',
  )

/** Names of the columns of the row under `alias` that outputs, hidden values and order read. */
export function neededNames(
  g: Grammar,
  s: Pick<Select, 'alias' | 'outputs' | 'hidden' | 'order'>,
): readonly string[] {
  const names = new Set<string>()
  const use = (alias: string, name: string) => alias === s.alias && names.add(name)
  for (const o of s.outputs) {
    if (o.kind === 'embed') for (const pair of o.join.on) use(o.join.outer, pair.outer.name)
    else if (o.ref) use(o.ref.alias, o.ref.column.name)
  }
  for (const term of s.order) if ('by' in term) use(term.by.alias, term.by.column.name)
  for (const h of s.hidden) {
    if (h.kind === 'cursor') use(h.ref.alias, h.ref.column.name)
    else if (h.kind === 'version') for (const name of g.versionColumns(h.table)) use(h.alias, name)
  }
  return [...names]
}

/**
 * The select list with its leading space, and the columns it gives: outputs first, then what is hidden.
 * @param inserted tells an insert from an update; writes that cannot insert give any expression
 */
export function outputList(
  g: Grammar,
  outputs: readonly Output[],
  hidden: readonly Hidden[],
  numbers: NumberStyle,
  inserted: Sql,
): { readonly list: Sql; readonly columns: readonly OutputColumn[] } {
  const shown = outputs.map((o) => topLevel(g, o, numbers))
  const kept = hidden.map((h) => hiddenValue(g, h, inserted))
  const columns: OutputColumn[] = [
    ...outputs.map((o, i) => ({
      name: o.name,
      encoding: (shown[i] as (typeof shown)[number]).encoding,
      hidden: false,
    })),
    ...hidden.map((h) => ({ name: h.kind, encoding: 'text' as const, hidden: true })),
  ]
  const list = [...shown.map((s) => s.value), ...kept]
  if (list.length > 0) return { list: sql` ${join(list, ', ')}`, columns }
  if (g.emptyLists) return { list: sql``, columns }
  return { list: sql` 1`, columns: [{ name: 'row', encoding: 'number', hidden: true }] }
}

/** An output as a column of the answer. */
function topLevel(g: Grammar, o: Output, numbers: NumberStyle): ReturnType<Grammar['outputValue']> {
  if (o.kind === 'embed') return { value: embed(g, o, numbers), encoding: 'raw' }
  const { value, type } = ownValue(g, o)
  return g.outputValue(value, type, numbers)
}

/** An output as a member of a JSON object. */
function inJson(g: Grammar, o: Output, numbers: NumberStyle): Sql {
  if (o.kind === 'embed') return embed(g, o, numbers)
  const { value, type } = ownValue(g, o)
  return g.jsonValue(value, type, numbers)
}

const embed = (g: Grammar, o: Extract<Output, { kind: 'embed' }>, numbers: NumberStyle): Sql =>
  g.embed(
    o,
    o.select.outputs.map((output) => ({ name: output.name, value: inJson(g, output, numbers) })),
  )

const ownValue = (g: Grammar, o: Exclude<Output, { kind: 'embed' }>): Typed =>
  o.kind === 'aggregate' ? aggregate(g, o) : { value: columnOf(g, o.ref), type: o.ref.column.type }

function hiddenValue(g: Grammar, h: Hidden, inserted: Sql): Sql {
  switch (h.kind) {
    case 'cursor':
      return g.cursorValue(columnOf(g, h.ref), h.ref.column.type)
    case 'version':
      return g.rowVersion(h.alias, h.table)
    case 'inserted':
      return inserted
    default:
      return h satisfies never
  }
}

/** How many rows the Select has without its limit; estimated: the plan, of which readEstimate takes the number. */
export function count(g: Grammar, c: Count): Written {
  const s = c.select
  const from = aliased(g, s.table, s.alias)
  const aggregated = s.outputs.some((o) => o.kind === 'aggregate')
  const rows = s.group?.length
    ? sql`(SELECT 1 FROM ${from}${filter(g, s)}${groupBy(g, s)}) ${g.counted}`
    : aggregated
      ? sql`(SELECT ${g.count}(*) FROM ${from}${filter(g, s)}) ${g.counted}`
      : sql`${from}${filter(g, s)}`
  if (!c.exact) return g.estimate(sql`SELECT 1 FROM ${rows}`)
  return {
    text: sql`SELECT ${g.count}(*) FROM ${rows}`,
    columns: [{ name: 'count', encoding: 'number', hidden: false }],
  }
}
