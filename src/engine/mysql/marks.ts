/**
 * Floats inside JSON that the server puts together. Only the driver writes them as engine/floats.ts does, so the statement
 * leaves a mark before each: U+0002, which JSON cannot hold by itself, and a letter.
 */
import { type Sql, sql } from '#engine/sql.ts'
import { doubleText, singleText } from '#engine/floats.ts'
import { text } from './names.ts'

const mark = 0x02
const single = 0x66 // f
const marked = { single: text('\u0002f'), double: text('\u0002d') }

/**
 * A float as a marked text that reads back to it. The length is more than any double needs: without one the server takes
 * 22 characters for enough, and cuts off longer ones wherever it keeps the text in a temporary table.
 */
export const markedFloat = (e: Sql, width: 'single' | 'double'): Sql =>
  width === 'single'
    ? // As it is, a FLOAT would be written with six digits.
      sql`CONCAT(${marked.single}, CAST(CAST(${e} AS DOUBLE) AS CHAR(40)))`
    : sql`CONCAT(${marked.double}, CAST(${e} AS CHAR(40)))`

/**
 * Copies JSON text, `bytes[from..to)`, into `out` from `at` on, with every marked float in canonical form, which is never
 * twice as long as the mark and the server's text.
 * @returns the end of what was written
 */
export function unmarkedInto(out: Buffer, at: number, bytes: Buffer, from: number, to: number): number {
  const json = bytes.subarray(from, to)
  let read = 0
  for (let next = json.indexOf(mark); next !== -1; next = json.indexOf(mark, read)) {
    at += json.copy(out, at, read, next)
    const digits = next + 2
    read = digits
    while (read < json.length && isOfNumber(json[read] as number)) read++
    const value = Number(json.toString('latin1', digits, read))
    const written = json[next + 1] === single ? singleText(Math.fround(value)) : doubleText(value)
    at += out.write(written, at, 'latin1')
  }
  return at + json.copy(out, at, read)
}

/** Digits, signs, points and the letter of exponents. */
const isOfNumber = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65
