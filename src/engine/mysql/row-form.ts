/** How the columns of a result are read: from what the protocol says of them and what they are asked for as. Pure. */
import type { Encoding } from '#engine/engine.ts'
import { type Fields, fieldBinary, fieldType, fieldUnsigned } from './packets.ts'

/** Types as the protocol numbers them (MySQL, "Column Types"); the others come as texts. */
const type = {
  tiny: 0x01,
  short: 0x02,
  long: 0x03,
  float: 0x04,
  double: 0x05,
  null: 0x06,
  timestamp: 0x07,
  longlong: 0x08,
  int24: 0x09,
  date: 0x0a,
  time: 0x0b,
  datetime: 0x0c,
  year: 0x0d,
  bit: 0x10,
  json: 0xf5,
  decimal: 0xf6,
} as const

/** How the bytes of a column become text. */
export const how = {
  text: 0,
  base64: 1,
  bits: 2,
  tiny: 3,
  tinyUnsigned: 4,
  short: 5,
  shortUnsigned: 6,
  long: 7,
  longUnsigned: 8,
  longlong: 9,
  longlongUnsigned: 10,
  float: 11,
  double: 12,
  date: 13,
  datetime: 14,
  timestamp: 15,
  time: 16,
  /** Yes or no, from 1, 2, 4, 8 bytes, from bits, from the text of a number. */
  boolean1: 17,
  boolean2: 18,
  boolean4: 19,
  boolean8: 20,
  booleanBits: 21,
  booleanText: 22,
  null: 23,
  /** JSON that the server put together. */
  json: 24,
} as const

/** For every column how it is read. */
export type RowForm = Uint8Array

/**
 * What to do with rows of these fields. `encodings`: how each column is written later; undefined for rows that only
 * Postern reads. A column of bytes is handed over in base64 (in one line, unlike TO_BASE64 of the server): so the
 * dialect selects binary columns as they are, with the encoding `text`.
 */
export function rowForm(fields: Fields, encodings: readonly Encoding[] | undefined): RowForm {
  return Uint8Array.from(fields.codes, (code, i) => formOf(code, encodings?.[i]))
}

function formOf(code: number, encoding: Encoding | undefined): number {
  const unsigned = fieldUnsigned(code)
  const yes = encoding === 'boolean'
  switch (fieldType(code)) {
    case type.tiny:
      return yes ? how.boolean1 : unsigned ? how.tinyUnsigned : how.tiny
    case type.short:
    case type.year:
      return yes ? how.boolean2 : unsigned ? how.shortUnsigned : how.short
    case type.long:
    case type.int24:
      return yes ? how.boolean4 : unsigned ? how.longUnsigned : how.long
    case type.longlong:
      return yes ? how.boolean8 : unsigned ? how.longlongUnsigned : how.longlong
    case type.bit:
      return yes ? how.booleanBits : how.bits
    case type.float:
      return how.float
    case type.double:
      return how.double
    case type.date:
      return how.date
    case type.datetime:
    case type.timestamp:
      return encoding === 'timestamp' ? how.timestamp : how.datetime
    case type.time:
      return how.time
    case type.null:
      return how.null
    case type.decimal:
    case type.json:
      // Marked as bytes, but texts.
      return yes ? how.booleanText : how.text
    default:
      if (yes) return how.booleanText
      if (encoding === 'raw') return how.json
      return fieldBinary(code) && (encoding === 'text' || encoding === undefined) ? how.base64 : how.text
  }
}
