/** How new rows are found again by their keys, for a server whose INSERT gives nothing back. */
import type { Column } from '#catalog/model.ts'
import type { Insert, Param } from '#plan/ast.ts'
import type { Grammar } from '#engine/grammar.ts'
import { join, placeholder, type Sql, sql, trusted } from '#engine/sql.ts'
import { kept, keptAt, type Step } from '#engine/steps.ts'
import { aliased, keyColumns, where } from '#engine/tables.ts'
import { cell, names } from '#engine/writes.ts'
import { keysOf } from './json-tables.ts'
import { comparedText } from './literals.ts'
import { asType } from './parameters.ts'

/** Parameters of one statement: their count is an unsigned 16-bit integer. */
const maxParameters = 65_535

/** A column of the key, and where its values come from. */
interface KeyPart {
  readonly column: Column
  readonly cells: readonly (Param | undefined)[]
  readonly from: 'request' | 'counter' | 'constant' | 'expression' | 'trigger'
}

/**
 * The steps that insert, and after them the table of the new rows in their order. Values of defaults that are expressions
 * are asked for first, and then inserted. A key that has no default can only come from a trigger: then nothing is found,
 * which the connection does not take for an answer.
 * @returns undefined when nobody can know the key that the database makes
 */
export function followed(
  g: Grammar,
  s: Insert,
): { readonly steps: readonly Step[]; readonly rows: Sql } | undefined {
  const parts: KeyPart[] = []
  for (const column of keyColumns(s.table)) {
    const cells = cellsOf(s, column)
    const from = sourceOf(column, cells)
    if (from === undefined) return undefined
    parts.push({ column, cells, from })
  }
  if (parts.length === 0) return undefined
  const made = parts.filter(({ from }) => from === 'expression').map(({ column }) => column)
  return {
    steps: made.length > 0 ? [ask(s, made), ...insertions(g, s, made)] : [plain(g, s, s.columns, s.rows)],
    rows: s.rows.length === 1 ? oneRow(g, s, parts) : manyRows(g, s, parts),
  }
}

const cellsOf = (s: Insert, column: Column): readonly (Param | undefined)[] => {
  const at = s.columns.findIndex((c) => c.name === column.name)
  return s.rows.map((row) => row[at])
}

function sourceOf(column: Column, cells: readonly (Param | undefined)[]): KeyPart['from'] | undefined {
  if (cells.every((one) => one !== undefined)) return 'request'
  // Some rows with a value and some without: not worth telling apart.
  if (!cells.every((one) => one === undefined)) return undefined
  if (column.generated === 'identity') return 'counter'
  if (column.newValue === undefined) return column.hasDefault ? undefined : 'trigger'
  return column.newValue === '' ? 'constant' : 'expression'
}

/** One row of new values for each row to insert. Bytes come in base64, as the later steps read them. */
function ask(s: Insert, made: readonly Column[]): Step {
  const list = made.map(({ newValue = '', type }) => {
    const e = trusted(newValue)
    return type.canonical === 'binary' ? sql`TO_BASE64(${e})` : sql`CAST(${e} AS CHAR)`
  })
  const from = s.rows.length === 1 ? sql`` : sql` FROM ${noKeys(s.rows.length)}`
  return { use: 'keep', text: sql`SELECT ${join(list, ', ')}${from}` }
}

/** The insert with the values asked for, in as many statements as their parameters need. */
function insertions(g: Grammar, s: Insert, made: readonly Column[]): readonly Step[] {
  const others = s.columns.map((column, i) => ({ column, i })).filter(({ column }) => !made.includes(column))
  const most = Math.floor(maxParameters / (others.length + made.length))
  const starts = Array.from({ length: Math.ceil(s.rows.length / most) }, (_, i) => i * most)
  return starts.map((start) => {
    const rows = s.rows.slice(start, start + most).map((row, r) => {
      const cells = others.map(({ i }) => cell(g, row[i]))
      const values = made.map(({ type }, m) => {
        const e = keptAt(start + r, m)
        return type.canonical === 'binary' ? sql`FROM_BASE64(${e})` : e
      })
      return sql`(${join([...cells, ...values], ', ')})`
    })
    return into(g, s, [...others.map(({ column }) => column), ...made], rows)
  })
}

const plain = (g: Grammar, s: Insert, columns: readonly Column[], rows: Insert['rows']): Step =>
  into(
    g,
    s,
    columns,
    rows.map(
      (row) =>
        sql`(${join(
          row.map((one) => cell(g, one)),
          ', ',
        )})`,
    ),
  )

const into = (g: Grammar, s: Insert, columns: readonly Column[], rows: readonly Sql[]): Step => ({
  use: 'affect',
  text: sql`INSERT INTO ${g.tableName(s.table)} (${join(names(g, columns), ', ')}) VALUES ${join(rows, ', ')}`,
})

function oneRow(g: Grammar, s: Insert, parts: readonly KeyPart[]): Sql {
  let asked = 0
  const same = parts.map(({ column, cells: [given], from }) => {
    const e = g.column(s.alias, column.name)
    switch (from) {
      case 'request':
        return sql`${e} = ${g.operand(given as Param)}`
      case 'counter':
        return sql`${e} = LAST_INSERT_ID()`
      case 'constant':
        return sql`${e} = DEFAULT(${e})`
      case 'expression':
        return sql`${e} = ${asType(keptAt(0, asked++), column.type)}`
      default:
        return g.never
    }
  })
  return sql`${aliased(g, s.table, s.alias)}${where(same)}`
}

function manyRows(g: Grammar, s: Insert, parts: readonly KeyPart[]): Sql {
  const from = (source: KeyPart['from']) => parts.filter((part) => part.from === source)
  const given = from('request')
  const columnOf = ({ column }: KeyPart) => column
  const requested = keysOf(keyTexts(given.map(({ cells }) => cells as readonly Param[])), given.map(columnOf))
  const made = from('expression')
  const asked = keysOf(kept, made.map(columnOf), 'm')
  const e = ({ column }: KeyPart) => g.column(s.alias, column.name)
  const ties = [
    ...requested.same(s.alias),
    ...asked.same(s.alias),
    // Rows of one INSERT get numbers that follow each other (MySQL Reference Manual, "AUTO_INCREMENT Handling in InnoDB").
    ...from('counter').map(
      (part) => sql`${e(part)} = LAST_INSERT_ID() + (k.n - 1) * @@auto_increment_increment`,
    ),
    ...from('constant').map((part) => sql`${e(part)} = DEFAULT(${e(part)})`),
    ...from('trigger').map(() => g.never),
  ]
  const places = given.length > 0 ? requested.table : noKeys(s.rows.length)
  const tables = made.length > 0 ? sql`${places} JOIN ${asked.table} ON m.n = k.n` : places
  return sql`${tables} JOIN ${aliased(g, s.table, s.alias)} ON ${join(ties, ' AND ')} ORDER BY k.n`
}

/** Key columns → a JSON array with an array of texts for each row. */
function keyTexts(columns: readonly (readonly Param[])[]): Sql {
  const types = columns.map(([first]) => (first as Param).type)
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
            return typeof value === 'string' ? comparedText(type, unpadded(type, value)) : null
          }),
        ),
      ),
  })
}

/** CHAR gives its values back without blanks at the end, which collations without padding tell from those with. */
const unpadded = ({ family }: Param['type'], value: string): string =>
  family === 'char' ? value.replace(/ +$/, '') : value

/** A table of so many places, without keys. */
const noKeys = (rows: number): Sql =>
  keysOf(
    placeholder({
      slots: [],
      form: `${rows} keys`,
      convert: () => JSON.stringify(Array.from({ length: rows }, () => [])),
    }),
    [],
  ).table
