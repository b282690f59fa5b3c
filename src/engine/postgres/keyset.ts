/** The order of rows, and the rows behind a cursor in it. */
import type { AggregateTerm, Condition, OrderTerm } from '#plan/ast.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { aggregate } from './aggregates.ts'
import { column } from './names.ts'
import { operand } from './parameters.ts'

type Term = Extract<Condition, { kind: 'after' }>['terms'][number]

const place = (term: OrderTerm): Sql => column(term.by.alias, term.by.column.name)

/** Says where NULL stands only if it can occur and PostgreSQL would put it elsewhere; any other ORDER BY fits no plain index. */
export function orderBy(terms: readonly (OrderTerm | AggregateTerm)[]): Sql {
  const items = terms.map((term) => {
    const by = 'by' in term ? place(term) : aggregate(term.aggregate).value
    const direction = term.descending ? sql` DESC` : sql``
    const usual = term.descending ? 'first' : 'last'
    const nullable = 'by' in term ? term.by.column.nullable : term.aggregate.function !== 'count'
    if (!nullable || term.nulls === usual) return sql`${by}${direction}`
    return sql`${by}${direction} NULLS ${term.nulls === 'first' ? sql`FIRST` : sql`LAST`}`
  })
  return sql` ORDER BY ${join(items, ', ')}`
}

/**
 * Rows strictly behind the cursor. A comparison of whole rows, which one index scan serves, where all terms run in one
 * direction and NULL is nowhere behind; else the comparison spelled out, led by a bound that an index serves.
 */
export function behind(terms: readonly Term[]): Sql {
  const [first] = terms
  if (!first || first.value === undefined || nullsFollow(first) || isRowComparison(terms))
    return behindInner(terms)
  const bound = sql`${place(first)} ${first.descending ? sql`<=` : sql`>=`} ${operand(first.value)}`
  return terms.length === 1 ? behindInner(terms) : sql`(${bound} AND ${behindInner(terms)})`
}

/** NULL stands behind this term's value, so that a comparison alone would miss it. */
const nullsFollow = (term: Term): boolean =>
  term.value !== undefined && term.by.column.nullable && term.nulls === 'last'

const isRowComparison = (terms: readonly Term[]): boolean =>
  terms.every((t) => t.value !== undefined && t.descending === terms[0]?.descending && !nullsFollow(t))

function behindInner(terms: readonly Term[]): Sql {
  const [first, ...rest] = terms
  if (!first) return sql`FALSE`
  if (isRowComparison(terms)) return rowComparison(terms)
  const strict = strictlyBehind(first)
  if (rest.length === 0) return strict ?? sql`FALSE`
  const equal =
    first.value === undefined ? sql`${place(first)} IS NULL` : sql`${place(first)} = ${operand(first.value)}`
  const tied = sql`(${equal} AND ${behindInner(rest)})`
  return strict ? sql`(${strict} OR ${tied})` : tied
}

function rowComparison(terms: readonly Term[]): Sql {
  const operator = terms[0]?.descending ? sql`<` : sql`>`
  const values = terms.flatMap((t) => (t.value === undefined ? [] : [operand(t.value)]))
  if (terms.length === 1) return sql`${join(terms.map(place), '')} ${operator} ${join(values, '')}`
  return sql`(${join(terms.map(place), ', ')}) ${operator} (${join(values, ', ')})`
}

/** Undefined when nothing can stand behind: the cursor is at NULL, and NULL is last. */
function strictlyBehind(term: Term): Sql | undefined {
  if (term.value === undefined) return term.nulls === 'first' ? sql`${place(term)} IS NOT NULL` : undefined
  const larger = sql`${place(term)} ${term.descending ? sql`<` : sql`>`} ${operand(term.value)}`
  return nullsFollow(term) ? sql`(${larger} OR ${place(term)} IS NULL)` : larger
}

/**
 * The rows behind the cursor as two runs, one after the other, when the first term has NULL in the one and values in
 * the other. No single index condition covers both, but one index scan each does.
 */
export function runsBehind(terms: readonly Term[]): readonly [Sql, Sql] | undefined {
  const [first, ...rest] = terms
  if (!first?.by.column.nullable) return undefined
  if (nullsFollow(first))
    return [behind([{ ...first, nulls: 'first' }, ...rest]), sql`${place(first)} IS NULL`]
  if (first.value !== undefined || first.nulls === 'last' || rest.length === 0) return undefined
  return [sql`${place(first)} IS NULL AND ${behind(rest)}`, sql`${place(first)} IS NOT NULL`]
}
