/** The rows of an Insert: where their values come from, and how they are found again by a key that is among these. */
import type { Column } from '#catalog/model.ts'
import type { Insert, Param } from '#plan/ast.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { where } from '#engine/tables.ts'
import { addCount, keyColumns } from './batches.ts'
import { column, identifier, tableName } from './names.ts'
import { allCells, cellValue, comparedCell, comparedValue, operand, stored } from './parameters.ts'

/** Inserts of at least this many rows bind all cells as one JSON text, which is parsed once, where values are parsed one by one. */
const bulkRows = 10
/** Most rows of one VALUES (Transact-SQL reference, "Table value constructor"). */
const mostRows = 1000
/** Most statements that rows of different kinds are divided into. */
const mostKinds = 8

/** Statements that insert the rows, each followed by `addCount` where it writes. */
export interface Insertion {
  readonly statements: readonly Sql[]
  /** Whether all cells are one parameter, so that the text does not depend on how many rows there are. */
  readonly bulk: boolean
}

/** @param output ` OUTPUT …` of each statement */
export function insertion(s: Insert, output: Sql): Insertion {
  if (s.columns.length === 0) return { statements: defaults(s.rows.length, head(s, output)), bulk: false }
  const groups = s.rows.length >= bulkRows ? grouped(s) : undefined
  if (groups) return { statements: groups.flatMap((group) => [ofCells(group, output), addCount]), bulk: true }
  const statements: Sql[] = []
  for (let at = 0; at < s.rows.length; at += mostRows)
    statements.push(sql`${head(s, output)} ${valueRows(s.rows.slice(at, at + mostRows))}`, addCount)
  return { statements, bulk: false }
}

function head(s: Insert, output: Sql): Sql {
  const names = join(
    s.columns.map((c) => identifier(c.name)),
    ', ',
  )
  const list = s.columns.length === 0 ? sql`` : sql` (${names})`
  return sql`INSERT INTO ${tableName(s.table)}${list}${output}`
}

/**
 * The rows as inserts in which every cell has a value: those that leave the same columns to their defaults together, as
 * a list of values in JSON has no word for a default. Undefined when the order of the rows would be lost with that, from
 * which the database numbers them, or when there are too many kinds of rows.
 */
function grouped(s: Insert): readonly Insert[] | undefined {
  const kinds = [...Map.groupBy(s.rows, (row) => row.map((value) => (value ? 1 : 0)).join('')).values()]
  const key = keyColumns(s.table)
  if (kinds.length > 1 && (kinds.length > mostKinds || key === undefined || !isGiven(s, key)))
    return undefined
  return kinds.map((rows) => {
    const has = (i: number) => rows[0]?.[i] !== undefined
    return {
      ...s,
      columns: s.columns.filter((_, i) => has(i)),
      rows: rows.map((row) => row.filter((_, i) => has(i))),
    }
  })
}

const isGiven = (s: Insert, key: readonly Column[]): boolean => {
  const places = placesOf(s, key)
  return !places.includes(-1) && s.rows.every((row) => places.every((i) => row[i] !== undefined))
}

const placesOf = (s: Insert, key: readonly Column[]): readonly number[] =>
  key.map((k) => s.columns.findIndex((c) => c.name === k.name))

function ofCells(s: Insert, output: Sql): Sql {
  const values = s.columns.map((c, i) => cellValue(cell(i), c.type))
  return sql`${head(s, output)} SELECT ${join(values, ', ')} FROM ${cellRows(s)} ORDER BY [r].[#n]`
}

function defaults(rows: number, head: Sql): readonly Sql[] {
  const one = sql`${head} DEFAULT VALUES`
  if (rows === 1) return [one, addCount]
  const again = sql`WHILE @i < ${trusted(rows.toFixed(0))} BEGIN ${one}; ${addCount}; SET @i += 1 END`
  return [sql`DECLARE @i int = 0`, again]
}

function valueRows(rows: Insert['rows']): Sql {
  const lists = rows.map(
    (row) =>
      sql`(${join(
        row.map((value) => (value ? stored(value) : sql`DEFAULT`)),
        ', ',
      )})`,
  )
  return sql`VALUES ${join(lists, ', ')}`
}

const cell = (index: number): Sql => column('r', `c${index}`)

/** The cells as they are in the JSON text: [r].[#n] is the number of the row, [r].[c0], [r].[c1] … its texts. */
function cellRows(s: Insert): Sql {
  const slots = s.rows.flatMap((row) => row.map((value) => (value as Param).slot))
  const types = s.columns.map((c) => c.type)
  const members = s.columns.map(
    (_, i) => sql`${identifier(`c${i}`)} nvarchar(max) ${trusted(`'$[${i + 1}]'`)}`,
  )
  const all = join([sql`[#n] int '$[0]'`, ...members], ', ')
  return sql`OPENJSON(${allCells(types, slots)}) WITH (${all}) AS [r]`
}

/**
 * What finds the rows by their key in the order they were given; undefined when the database makes keys or parts of
 * them. To stand behind the table in FROM.
 */
export function rowsGiven(s: Insert, key: readonly Column[], bulk: boolean): Sql | undefined {
  if (!isGiven(s, key)) return undefined
  const places = placesOf(s, key)
  const own = key.map((c) => column(s.alias, c.name))
  const [only] = s.rows
  if (only && s.rows.length === 1)
    return where(places.map((i, at) => sql`${own[at] as Sql} = ${operand(only[i] as Param)}`))
  const named = key.map((_, at) => identifier(`k${at}`))
  const on = join(
    own.map((e, at) => sql`[k].${named[at] as Sql} = ${e}`),
    ' AND ',
  )
  return sql` JOIN ${bulk ? keysOfCells(s, places) : keysOfValues(s, places)} AS [k]([#n], ${join(named, ', ')}) ON ${on} ORDER BY [k].[#n]`
}

/** From the cells that were inserted, where one parameter holds all of them; else from the keys alone. */
function keysOfCells(s: Insert, places: readonly number[]): Sql {
  const isOne = s.rows.every((row) => !row.includes(undefined))
  const from = isOne
    ? s
    : {
        ...s,
        columns: places.map((i) => s.columns[i] as Column),
        rows: s.rows.map((row) => places.map((i) => row[i])),
      }
  const values = (isOne ? places : places.map((_, at) => at)).map((i) =>
    comparedCell(cell(i), (from.columns[i] as Column).type),
  )
  return sql`(SELECT [r].[#n], ${join(values, ', ')} FROM ${cellRows(from)})`
}

function keysOfValues(s: Insert, places: readonly number[]): Sql {
  const rows = s.rows.map((row, n) => {
    const values = places.map((i) => comparedValue(row[i] as Param))
    return sql`(${join([trusted(String(n + 1)), ...values], ', ')})`
  })
  return sql`(VALUES ${join(rows, ', ')})`
}
