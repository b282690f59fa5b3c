/** Insert, and the upsert by key. */
import { GatewayError } from '#base/errors.ts'
import type { Column } from '#catalog/model.ts'
import type { Insert, Update } from '#plan/ast.ts'
import { conditions } from '#engine/conditions.ts'
import type { Grammar } from '#engine/grammar.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { byKept, kept, type Step, type Stepped } from '#engine/steps.ts'
import { aliased, keyColumns, where } from '#engine/tables.ts'
import { assignments, givesEmbeds, names, valueRows } from '#engine/writes.ts'
import type { Flavour } from './flavour.ts'
import { keysOf } from './json-tables.ts'
import { followed } from './new-rows.ts'
import { listOf, unaliased, wantsRows } from './writes.ts'

/** What `Hidden` says of a row that is new. */
const isNew = sql`'t'`

/** A view takes no row without columns (error 1136): then one of them is named, for its default. */
function withColumns(s: Insert): Insert {
  if (s.columns.length > 0 || s.table.kind === 'table') return s
  const first = s.table.columns.find((column) => column.generated === 'no')
  return first === undefined ? s : { ...s, columns: [first], rows: s.rows.map(() => [undefined]) }
}

export function insert(g: Grammar, flavour: Flavour, asked: Insert): Stepped {
  const s = withColumns(asked)
  if (s.upsert) return upsert(g, s, s.upsert)
  const rows = sql`INSERT INTO ${g.tableName(s.table)} (${join(names(g, s.columns), ', ')}) ${valueRows(g, s.rows)}`
  if (!wantsRows(s)) return { text: rows, columns: [] }
  const key = givesEmbeds(s.returning) ? keyColumns(s.table) : []
  if (flavour.returning && key.length > 0) return readAgain(g, flavour, s, key, rows)
  if (flavour.returning) {
    const { list, columns } = listOf(unaliased(flavour, s), s, isNew)
    return { text: sql`${rows} RETURNING${list}`, columns }
  }
  const found = followed(g, s)
  if (found) {
    const { list, columns } = listOf(g, s, isNew)
    return {
      steps: [...found.steps, { use: 'answer', text: sql`SELECT${list} FROM ${found.rows}` }],
      columns,
    }
  }
  // Nothing was asked for but version and key, which answers do without.
  if (s.returning?.outputs.length === 0) return { text: rows, columns: [] }
  throw new GatewayError(
    'not_supported',
    `To give back new rows of ${s.table.name} whose key the database makes is not supported here: give the key, or ask for return=minimal.`,
  )
}

/**
 * RETURNING gives back each row as soon as it is written: its embeds would not show the rows behind it, nor what triggers make of
 * those. So the new rows are read again, by the keys that it gives.
 */
function readAgain(g: Grammar, flavour: Flavour, s: Insert, key: readonly Column[], rows: Sql): Stepped {
  const own = unaliased(flavour, s)
  const keys = key.map((c) => own.column(s.alias, c.name))
  const { table, same } = keysOf(kept, key)
  const { list, columns } = listOf(g, s, isNew)
  const found = sql`${table} JOIN ${aliased(g, s.table, s.alias)} ON ${join(same(s.alias), ' AND ')}`
  return {
    steps: [
      { use: 'write', text: sql`${rows} RETURNING ${join(keys, ', ')}` },
      { use: 'answer', text: sql`SELECT${list} FROM ${found} ORDER BY k.n` },
    ],
    columns,
  }
}

/**
 * ON DUPLICATE KEY UPDATE would be caught by any unique key. So the row of the key is locked (or the gap where it would
 * be: of two that insert there at once, one is rolled back as a deadlock and repeated), then changed or inserted.
 */
function upsert(
  g: Grammar,
  s: Insert,
  { key, reset, where: mustHold }: NonNullable<Insert['upsert']>,
): Stepped {
  const [row = []] = s.rows
  const cells = s.columns.flatMap((column, i) => {
    const value = row[i]
    return value ? [{ column, value }] : []
  })
  const isKey = (column: Column) => key.some((k) => k.name === column.name)
  const target = aliased(g, s.table, s.alias)
  const sameKey = cells
    .filter(({ column }) => isKey(column))
    .map(({ column, value }) => sql`${g.column(s.alias, column.name)} = ${g.operand(value)}`)
  const changes: Update['set'] = [
    ...cells.filter(({ column }) => !isKey(column)),
    // A number that the database counts has no default to go back to.
    ...reset
      .filter((column) => column.generated !== 'identity')
      .map((column) => ({ column, value: undefined })),
  ]
  const set = changes.length > 0 ? changes : cells.slice(0, 1)
  const old = where([...sameKey, ...conditions(g, mustHold)])
  const values = join(
    cells.map(({ value }) => g.stored(value)),
    ', ',
  )
  const columnNames = names(
    g,
    cells.map(({ column }) => column),
  )
  const inserted = sql`CAST(${byKept('f', 't')} AS CHAR)`
  const { list, columns } = listOf(g, s, inserted)
  const steps: Step[] = [
    { use: 'keep', text: sql`SELECT 1 FROM ${target}${where(sameKey)} FOR UPDATE` },
    { use: 'affect', text: sql`UPDATE ${target} SET ${assignments(g, set)}${old}` },
    {
      use: 'affect',
      text: sql`INSERT INTO ${g.tableName(s.table)} (${join(columnNames, ', ')}) SELECT ${values} FROM DUAL WHERE ${byKept('0', '1')} = '1'`,
    },
  ]
  if (!wantsRows(s)) return { steps, columns: [] }
  return {
    steps: [...steps, { use: 'answer', text: sql`SELECT${list} FROM ${target}${where(sameKey)}` }],
    columns,
  }
}
