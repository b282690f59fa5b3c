/** Floats as JSON text inside embeds, in the form of engine/floats.ts, which writes them at the top level. */
import { join, type Sql, sql, trusted } from '#engine/sql.ts'

/** MySQL writes `1e15` for 1e+15. */
const signed = (t: Sql): Sql => sql`REPLACE(REPLACE(${t}, 'e', 'e+'), 'e+-', 'e-')`

/** `d.ddde-05` of its digits. */
const scientific = (e: Sql, digits: Sql, exponent: Sql, sign: '+' | '-'): Sql =>
  sql`CONCAT(IF(${e} < 0, '-', ''), LEFT(${digits}, 1), IF(CHAR_LENGTH(${digits}) > 1, '.', ''), SUBSTR(${digits}, 2), ${trusted(`'e${sign}'`)}, LPAD(${exponent}, 2, '0'))`

/** Of a text below 1: what stands behind the point begins with zeros. */
function small(e: Sql, t: Sql): Sql {
  const fraction = sql`SUBSTRING_INDEX(${t}, '.', -1)`
  const digits = sql`TRIM(LEADING '0' FROM ${fraction})`
  return scientific(e, digits, sql`CHAR_LENGTH(${fraction}) - CHAR_LENGTH(${digits}) + 1`, '-')
}

/** Of a text above 1. */
function large(e: Sql, t: Sql): Sql {
  const digits = sql`TRIM(TRAILING '0' FROM REPLACE(REPLACE(${t}, '-', ''), '.', ''))`
  return scientific(e, digits, sql`CHAR_LENGTH(REPLACE(SUBSTRING_INDEX(${t}, '.', 1), '-', '')) - 1`, '+')
}

/** MySQL writes the fewest digits too, but an exponent only where there would be zeros instead: behind 15 of them. */
export function doubleText(e: Sql): Sql {
  const t = sql`CAST(${e} AS CHAR)`
  return sql`CASE WHEN ${e} = 0 OR ${t} LIKE '%e%' THEN ${signed(t)} WHEN ABS(${e}) < 1e-4 THEN ${small(e, t)} WHEN ABS(${e}) >= 1e15 THEN ${large(e, t)} ELSE ${t} END`
}

/** Largest double that is rounded to a number of 32 bits and not beyond them; MySQL would cut to the largest what is larger. */
const largestSingle = trusted('3.4028235677973362e38')

/**
 * MySQL's own text of a FLOAT has six digits, whatever it holds: of one digit, two, and so on up to nine it takes the first
 * that read back to the number. JSON_TABLE gives the parts names, as nothing else can within an expression: how many
 * digits (n), the number with so many in front of the point (y), rounded to the even one (r), and without the zeros at its
 * end, with its exponent (x).
 */
export function floatText(e: Sql): Sql {
  const exponent = sql`FLOOR(LOG10(ABS(${e})))`
  const shift = sql`(n.v - 1 - ${exponent})`
  const scaled = sql`IF(${shift} < 0, ABS(${e}) / POW(10, -${shift}), ABS(${e}) * POW(10, ${shift}))`
  const up = sql`(y.v - FLOOR(y.v) > 0.5 OR y.v - FLOOR(y.v) = 0.5 AND FLOOR(y.v) % 2 = 1)`
  const digits = sql`CONCAT('[["', TRIM(TRAILING '0' FROM r.v), '",', ${exponent} + CHAR_LENGTH(r.v) - n.v, ']]')`
  const named = (value: Sql, columns: string, name: string): Sql =>
    sql`JSON_TABLE(${value}, '$[*]' COLUMNS (${trusted(columns)})) AS ${trusted(name)}`
  const tables = join(
    [
      named(sql`'[1,2,3,4,5,6,7,8,9]'`, "v INT PATH '$'", 'n'),
      named(sql`CONCAT('[', ${scaled}, ']')`, "v DOUBLE PATH '$'", 'y'),
      named(sql`CONCAT('[', CAST(FLOOR(y.v) + ${up} AS UNSIGNED), ']')`, "v VARCHAR(12) PATH '$'", 'r'),
      named(digits, "d VARCHAR(12) PATH '$[0]', e INT PATH '$[1]'", 'x'),
    ],
    ', ',
  )
  const written = sql`CONCAT(r.v, 'e', -${shift})`
  // Strictly between its neighbours, and not only because a tie is rounded to the even one.
  const near = (factor: string): Sql => sql`CAST(${written} * ${trusted(factor)} AS FLOAT) = ABS(${e})`
  const readsBack = sql`CAST(${written} AS DOUBLE) < ${largestSingle} AND ${near('0.999999999999999e0')} AND ${near('1.000000000000001e0')}`
  const scientific = sql`CONCAT(LEFT(x.d, 1), IF(CHAR_LENGTH(x.d) > 1, '.', ''), SUBSTR(x.d, 2), IF(x.e < 0, 'e-', 'e+'), LPAD(ABS(x.e), 2, '0'))`
  const plain = sql`CASE WHEN x.e < 0 THEN CONCAT('0.', REPEAT('0', -x.e - 1), x.d) WHEN CHAR_LENGTH(x.d) <= x.e + 1 THEN RPAD(x.d, x.e + 1, '0') ELSE CONCAT(LEFT(x.d, x.e + 1), '.', SUBSTR(x.d, x.e + 2)) END`
  const text = sql`CONCAT(IF(${e} < 0, '-', ''), IF(x.e BETWEEN -4 AND 5, ${plain}, ${scientific}))`
  return sql`CASE WHEN ${e} = 0 THEN '0' ELSE (SELECT ${text} FROM ${tables} WHERE ${readsBack} ORDER BY n.v LIMIT 1) END`
}
