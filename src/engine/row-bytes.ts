/** Bytes of one value, as a database writes it, into JSON: the loops below the tap. Pure, but for the buffer they write. */
import type { Encoding } from './engine.ts'
import { microsInto } from './micros.ts'

export const quote = 0x22
const backslash = 0x5c
export const comma = 0x2c
const space = 0x20
const plus = 0x2b
export const newline = 0x0a
const hex = Buffer.from('0123456789abcdef')
export const [literalNull, literalTrue, literalFalse] = [
  Buffer.from('null'),
  Buffer.from('true'),
  Buffer.from('false'),
]

/** Letters of the two-character escapes of JSON (RFC 8259 section 7), by byte; 0: written as \u00xx. */
const escapeLetter = new Uint8Array(128)
for (const [byte, letter] of [
  [8, 'b'],
  [9, 't'],
  [10, 'n'],
  [12, 'f'],
  [13, 'r'],
  [quote, '"'],
  [backslash, '\\'],
] as const)
  escapeLetter[byte] = letter.charCodeAt(0)

/** How a column is written, as a number that a tight loop can switch over. */
export const kind = {
  hidden: 0,
  number: 1,
  raw: 2,
  text: 3,
  boolean: 4,
  float: 5,
  timestamp: 6,
  datetime: 7,
  timestampMicros: 8,
  datetimeMicros: 9,
} as const satisfies Record<Encoding | 'hidden', number>

// The functions below write into `out` from `end` on and give the new end. They stand outside of the writer and take
// everything as arguments, because a byte loop over variables of a closure takes three times as long.

/** A native copy pays off only beyond a few dozen bytes. */
export function copyInto(out: Buffer, end: number, bytes: Buffer, from: number, to: number): number {
  if (to - from > 48) return end + bytes.copy(out, end, from, to)
  for (let i = from; i < to; i++) out[end++] = bytes[i] as number
  return end
}

export function putInto(out: Buffer, end: number, bytes: Buffer): number {
  const n = bytes.length
  for (let i = 0; i < n; i++) out[end++] = bytes[i] as number
  return end
}

/** `2026-11-23 14:05:09.1+00` → `2026-11-23T14:05:09.1+00:00`; `infinity` stays; a trailing ` BC` stays. */
export function timestampInto(
  out: Buffer,
  end: number,
  bytes: Buffer,
  from: number,
  to: number,
  zone: boolean,
): number {
  if (to - from >= 19 && bytes[from + 10] === space && (!zone || bytes[to - 3] === plus)) {
    // The usual form: a year of four digits, and +00 at the end where there is a zone.
    for (let i = from; i < from + 10; i++) out[end++] = bytes[i] as number
    out[end++] = 0x54
    for (let i = from + 11; i < to; i++) out[end++] = bytes[i] as number
    if (!zone) return end
    out[end++] = 0x3a
    out[end++] = 0x30
    out[end++] = 0x30
    return end
  }
  let seen = false
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    if (byte === space && !seen) {
      seen = true
      out[end++] = 0x54
    } else if (byte === plus && zone) {
      out[end++] = plus
      out[end++] = bytes[i + 1] as number
      out[end++] = bytes[i + 2] as number
      out[end++] = 0x3a
      out[end++] = 0x30
      out[end++] = 0x30
      i += 2
    } else out[end++] = byte
  }
  return end
}

/** Outside strings JSON allows line breaks, NDJSON does not; inside strings they are escaped already. */
export function lineInto(out: Buffer, end: number, bytes: Buffer, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    out[end++] = byte === newline || byte === 13 ? space : byte
  }
  return end
}

/** NaN, Infinity, -Infinity are not numbers in JSON. */
export function floatInto(out: Buffer, end: number, bytes: Buffer, from: number, to: number): number {
  const byte = bytes[from] as number
  const odd = byte === 0x4e || byte === 0x49 || (byte === 0x2d && bytes[from + 1] === 0x49)
  if (!odd) return copyInto(out, end, bytes, from, to)
  out[end++] = quote
  end = copyInto(out, end, bytes, from, to)
  out[end++] = quote
  return end
}

/** 1: the byte stands for itself inside a JSON string. Bytes of UTF-8 sequences do. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= space && byte !== quote && byte !== backslash ? 1 : 0,
)

/** A byte that JSON escapes, as two or six. */
function escapeInto(out: Buffer, end: number, byte: number): number {
  out[end++] = backslash
  const letter = escapeLetter[byte] as number
  if (letter !== 0) {
    out[end++] = letter
    return end
  }
  out[end++] = 0x75
  out[end++] = 0x30
  out[end++] = 0x30
  out[end++] = hex[byte >> 4] as number
  out[end++] = hex[byte & 15] as number
  return end
}

/** Texts longer than this are looked through first: most are clean, and copied natively. */
const scannedText = 64

/** The inside of a JSON string. There must be room for six times the text. */
export function textInto(out: Buffer, end: number, bytes: Buffer, from: number, to: number): number {
  let i = from
  if (to - from > scannedText) {
    while (i < to && plain[bytes[i] as number] === 1) i++
    end += bytes.copy(out, end, from, i)
  }
  for (; i < to; i++) {
    const byte = bytes[i] as number
    if (plain[byte] === 1) out[end++] = byte
    else end = escapeInto(out, end, byte)
  }
  return end
}

/** The bytes of all values of a DataRow (see RowWriter.row). */
export function payloadOf(bytes: Buffer, start: number): number {
  const count = ((bytes[start] as number) << 8) | (bytes[start + 1] as number)
  let at = start + 2
  for (let i = 0; i < count; i++) {
    const length = lengthAt(bytes, at)
    at += length > 0 ? length + 4 : 4
  }
  return at - start - 2 - 4 * count
}

/** The length of a value; -1 of NULL. */
export const lengthAt = (bytes: Buffer, at: number): number =>
  ((bytes[at] as number) << 24) |
  ((bytes[at + 1] as number) << 16) |
  ((bytes[at + 2] as number) << 8) |
  (bytes[at + 3] as number)

/**
 * The members of a JSON object from a row that is known to be small, in one go: there must be room for six times its
 * payload, all prefixes, and 24 bytes a column (quotes, a longer zone, `false` for `f`).
 * @param lines raw JSON must stay on one line
 */
export function membersInto(
  out: Buffer,
  end: number,
  bytes: Buffer,
  start: number,
  kinds: Uint8Array,
  prefixes: readonly Buffer[],
  lines: boolean,
): number {
  let at = start + 2
  for (let i = 0; i < kinds.length; i++) {
    const length = lengthAt(bytes, at)
    at += 4
    const how = kinds[i] as number
    if (how !== kind.hidden) {
      end = putInto(out, end, prefixes[i] as Buffer)
      if (length < 0) end = putInto(out, end, literalNull)
      else end = valueInto(out, end, bytes, at, at + length, how, lines)
    }
    if (length > 0) at += length
  }
  return end
}

function valueInto(
  out: Buffer,
  end: number,
  bytes: Buffer,
  from: number,
  to: number,
  how: number,
  lines: boolean,
): number {
  switch (how) {
    case kind.number:
      return copyInto(out, end, bytes, from, to)
    case kind.text:
      out[end++] = quote
      end = textInto(out, end, bytes, from, to)
      out[end++] = quote
      return end
    case kind.boolean:
      return putInto(out, end, bytes[from] === 0x74 ? literalTrue : literalFalse)
    case kind.raw:
      return lines ? lineInto(out, end, bytes, from, to) : copyInto(out, end, bytes, from, to)
    case kind.float:
      return floatInto(out, end, bytes, from, to)
    case kind.timestamp:
    case kind.datetime:
      out[end++] = quote
      end = timestampInto(out, end, bytes, from, to, how === kind.timestamp)
      out[end++] = quote
      return end
    default:
      out[end++] = quote
      end = microsInto(out, end, bytes, from, how === kind.timestampMicros)
      out[end++] = quote
      return end
  }
}
