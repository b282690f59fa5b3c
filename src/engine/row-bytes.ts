/** Bytes of one value, as a database writes it, into JSON: the loops below the tap. Pure, but for the buffer they write. */
import type { Encoding } from './engine.ts'

export const quote = 0x22
export const backslash = 0x5c
export const comma = 0x2c
export const space = 0x20
const plus = 0x2b
export const newline = 0x0a
export const hex = Buffer.from('0123456789abcdef')
export const [literalNull, literalTrue, literalFalse] = [
  Buffer.from('null'),
  Buffer.from('true'),
  Buffer.from('false'),
]

/** Letters of the two-character escapes of JSON (RFC 8259 section 7), by byte; 0: written as \u00xx. */
export const escapeLetter = new Uint8Array(128)
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

/** Copies text that needs no escape in JSON; -1 when it meets a byte that does. */
export function plainInto(out: Buffer, end: number, bytes: Buffer, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    if (byte < space || byte === quote || byte === backslash) return -1
    out[end++] = byte
  }
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
