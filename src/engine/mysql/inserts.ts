/** Insert, and the upsert by key. */
import { GatewayError } from '#base/errors.ts'
import type { Column } from '#catalog/model.ts'
import type { Insert, Param, Update } from '#plan/ast.ts'
import { conditions } from '#engine/conditions.ts'
import type { Grammar } from '#engine/grammar.ts'
import { join, placeholder, type Sql, sql } from '#engine/sql.ts'
import { aliased, where } from '#engine/tables.ts'
import { assignments, names, valueRows } from '#engine/writes.ts'
import type { Flavour } from './flavour.ts'
import { keysOf } from './json-tables.ts'
import { comparedText } from './literals.ts'
import { byKept, type Step, type Stepped } from './steps.ts'
import { keyColumns, listOf, unaliased, wantsRows } from './writes.ts'

/** What `Hidden` says of a row that is new. */
const isNew = sql`'t'`

export function insert(g: Grammar, flavour: Flavour, s: Insert): Stepped {
  if (s.upsert) return upsert(g, s, s.upsert)
  const rows = sql`INSERT INTO ${g.tableName(s.table)} (${join(names(g, s.columns), ', ')}) ${valueRows(g, s.rows)}`
  if (!wantsRows(s)) return { text: rows, columns: [] }
  if (flavour.returning) {
    const { list, columns } = listOf(unaliased(flavour, s), s, isNew)
    return { text: sql`${rows} RETURNING${list}`, columns }
  }
  const found = insertedRows(g, s)
  if (found) {
    const { list, columns } = listOf(g, s, isNew)
    return {
      steps: [
        { use: 'affect', text: rows },
        { use: 'answer', text: sql`SELECT${list} FROM ${found}` },
      ],
      columns,
    }
  }
  // Nothing was asked for but version and key, which answers do without.
  if (s.returning?.outputs.length === 0) return { text: rows, columns: [] }
  throw new GatewayError(
    'not_supported',
    `To give back new rows of ${s.table.name} whose key the database makes is not supported: give the key, or ask for return=minimal.`,
  )
}

/** Where the new rows are found, in their order; undefined when nobody knows the key that the database made for them. */
function insertedRows(g: Grammar, s: Insert): Sql | undefined {
  const key = keyColumns(s.table)
  const parts = key.map((column) => ({ column, cells: cellsOf(s, column) }))
  const given = parts.filter(({ cells }) => cells.every((cell) => cell !== undefined))
  const made = parts.filter(({ column, cells }) => column.generated === 'identity' && cells.every((c) => !c))
  if (key.length === 0 || given.length + made.length < key.length) return undefined
  const target = aliased(g, s.table, s.alias)
  if (s.rows.length === 1) {
    const same = parts.map(({ column, cells: [cell] }) => {
      const e = g.column(s.alias, column.name)
      return cell ? sql`${e} = ${g.operand(cell)}` : sql`${e} = LAST_INSERT_ID()`
    })
    return sql`${target}${where(same)}`
  }
  const keys = keysOf(
    keyTexts(given.map(({ cells }) => cells as readonly Param[])),
    given.map(({ column }) => column),
  )
  // Rows of one INSERT get numbers that follow each other (MySQL Reference Manual, "AUTO_INCREMENT Handling in InnoDB").
  const counted = made.map(
    ({ column }) =>
      sql`${g.column(s.alias, column.name)} = LAST_INSERT_ID() + (k.n - 1) * @@auto_increment_increment`,
  )
  const ties = join([...keys.same(s.alias), ...counted], ' AND ')
  const all = given.length > 0 ? keys.table : emptyKeys(s.rows.length)
  return sql`${all} JOIN ${target} ON ${ties} ORDER BY k.n`
}

const cellsOf = (s: Insert, column: Column): readonly (Param | undefined)[] => {
  const at = s.columns.findIndex((c) => c.name === column.name)
  return s.rows.map((row) => row[at])
}

/** Key columns → a JSON array with an array of texts for each row. */
function keyTexts(columns: readonly (readonly Param[])[]): Sql {
  const types = columns.map(([cell]) => (cell as Param).type)
  const rows = columns[0]?.length ?? 0
  return placeholder({
    slots: Array.from({ length: rows }, (_, row) =>
      columns.map((cells) => (cells[row] as Param).slot),
    ).flat(),
    form: 'keys',
    convert: (values) =>
      JSON.stringify(
        Array.from({ length: rows }, (_, row) =>
          types.map((type, i) => {
            const value = values[row * types.length + i]
            return typeof value === 'string' ? comparedText(type, value) : null
          }),
        ),
      ),
  })
}

const emptyKeys = (rows: number): Sql =>
  keysOf(
    placeholder({
      slots: [],
      form: `${rows} keys`,
      convert: () => JSON.stringify(Array.from({ length: rows }, () => [])),
    }),
    [],
  ).table

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
