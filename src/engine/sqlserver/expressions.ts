/** Canonical output: for each type, the expression whose value (top level) and whose JSON (embeds) give the same bytes. */
import { GatewayError } from '#base/errors.ts'
import type { ValueType } from '#catalog/model.ts'
import type { NumberStyle } from '#plan/ast.ts'
import type { Encoding } from '#engine/engine.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import type { Member } from '#engine/grammar.ts'
import { binaryCollation, collate, text } from './names.ts'

/**
 * How values of one type become canonical.
 * `text`: the expression is canonical text; `bare`: such text, which is JSON without quotes.
 * `driver`: the driver makes the text of the value (marks.ts says how inside JSON).
 */
type Form =
  | {
      readonly kind: 'text' | 'bare'
      readonly encoding: Encoding
      readonly value: Sql
      readonly safe: boolean
    }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'double' | 'single' | 'binary' }

/** Text that may hold characters that JSON escapes. */
const free = (value: Sql): Form => ({ kind: 'text', encoding: 'text', value, safe: false })
/** Text that never does. */
const safe = (value: Sql): Form => ({ kind: 'text', encoding: 'text', value, safe: true })
const bare = (value: Sql, encoding: Encoding = 'number'): Form => ({
  kind: 'bare',
  encoding,
  value,
  safe: true,
})

const wideText = (e: Sql): Sql => sql`CAST(${e} AS nvarchar(max))`

/** Time of day without zeros at the end of its fraction; the letter in front keeps TRIM from those at its beginning. */
function trimmedTime(e: Sql, type: Sql): Sql {
  const time = sql`CAST(${e} AS ${type})`
  const digits = sql`RIGHT(N'00000000' + CAST(DATEPART(nanosecond, ${time}) AS nvarchar(9)), 9)`
  return sql`TRIM(N'.' FROM TRIM(N'0' FROM N'T' + CONVERT(nvarchar(8), ${time}, 108) + N'.' + ${digits}))`
}

const dateOf = (e: Sql): Sql => sql`CONVERT(nchar(10), ${e}, 23)`

function form(e: Sql, type: ValueType, numbers: NumberStyle): Form {
  switch (type.canonical) {
    case 'integer':
      return integerForm(e, type.family, numbers)
    case 'decimal': {
      // Digits with their scale; money would be cut to two.
      const exact =
        type.family === 'money' || type.family === 'smallmoney' ? sql`CAST(${e} AS decimal(19,4))` : e
      const digits = sql`CAST(${exact} AS nvarchar(41))`
      return numbers === 'native' ? bare(digits) : safe(digits)
    }
    case 'float':
      return { kind: type.family === 'real' ? 'single' : 'double' }
    case 'boolean':
      return { kind: 'boolean' }
    case 'binary':
      return { kind: 'binary' }
    case 'date':
      return safe(dateOf(e))
    case 'time':
      return safe(sql`STUFF(${trimmedTime(e, sql`time(7)`)}, 1, 1, N'')`)
    case 'datetime':
      // The old type counts in 300ths of a second, which the server shows as milliseconds.
      return safe(
        sql`${dateOf(e)} + ${trimmedTime(e, type.family === 'datetime' ? sql`time(3)` : sql`time(7)`)}`,
      )
    case 'timestamp': {
      const utc = sql`SWITCHOFFSET(${e}, 0)`
      return safe(sql`${dateOf(utc)} + ${trimmedTime(utc, sql`time(7)`)} + N'+00:00'`)
    }
    case 'json':
      if (type.members !== undefined) throw noSuchType('Composite types')
      return bare(wideText(e), 'raw')
    case 'array':
      throw noSuchType('Arrays')
    case 'string':
      return stringForm(e, type)
    default:
      return type.canonical satisfies never
  }
}

/** What is wider than 32 bits can exceed the integers that a double holds. */
function integerForm(e: Sql, family: string, numbers: NumberStyle): Form {
  const wide = family === 'bigint' || family === 'int8' || family === 'decimal'
  const digits = sql`CAST(${e} AS nvarchar(41))`
  return wide && numbers === 'string' ? safe(digits) : bare(digits)
}

/** No column of this engine's catalogue has one; a statement over another catalogue may. */
export const noSuchType = (types: string): GatewayError =>
  new GatewayError('not_supported', `${types} are not supported by this engine.`)

function stringForm(e: Sql, { family }: ValueType): Form {
  switch (family) {
    case 'varchar':
    case 'nvarchar':
      return free(e)
    case 'char':
    case 'nchar':
      return free(sql`RTRIM(${e})`)
    case 'uuid':
      return safe(sql`LOWER(CAST(${e} AS nchar(36)))`)
    case 'hierarchyid':
      return safe(sql`CAST(${e} AS nvarchar(4000))`)
    case 'sql_variant':
      return free(variantText(e))
    default:
      return free(wideText(e))
  }
}

/** Texts that lose digits, or mean something only to the server, if the type inside were cast like any other. */
const variants: readonly (readonly [type: Sql, text: (e: Sql) => Sql])[] = [
  [sql`N'float'`, (e) => sql`CONVERT(nvarchar(32), CAST(${e} AS float), 3)`],
  [sql`N'real'`, (e) => sql`CONVERT(nvarchar(32), CAST(${e} AS real), 3)`],
  [sql`N'money'`, (e) => sql`CAST(CAST(${e} AS decimal(19,4)) AS nvarchar(41))`],
  [sql`N'datetime'`, (e) => sql`CONVERT(nvarchar(23), CAST(${e} AS datetime), 126)`],
  [sql`N'varbinary'`, (e) => sql`CONVERT(nvarchar(max), CAST(${e} AS varbinary(8000)), 1)`],
  [sql`N'uniqueidentifier'`, (e) => sql`LOWER(CAST(CAST(${e} AS uniqueidentifier) AS nvarchar(36)))`],
]

function variantText(e: Sql): Sql {
  const cases = variants.map(([type, text]) => sql` WHEN ${type} THEN ${text(e)}`)
  const base = sql`CAST(SQL_VARIANT_PROPERTY(${e}, 'BaseType') AS nvarchar(128))`
  return sql`CASE ${base}${join(cases, '')} ELSE CAST(${e} AS nvarchar(4000)) END`
}

/** Integers of the wire need no cast; sums that are decimals do, as the driver would read them into doubles. */
const isPlainInteger = ({ canonical, family }: ValueType): boolean =>
  canonical === 'integer' && family !== 'decimal'

/** The value as a column of the answer: the text that the driver makes of it, written with `encoding`, is canonical JSON. */
export function outputValue(
  e: Sql,
  type: ValueType,
  numbers: NumberStyle,
): { readonly value: Sql; readonly encoding: Encoding } {
  const f = form(e, type, numbers)
  switch (f.kind) {
    case 'text':
    case 'bare':
      return { value: isPlainInteger(type) ? e : f.value, encoding: f.encoding }
    case 'boolean':
      return { value: e, encoding: 'boolean' }
    case 'single':
    case 'double':
      return { value: e, encoding: 'float' }
    case 'binary':
      return { value: e, encoding: 'text' }
    default:
      return f satisfies never
  }
}

/** Text that a parameter of the type takes back exactly, for cursors and keys. */
export const cursorValue = (e: Sql, type: ValueType): Sql => outputValue(e, type, 'default').value

/** The text that a pattern is compared with. */
export function matchedText(e: Sql, type: ValueType): Sql {
  const f = form(e, type, 'default')
  return f.kind === 'text' || f.kind === 'bare' ? f.value : wideText(e)
}

const inMark = (letter: Sql, value: Sql): Sql => sql`NCHAR(1) + ${letter} + ${value} + NCHAR(1)`

/** STRING_ESCAPE escapes the solidus as well, which no other engine does. */
const escaped = (e: Sql): Sql =>
  sql`REPLACE(STRING_ESCAPE(${e}, 'json')${collate(binaryCollation)}, N'\\/', N'/')`

/** Binary as text: two hexadecimal digits a byte. */
export const toHex = (e: Sql): Sql => sql`CONVERT(nvarchar(max), ${e}, 2)`

const quoted = (e: Sql): Sql => sql`N'"' + ${e} + N'"'`

/** The value as JSON text for `object`; NULL for NULL. */
export function jsonValue(e: Sql, type: ValueType, numbers: NumberStyle): Sql {
  const f = form(e, type, numbers)
  switch (f.kind) {
    case 'text':
      return quoted(f.safe ? f.value : escaped(f.value))
    case 'bare':
      return f.value
    case 'boolean':
      return sql`CASE ${e} WHEN 1 THEN N'true' WHEN 0 THEN N'false' END`
    case 'double':
      return inMark(sql`N'd'`, sql`CONVERT(nvarchar(32), ${e}, 3)`)
    case 'single':
      return inMark(sql`N'f'`, sql`CONVERT(nvarchar(32), ${e}, 3)`)
    case 'binary':
      return inMark(sql`N'b'`, toHex(sql`CAST(${e} AS varbinary(max))`))
    default:
      return f satisfies never
  }
}

/**
 * Where a long text begins: it makes the whole nvarchar(max), so that nothing is cut, and of one collation, whatever
 * collations the pieces behind it have.
 */
export const wideStart = (e: Sql): Sql => sql`${wideText(e)}${collate(binaryCollation)}`

/** A JSON object of these members, without white space. */
export function object(members: readonly Member[]): Sql {
  const pieces = members.map(({ name, value }, i) => {
    const key = text(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    return sql`${i === 0 ? wideStart(key) : key} + ISNULL(${value}, N'null')`
  })
  return pieces.length === 0 ? wideText(sql`N'{}'`) : sql`${join(pieces, ' + ')} + N'}'`
}
