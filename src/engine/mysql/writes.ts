/** Update and Delete: in one statement, or by the keys of their rows where what was written is read again. */
import { GatewayError } from '#base/errors.ts'
import type { Column, Table } from '#catalog/model.ts'
import type { Condition, Delete, Param, Returning, Update } from '#plan/ast.ts'
import { conditions, conjuncts } from '#engine/conditions.ts'
import type { Grammar } from '#engine/grammar.ts'
import { outputList } from '#engine/reads.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { kept, type Step, type Stepped } from '#engine/steps.ts'
import { aliased, keyColumns, where } from '#engine/tables.ts'
import { assignments, cell } from '#engine/writes.ts'
import { typed } from './expressions.ts'
import type { Flavour } from './flavour.ts'
import { createGrammar } from './grammar.ts'
import { keysOf } from './json-tables.ts'
import { asText } from './parameters.ts'

type Target = { readonly table: Table; readonly alias: string; readonly returning: Returning | undefined }

export const wantsRows = ({ returning }: Target): boolean =>
  returning !== undefined && returning.outputs.length + returning.hidden.length > 0

/** The select list of what a write gives back. */
export const listOf = (g: Grammar, { returning: r }: Target, inserted: Sql) =>
  outputList(g, r?.outputs ?? [], r?.hidden ?? [], r?.numbers ?? 'default', inserted)

const rowsWhere = (g: Grammar, c: Condition): Sql => where(conditions(g, c))

/** Columns of the written table stand under its own name in statements that know no alias for it. */
export function unaliased(flavour: Flavour, { table, alias }: Target): Grammar {
  const g = createGrammar(flavour)
  return createGrammar(flavour, (at, name) => g.column(at === alias ? table.name : at, name))
}

export function update(g: Grammar, flavour: Flavour, s: Update): Stepped {
  const plain = sql`UPDATE ${aliased(g, s.table, s.alias)} SET ${assignments(g, s.set)}${rowsWhere(g, s.where)}`
  const { list, columns } = listOf(g, s, g.never)
  const self = !flavour.readsWritten && readsItself(s.where, s.table)
  if (!wantsRows(s)) {
    if (!self) return { text: plain, columns: [] }
    const { keep, rows } = byKeys(g, s)
    return { steps: [keep, { use: 'affect', text: sql`UPDATE ${rows} SET ${qualified(g, s)}` }], columns: [] }
  }
  const after = self ? undefined : keyAfter(g, s)
  if (after)
    return {
      steps: [
        { use: 'affect', text: plain },
        { use: 'answer', text: sql`SELECT${list} FROM ${aliased(g, s.table, s.alias)}${where(after)}` },
      ],
      columns,
    }
  if (!self && keyColumns(s.table).length === 0) return { steps: foretold(g, s, list, plain), columns }
  const { keep, rows, table, same } = byKeys(g, s)
  const moved = same.map((condition, i) => movedTo(g, s, i) ?? condition)
  return {
    steps: [
      keep,
      { use: 'affect', text: sql`UPDATE ${rows} SET ${qualified(g, s)}` },
      {
        use: 'answer',
        text: sql`SELECT${list} FROM ${table} JOIN ${aliased(g, s.table, s.alias)} ON ${join(moved, ' AND ')} ORDER BY k.n`,
      },
    ],
    columns,
  }
}

/**
 * Rows without a key cannot be found again: they are locked, and given back as they will be, before they are written. What
 * triggers and generated columns make of them is not seen.
 */
function foretold(g: Grammar, s: Update, list: Sql, plain: Sql): readonly Step[] {
  const values = s.table.columns.map((column) => {
    const e = g.column(s.alias, column.name)
    const set = s.set.find((one) => one.column.name === column.name)
    if (!set) return e
    const value = set.value ? newValue(g, set.value) : sql`DEFAULT(${e})`
    return sql`${value} AS ${g.identifier(column.name)}`
  })
  const rows = sql`SELECT ${join(values, ', ')} FROM ${aliased(g, s.table, s.alias)}${rowsWhere(g, s.where)} FOR UPDATE`
  return [
    { use: 'answer', text: sql`SELECT${list} FROM (${rows}) AS ${g.identifier(s.alias)}` },
    { use: 'affect', text: plain },
  ]
}

/** A parameter by itself has no type to be shown in. */
function newValue(g: Grammar, p: Param): Sql {
  const { canonical } = p.type
  const value = g.stored(p)
  if (canonical === 'string' || canonical === 'json') return sql`CAST(${value} AS CHAR)`
  return typed(canonical === 'integer' || canonical === 'time' ? asText(value) : value, p.type)
}

/** Beside other tables, names need their alias. */
const qualified = (g: Grammar, s: Update): Sql =>
  join(
    s.set.map(({ column, value }) => sql`${g.column(s.alias, column.name)} = ${cell(g, value)}`),
    ', ',
  )

/** Where the key column of this place is written itself, the row is found by what was written. */
function movedTo(g: Grammar, s: Update, place: number): Sql | undefined {
  const key = keyColumns(s.table)[place]
  const set = s.set.find(({ column }) => column.name === key?.name)
  if (!key || !set) return undefined
  if (set.value) return sql`${g.column(s.alias, key.name)} = ${g.operand(set.value)}`
  throw unreadable(s.table, 'sets its key to a default')
}

/** The row that a write by key wrote: its key as compared, or as written; undefined when the condition names no single key. */
function keyAfter(g: Grammar, s: Update): readonly Sql[] | undefined {
  const pinned = pinnedKey(s.where, s)
  return pinned?.map(({ column, value }, i) => {
    return movedTo(g, s, i) ?? sql`${g.column(s.alias, column.name)} = ${g.operand(value)}`
  })
}

/** The values that the condition demands of the primary key, all of it. */
function pinnedKey(
  condition: Condition,
  { table, alias }: Target,
): readonly { readonly column: Column; readonly value: Param }[] | undefined {
  const parts = conjuncts(condition)
  const pinned = keyColumns(table).flatMap((column) => {
    const part = parts.find(
      (c) =>
        c.kind === 'compare' &&
        c.operator === 'eq' &&
        c.left.alias === alias &&
        c.left.column.name === column.name,
    )
    return part?.kind === 'compare' ? [{ column, value: part.right }] : []
  })
  return pinned.length > 0 && pinned.length === keyColumns(table).length ? pinned : undefined
}

/** Whether rows are chosen by other rows of the table that is written, which MySQL refuses (error 1093). */
function readsItself(c: Condition, table: Table): boolean {
  switch (c.kind) {
    case 'and':
    case 'or':
      return c.items.some((item) => readsItself(item, table))
    case 'not':
      return readsItself(c.item, table)
    case 'exists':
      return (
        [c.join.table, c.join.via?.table].some((t) => t?.name === table.name && t.schema === table.schema) ||
        (c.where !== undefined && readsItself(c.where, table))
      )
    default:
      return false
  }
}

/** The steps of a write that first locks its rows and keeps their keys. */
function byKeys(g: Grammar, s: Target & { readonly where: Condition }) {
  const key = keyColumns(s.table)
  if (key.length === 0) throw unreadable(s.table, 'has no primary key')
  const target = aliased(g, s.table, s.alias)
  const list = join(
    key.map((c) => g.column(s.alias, c.name)),
    ', ',
  )
  const { table, same } = keysOf(kept, key)
  const ties = same(s.alias)
  return {
    keep: { use: 'keep', text: sql`SELECT ${list} FROM ${target}${rowsWhere(g, s.where)} FOR UPDATE` },
    table,
    same: ties,
    /** The locked rows, as the tables of an UPDATE or DELETE. */
    rows: sql`${table} JOIN ${target} ON ${join(ties, ' AND ')}`,
  } as const
}

const unreadable = (table: Table, why: string) =>
  new GatewayError(
    'not_supported',
    `To give back written rows of ${table.name} is not supported, as it ${why}: ask for return=minimal.`,
  )

export function remove(g: Grammar, flavour: Flavour, s: Delete): Stepped {
  if (flavour.returning) {
    // No alias before MariaDB 11.6.
    const own = unaliased(flavour, s)
    const { list, columns } = listOf(own, s, own.never)
    const rows = sql`DELETE FROM ${g.tableName(s.table)}${rowsWhere(own, s.where)}`
    return wantsRows(s) ? { text: sql`${rows} RETURNING${list}`, columns } : { text: rows, columns: [] }
  }
  const target = aliased(g, s.table, s.alias)
  const plain = sql`DELETE FROM ${target}${rowsWhere(g, s.where)}`
  const self = readsItself(s.where, s.table)
  if (!wantsRows(s) && !self) return { text: plain, columns: [] }
  const { list, columns } = listOf(g, s, g.never)
  if (!self && (pinnedKey(s.where, s) || keyColumns(s.table).length === 0))
    return {
      steps: [
        { use: 'answer', text: sql`SELECT${list} FROM ${target}${rowsWhere(g, s.where)} FOR UPDATE` },
        { use: 'affect', text: plain },
      ],
      columns,
    }
  const { keep, rows } = byKeys(g, s)
  const affect = { use: 'affect', text: sql`DELETE ${g.identifier(s.alias)} FROM ${rows}` } as const
  if (!wantsRows(s)) return { steps: [keep, affect], columns: [] }
  return {
    steps: [keep, { use: 'answer', text: sql`SELECT${list} FROM ${rows} ORDER BY k.n` }, affect],
    columns,
  }
}
