/** Bound values with the cast that tells SQL Server their type. All of them travel as nvarchar. */
import type { ValueType } from '#catalog/model.ts'
import type { Bound, Param } from '#plan/ast.ts'
import { placeholder, type Sql, sql, trusted } from '#engine/sql.ts'
import { noSuchType } from './expressions.ts'
import { comparedDecimal, inputText, likePattern } from './literals.ts'
import { binaryCollation, collate, isUtf8, narrowCollation } from './names.ts'
import { containsCondition } from './search-words.ts'

/** Units of UTF-16 that nvarchar holds without being nvarchar(max), which indexes are slower to be searched with. */
const wideLimit = 4000

function textOf(value: Bound | undefined): string | null {
  if (typeof value === 'object' && value !== null) throw new Error('a list is bound where one value belongs')
  return value ?? null
}

function itemsOf(value: Bound | undefined): readonly (string | null)[] {
  if (typeof value !== 'object' || value === null) throw new Error('one value is bound where a list belongs')
  return value
}

/** Words that all engines share, for the server's own. */
const alias: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'int',
  int8: 'bigint',
  uuid: 'uniqueidentifier',
}

/** Families whose cast is to the family itself: it can neither cut nor round. */
const plain = new Set(
  'bit tinyint smallint int bigint real float date uniqueidentifier hierarchyid xml json'.split(' '),
)
/** Families that are cast to their widest form, so that a comparison sees the whole value. */
const widest: Readonly<Record<string, string>> = {
  time: 'time(7)',
  datetime2: 'datetime2(7)',
  datetimeoffset: 'datetimeoffset(7)',
  // The value is rounded to what the type holds, as it was when it was stored: so the value shown finds its row.
  datetime: 'datetime',
  smalldatetime: 'smalldatetime',
}
const binary = new Set(['binary', 'varbinary', 'image', 'rowversion'])
const decimals = new Set(['decimal', 'numeric', 'money', 'smallmoney'])

/** Digits of the decimal that a value is compared as: those of its column before the point, and as many behind as there is room for. */
function comparedDigits({ precision = 38, scale: columnScale = 0 }: ValueType) {
  const whole = precision - columnScale
  return { whole, scale: 38 - whole, columnScale }
}

/** A text expression as a value of the type, of at most its range but never of fewer digits. */
function typed(e: Sql, type: ValueType, use: 'stored' | 'compared'): Sql {
  const family = alias[type.family] ?? type.family
  if (type.canonical === 'array') throw noSuchType('Arrays')
  if (type.members !== undefined) throw noSuchType('Composite types')
  if (plain.has(family)) return sql`CAST(${e} AS ${trusted(family)})`
  if (binary.has(family)) return sql`CONVERT(varbinary(max), ${e}, 2)`
  if (decimals.has(family)) {
    if (use === 'compared') return sql`CAST(${e} AS ${trusted(`decimal(38,${comparedDigits(type).scale})`)})`
    const { precision, scale = 0 } = type
    return sql`CAST(${e} AS ${trusted(precision === undefined ? type.native : `decimal(${precision},${scale})`)})`
  }
  const wide = widest[family]
  if (wide !== undefined) return sql`CAST(${e} AS ${trusted(wide)})`
  const collation = narrowCollation(type)
  if (collation === undefined) return family === 'sql_variant' ? sql`CAST(${e} AS nvarchar(4000))` : e
  return use === 'stored' ? storedNarrow(e, collation) : comparedNarrow(e, collation, type)
}

/** Text in the code page of its column. */
const narrowed = (e: Sql, collation: string, length: Sql): Sql =>
  sql`CAST(${e}${collate(collation)} AS varchar(${length}))`

/** Whether the code page has every character of the text: the cast takes similar ones, or `?`, for those it lacks. */
function isKept(e: Sql, collation: string): Sql {
  const kept = sql`CAST(${narrowed(e, collation, sql`max`)} AS nvarchar(max))`
  return sql`${kept}${collate(binaryCollation)} = ${e}${collate(binaryCollation)}`
}

/** What the code page of the column lacks would be stored as another character; the second cast fails instead. */
function storedNarrow(e: Sql, collation: string): Sql {
  if (isUtf8(collation)) return e
  const refused = sql`CAST(CAST(LEFT(${e}, 1) + N' is not in the code page' AS int) AS nvarchar(1))`
  return sql`CASE WHEN ${isKept(e, collation)} THEN ${e} ELSE ${refused} END`
}

/**
 * Compared in the collation's own rules and served by its index, which Unicode text is not in collations of the old
 * kind (SQL_…). Text that the code page cannot hold equals nothing, rather than what looks like it.
 */
function comparedNarrow(e: Sql, collation: string, { maxLength }: ValueType): Sql {
  const value = narrowed(e, collation, maxLength === undefined ? sql`max` : sql`8000`)
  return isUtf8(collation) ? value : sql`CASE WHEN ${isKept(e, collation)} THEN ${value} END`
}

/** `form` tells conversions apart, so that a parameter is shared by equal ones only. */
const bound = (
  slots: readonly number[],
  form: string,
  convert: (values: readonly Bound[]) => string | null,
): Sql => placeholder({ slots, form, convert })

const digitsForm = (type: ValueType): string => {
  const { whole, columnScale } = comparedDigits(type)
  return `${whole},${columnScale}`
}

/** A value to store or to hand to a routine. */
export const stored = (p: Param): Sql =>
  typed(
    bound([p.slot], `value ${p.type.family}`, ([value]) => inputText(p.type, value ?? null)),
    p.type,
    'stored',
  )

function comparedText(type: ValueType, value: string | null): string | null {
  if (value !== null && decimals.has(type.family)) return comparedDecimal(value, comparedDigits(type))
  return inputText(type, value)
}

/** A value to compare a column with. */
export function operand(p: Param): Sql {
  const form = decimals.has(p.type.family) ? `compared ${digitsForm(p.type)}` : `value ${p.type.family}`
  return typed(
    bound([p.slot], form, ([value]) => comparedText(p.type, textOf(value))),
    p.type,
    'compared',
  )
}

/** A value that is text whatever type its column has. */
export const textParameter = (p: Param): Sql => bound([p.slot], 'text', ([value]) => textOf(value))

/** A finished LIKE pattern, as text of the column it is compared with. */
export function pattern(p: Param, of: ValueType): Sql {
  const e = bound([p.slot], 'pattern', ([value]) => likePattern(textOf(value) ?? ''))
  const collation = narrowCollation(of)
  // Patterns have at most 8,000 bytes (Transact-SQL reference, "LIKE").
  return collation === undefined ? e : comparedNarrow(e, collation, { ...of, maxLength: 8000 })
}

/** Words to search for, as CONTAINS reads them. */
export const searchWords = (p: Param): Sql =>
  bound([p.slot], 'search', ([value]) => containsCondition(textOf(value) ?? ''))

/** A number of rows. */
export const rowCount = (p: Param): Sql =>
  sql`CAST(${bound([p.slot], 'value int8', ([value]) => textOf(value))} AS bigint)`

/** The texts of a list as one JSON text, so that one parameter holds however many there are. */
const listOf = (
  p: Param,
  form: string,
  convert: (items: readonly (string | null)[]) => readonly (string | null)[],
) => bound([p.slot], form, ([value]) => JSON.stringify(convert(itemsOf(value))))

/** `SELECT value FROM list`, to stand behind IN; items that no column of the type can hold are left out. */
export function listRows(p: Param): Sql {
  const { type } = p
  const bounded = !decimals.has(type.family) && narrowCollation(type) === undefined && isShort(type)
  const form = `list ${decimals.has(type.family) ? digitsForm(type) : type.family}${bounded ? ' short' : ''}`
  const list = listOf(p, form, (items) =>
    items
      .filter((item) => !bounded || item === null || item.length <= wideLimit)
      .map((item) => comparedText(type, item)),
  )
  const v = sql`[v]`
  const value = bounded ? ofColumn(sql`CAST(${v} AS nvarchar(4000))`, type) : comparedCell(v, type)
  const collation = narrowCollation(type)
  const kept = collation === undefined || isUtf8(collation) ? sql`` : sql` WHERE ${isKept(v, collation)}`
  return sql`SELECT ${value} FROM OPENJSON(${list}) WITH (${v} nvarchar(max) '$')${kept}`
}

/** Text of a column that is not nvarchar(max). */
const isShort = ({ family, maxLength }: ValueType): boolean =>
  (family === 'nvarchar' || family === 'nchar') && maxLength !== undefined

/** Texts of a list whatever type the column has: `SELECT text FROM list`. */
export const textRows = (p: Param): Sql =>
  sql`SELECT [v] FROM OPENJSON(${listOf(p, 'list text', (items) => items)}) WITH ([v] nvarchar(max) '$')`

/**
 * All cells of an insert as one JSON text: for each row an array of its number and its texts.
 * @param types of the columns, in order
 */
export const allCells = (types: readonly ValueType[], slots: readonly number[]): Sql =>
  bound(slots, `cells ${types.map((type) => type.family).join()}`, (values) => {
    const rows: (number | string | null)[][] = []
    for (let at = 0; at < values.length; at += types.length)
      rows.push([rows.length, ...types.map((type, i) => inputText(type, values[at + i] ?? null))])
    return JSON.stringify(rows)
  })

/** A cell of such a text, once it stands as nvarchar, as a value to store and as one to compare a column with. */
export const cellValue = (e: Sql, type: ValueType): Sql => typed(e, type, 'stored')
export const comparedCell = (e: Sql, type: ValueType): Sql => ofColumn(typed(e, type, 'compared'), type)

/** Text of another table is compared by the collation of the column only if it says so; a parameter needs no word for that. */
const ofColumn = (e: Sql, type: ValueType): Sql =>
  type.collation === undefined || narrowCollation(type) !== undefined
    ? e
    : sql`${e}${collate(type.collation)}`

/** `operand` as a column of a table of values. */
export const comparedValue = (p: Param): Sql => ofColumn(operand(p), p.type)
