/** The order of rows, and the rows behind a cursor in it. */
import type { AggregateTerm, Condition, OrderTerm } from '#plan/ast.ts'
import { aggregate } from './aggregates.ts'
import type { Grammar, Paged } from './grammar.ts'
import { join, type Sql, sql } from './sql.ts'
import { columnOf } from './tables.ts'

type Term = Extract<Condition, { kind: 'after' }>['terms'][number]

/** Where NULL stands by itself in this direction. */
const usual = (g: Grammar, descending: boolean): OrderTerm['nulls'] =>
  descending === g.nullsAreLargest ? 'first' : 'last'

/** What a term orders by. */
export const placeOf = (g: Grammar, term: OrderTerm | AggregateTerm): Sql =>
  'by' in term ? columnOf(g, term.by) : aggregate(g, term.aggregate).value

/**
 * The terms behind ORDER BY. Says where NULL stands only if it can occur and would stand elsewhere; any other order fits
 * no plain index.
 * @param o.place what stands for a term where its own expression does not reach
 * @param o.saysNulls says it wherever NULL can occur
 */
export function orderTerms(
  g: Grammar,
  terms: readonly (OrderTerm | AggregateTerm)[],
  o: { place?: (index: number) => Sql; saysNulls?: boolean } = {},
): Sql {
  const items = terms.map((term, i) => {
    const by = o.place?.(i) ?? placeOf(g, term)
    const ordered = sql`${by}${term.descending ? sql` DESC` : sql``}`
    const nullable = 'by' in term ? term.by.column.nullable : term.aggregate.function !== 'count'
    if (!nullable || (o.saysNulls !== true && term.nulls === usual(g, term.descending))) return ordered
    return g.placeNulls(by, ordered, term.nulls)
  })
  return join(items, ', ')
}

/**
 * Rows strictly behind the cursor. A comparison of whole rows, which one index scan serves, where the engine has it, all
 * terms run in one direction and NULL is nowhere behind; else the comparison spelled out, led by a bound that an index
 * serves.
 */
export function behind(g: Grammar, terms: readonly Term[]): Sql {
  const [first] = terms
  if (!first || first.value === undefined || nullsFollow(first) || isRowComparison(g, terms))
    return behindInner(g, terms)
  const bound = sql`${g.rank(first.by)} ${first.descending ? sql`<=` : sql`>=`} ${g.rankOperand(first.value)}`
  return terms.length === 1 ? behindInner(g, terms) : sql`(${bound} AND ${behindInner(g, terms)})`
}

/** NULL stands behind this term's value, so that a comparison alone would miss it. */
const nullsFollow = (term: Term): boolean =>
  term.value !== undefined && term.by.column.nullable && term.nulls === 'last'

const isRowComparison = (g: Grammar, terms: readonly Term[]): boolean =>
  g.comparesRows &&
  terms.every((t) => t.value !== undefined && t.descending === terms[0]?.descending && !nullsFollow(t))

function behindInner(g: Grammar, terms: readonly Term[]): Sql {
  const [first, ...rest] = terms
  if (!first) return g.never
  if (isRowComparison(g, terms)) return rowComparison(g, terms)
  const strict = strictlyBehind(g, first)
  if (rest.length === 0) return strict ?? g.never
  const place = columnOf(g, first.by)
  const equal = first.value === undefined ? sql`${place} IS NULL` : sql`${place} = ${g.operand(first.value)}`
  const tied = sql`(${equal} AND ${behindInner(g, rest)})`
  return strict ? sql`(${strict} OR ${tied})` : tied
}

function rowComparison(g: Grammar, terms: readonly Term[]): Sql {
  const operator = terms[0]?.descending ? sql`<` : sql`>`
  const places = terms.map((t) => g.rank(t.by))
  const values = terms.flatMap((t) => (t.value === undefined ? [] : [g.rankOperand(t.value)]))
  if (terms.length === 1) return sql`${join(places, '')} ${operator} ${join(values, '')}`
  return sql`(${join(places, ', ')}) ${operator} (${join(values, ', ')})`
}

/** Undefined when nothing can stand behind: the cursor is at NULL, and NULL is last. */
function strictlyBehind(g: Grammar, term: Term): Sql | undefined {
  const place = columnOf(g, term.by)
  if (term.value === undefined) return term.nulls === 'first' ? sql`${place} IS NOT NULL` : undefined
  const larger = sql`${g.rank(term.by)} ${term.descending ? sql`<` : sql`>`} ${g.rankOperand(term.value)}`
  return nullsFollow(term) ? sql`(${larger} OR ${place} IS NULL)` : larger
}

/** Rows that have one thing in common, in the order of `order`. */
interface Run {
  readonly where: Sql
  readonly order: readonly (OrderTerm | AggregateTerm)[]
}

/**
 * The rows behind the cursor as two runs, one after the other, when the first term has NULL in the one and values in
 * the other. No single index condition covers both, but one index scan each does.
 */
export function runsBehind(g: Grammar, terms: readonly Term[]): readonly [Run, Run] | undefined {
  const [first, ...rest] = terms
  if (!first?.by.column.nullable) return undefined
  const place = columnOf(g, first.by)
  const withValues = g.splitsNulls ? [filled(first), ...rest] : terms
  const withNull = g.splitsNulls ? rest : terms
  if (nullsFollow(first))
    return [
      { where: behind(g, [{ ...first, nulls: 'first' }, ...rest]), order: withValues },
      { where: sql`${place} IS NULL`, order: withNull },
    ]
  if (first.value !== undefined || first.nulls === 'last' || rest.length === 0) return undefined
  return [
    { where: sql`${place} IS NULL AND ${behind(g, rest)}`, order: withNull },
    { where: sql`${place} IS NOT NULL`, order: withValues },
  ]
}

/** A term among rows that have a value there. */
const filled = <T extends OrderTerm>(term: T): T => ({
  ...term,
  by: { ...term.by, column: { ...term.by.column, nullable: false } },
})

/** All rows as two runs, where NULL must stand elsewhere in the first term than the engine would put it. */
export function runsOfAll(g: Grammar, terms: Paged['order']): readonly [Run, Run] | undefined {
  const [first, ...rest] = terms
  if (!g.splitsNulls || !first || !('by' in first) || !first.by.column.nullable) return undefined
  if (first.nulls === usual(g, first.descending)) return undefined
  const place = columnOf(g, first.by)
  const values: Run = { where: sql`${place} IS NOT NULL`, order: [filled(first), ...rest] }
  const nulls: Run = { where: sql`${place} IS NULL`, order: rest }
  return first.nulls === 'first' ? [nulls, values] : [values, nulls]
}
