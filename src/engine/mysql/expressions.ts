/** Canonical output: a column as the driver reads it (top level), and its JSON text (embeds), which give the same bytes. */
import type { ValueType } from '#catalog/model.ts'
import type { NumberStyle } from '#plan/ast.ts'
import type { Encoding } from '#engine/engine.ts'
import { type Sql, sql, trusted } from '#engine/sql.ts'
import { markedFloat } from './marks.ts'
import { checkKnown, fractionDigits, isPadded, isUnsigned, text } from './names.ts'

/** Integers of 64 bits, and sums, which may exceed what a double holds. */
const isWide = ({ family }: ValueType): boolean =>
  family === 'bigint' || family === 'bigint unsigned' || family === 'decimal' || family === 'bit'

/**
 * The driver reads rows in binary form, so that most columns are given as they are: numbers, dates and bytes become
 * canonical text there (see rows.ts). What comes as text is made canonical here.
 */
export function outputValue(
  e: Sql,
  type: ValueType,
  numbers: NumberStyle,
): { readonly value: Sql; readonly encoding: Encoding } {
  checkKnown(type)
  switch (type.canonical) {
    case 'integer':
      return { value: bare(e, type), encoding: numbers === 'string' && isWide(type) ? 'text' : 'number' }
    case 'decimal':
      return { value: bare(e, type), encoding: numbers === 'native' ? 'number' : 'text' }
    case 'float':
    case 'boolean':
    case 'timestamp':
    case 'datetime':
      return { value: e, encoding: type.canonical }
    case 'json':
      return { value: e, encoding: 'raw' }
    default:
      return { value: type.family === 'geometry' ? sql`ST_AsText(${e})` : e, encoding: 'text' }
  }
}

/** Digits without padding; bits as the number they are. */
const bare = (e: Sql, type: ValueType): Sql => (isPadded(type) ? sql`(${e} + 0)` : e)

/** JSON text, or NULL for NULL; `e` stands in it several times. */
export function jsonValue(e: Sql, type: ValueType, numbers: NumberStyle): Sql {
  checkKnown(type)
  switch (type.canonical) {
    case 'integer': {
      const asNumber = type.family === 'bit' || type.family === 'year' || isPadded(type)
      const digits = asNumber ? sql`(${e} + 0)` : e
      return numbers === 'string' && isWide(type) ? quoted(digits) : sql`CAST(${digits} AS CHAR)`
    }
    case 'decimal':
      return numbers === 'native' ? sql`CAST(${bare(e, type)} AS CHAR)` : quoted(bare(e, type))
    case 'float':
      return markedFloat(e, type.family === 'float' ? 'single' : 'double')
    case 'boolean':
      return sql`ELT(1 + (${e} <> 0), 'false', 'true')`
    case 'timestamp':
      return sql`CONCAT('"', ${moment(e, type)}, '+00:00"')`
    case 'datetime':
      return quoted(moment(e, type))
    case 'date':
      return quoted(e)
    case 'time':
      return quoted(trimmed(e, type))
    case 'json':
      return sql`CAST(${e} AS CHAR)`
    case 'binary':
      // The server breaks the lines of its base64 after 76 characters.
      return quoted(sql`REPLACE(TO_BASE64(${e}), ${text('\n')}, '')`)
    default:
      return jsonText(type.family === 'geometry' ? sql`ST_AsText(${e})` : e, type)
  }
}

const quoted = (e: Sql): Sql => sql`CONCAT('"', ${e}, '"')`

const moment = (e: Sql, type: ValueType): Sql => sql`REPLACE(${trimmed(e, type)}, ' ', 'T')`

/** The fraction without the zeros at its end. */
const trimmed = (e: Sql, type: ValueType): Sql =>
  fractionDigits(type) === 0 ? e : sql`TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${e}))`

/** A JSON string. JSON_QUOTE takes nothing but texts. */
const jsonText = (e: Sql, { family }: ValueType): Sql =>
  family === 'char' || family === 'varchar' || family === 'text'
    ? sql`JSON_QUOTE(${e})`
    : sql`JSON_QUOTE(CAST(${e} AS CHAR))`

/** Text that a parameter of the type takes back exactly. */
export function cursorValue(e: Sql, type: ValueType): Sql {
  switch (type.canonical) {
    case 'boolean':
      return sql`(${e} + 0)`
    case 'timestamp':
      return sql`CONCAT(${e}, '+00')`
    case 'integer':
    case 'decimal':
      return bare(e, type)
    default:
      return e
  }
}

/** A value that has lost its type, as one of the type: so the driver reads it as it reads the column. Texts stay texts. */
export function typed(e: Sql, type: ValueType): Sql {
  const fraction = trusted(String(fractionDigits(type)))
  switch (type.canonical) {
    case 'integer':
      return isUnsigned(type) ? sql`CAST(${e} AS UNSIGNED)` : sql`CAST(${e} AS SIGNED)`
    case 'boolean':
      return sql`CAST(${e} AS UNSIGNED)`
    case 'decimal':
      return sql`CAST(${e} AS DECIMAL(${trusted(String(type.precision ?? 65))},${trusted(String(type.scale ?? 0))}))`
    case 'float':
      return type.family === 'float' ? sql`CAST(${e} AS FLOAT)` : sql`CAST(${e} AS DOUBLE)`
    case 'date':
      return sql`CAST(${e} AS DATE)`
    case 'time':
      return sql`CAST(${e} AS TIME(${fraction}))`
    case 'datetime':
    case 'timestamp':
      return sql`CAST(${e} AS DATETIME(${fraction}))`
    default:
      return e
  }
}
