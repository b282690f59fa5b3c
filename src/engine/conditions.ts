/** Conditions as SQL. NULL behaves as SQL says: it is neither equal nor unequal to anything, and NOT of unknown is unknown. */
import type { Condition } from '#plan/ast.ts'
import type { Grammar } from './grammar.ts'
import { behind } from './keyset.ts'
import { join, type Sql, sql } from './sql.ts'
import { columnOf, joined, where } from './tables.ts'

/** SQL's words for comparisons, the same in every dialect. */
const operators = { eq: sql`=`, neq: sql`<>`, gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` }

/** The parts of a condition that must all hold, each safe to join with AND. */
export const conjuncts = (c: Condition | undefined): readonly Condition[] =>
  c === undefined ? [] : c.kind === 'and' ? c.items.flatMap(conjuncts) : [c]

/** The conjuncts as SQL. */
export const conditions = (g: Grammar, c: Condition | undefined): readonly Sql[] =>
  conjuncts(c).map((one) => condition(g, one))

/**
 * A condition that can stand next to AND, OR and NOT as it is.
 * @param inNot within a NOT, where unknown is another thing than false
 */
export function condition(g: Grammar, c: Condition, inNot = false): Sql {
  switch (c.kind) {
    case 'and':
      return group(g, c.items, ' AND ', g.always, inNot)
    case 'or':
      return group(g, c.items, ' OR ', g.never, inNot)
    case 'not':
      return sql`NOT (${condition(g, c.item, true)})`
    case 'compare': {
      const operator = operators[c.operator]
      return c.operator === 'eq' || c.operator === 'neq'
        ? sql`${columnOf(g, c.left)} ${operator} ${g.operand(c.right)}`
        : sql`${g.rank(c.left)} ${operator} ${g.rankOperand(c.right)}`
    }
    case 'in':
      return g.membership(c.left, c.list, c.negated, inNot)
    case 'between':
      return sql`${g.rank(c.left)} BETWEEN ${g.rankOperand(c.low)} AND ${g.rankOperand(c.high)}`
    case 'like':
      return g.like(c.left, c.pattern, c.caseless)
    case 'has':
      return g.has(c.left, c.element)
    case 'null':
      return c.isNull ? sql`${columnOf(g, c.left)} IS NULL` : sql`${columnOf(g, c.left)} IS NOT NULL`
    case 'search':
      return g.search(c.left, c.text, inNot)
    case 'exists': {
      const { from, on } = joined(g, c.join)
      return sql`EXISTS (SELECT 1 FROM ${from}${where([...on, ...conditions(g, c.where)])})`
    }
    case 'after':
      return behind(g, c.terms)
    case 'version':
      return g.versionIs(c.alias, c.table, c.versions)
    case 'never':
      return g.never
    default:
      return c satisfies never
  }
}

function group(g: Grammar, items: readonly Condition[], word: string, empty: Sql, inNot: boolean): Sql {
  const pieces = items.map((item) => condition(g, item, inNot))
  return pieces.length === 0 ? empty : pieces.length === 1 ? join(pieces, '') : sql`(${join(pieces, word)})`
}
