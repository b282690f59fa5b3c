/** Rows of MySQL's binary protocol → the form the row writer takes (see rows.ts of the engine room), in a buffer that is used again and again. */
import { unmarkedInto } from './marks.ts'
import { lengthSize, readLength } from './packets.ts'
import { how, type RowForm } from './row-form.ts'
import {
  bitsInto,
  datetimeInto,
  dateInto,
  digitsInto,
  doubleInto,
  integerInto,
  longInto,
  singleInto,
  timeInto,
} from './value-bytes.ts'

/** The most bytes a row takes in the writer's form, whose own packet is `length` bytes long. */
export const rowRoom = (columns: number, length: number): number => 2 + columns * 40 + length * 2

/**
 * One row, `bytes[start..end)`, into `out` from 0 on, where there must be `rowRoom`.
 * @returns the end of what was written
 */
export function rowInto(out: Buffer, form: RowForm, bytes: Buffer, start: number): number {
  const count = form.length
  out[0] = count >> 8
  out[1] = count & 0xff
  let at = 2
  const nulls = start + 1
  // The first two bits of the bitmap are kept for other uses.
  let from = nulls + ((count + 9) >> 3)
  for (let i = 0; i < count; i++) {
    const bit = i + 2
    const kind = form[i] as number
    if (((bytes[nulls + (bit >> 3)] as number) & (1 << (bit & 7))) !== 0 || kind === how.null) {
      out[at] = out[at + 1] = out[at + 2] = out[at + 3] = 0xff
      at += 4
      continue
    }
    const value = at + 4
    let to = value
    switch (kind) {
      case how.tiny:
        to = integerInto(out, value, ((bytes[from] as number) << 24) >> 24)
        from += 1
        break
      case how.tinyUnsigned:
        to = digitsInto(out, value, bytes[from] as number)
        from += 1
        break
      case how.short:
        to = integerInto(out, value, bytes.readInt16LE(from))
        from += 2
        break
      case how.shortUnsigned:
        to = digitsInto(out, value, bytes.readUInt16LE(from))
        from += 2
        break
      case how.long:
        to = integerInto(out, value, bytes.readInt32LE(from))
        from += 4
        break
      case how.longUnsigned:
        to = digitsInto(out, value, bytes.readUInt32LE(from))
        from += 4
        break
      case how.longlong:
        to = longInto(out, value, bytes, from, false)
        from += 8
        break
      case how.longlongUnsigned:
        to = longInto(out, value, bytes, from, true)
        from += 8
        break
      case how.float:
        to = singleInto(out, value, bytes, from)
        from += 4
        break
      case how.double:
        to = doubleInto(out, value, bytes, from)
        from += 8
        break
      case how.boolean1:
      case how.boolean2:
      case how.boolean4:
      case how.boolean8: {
        const width = 1 << (kind - how.boolean1)
        out[to++] = letterOf(bytes, from, from + width)
        from += width
        break
      }
      case how.date:
      case how.datetime:
      case how.timestamp:
      case how.time: {
        const length = bytes[from++] as number
        if (kind === how.time) to = timeInto(out, value, bytes, from, length)
        else if (kind === how.date) to = dateInto(out, value, bytes, from, length)
        else {
          to = datetimeInto(out, value, bytes, from, length)
          if (kind === how.timestamp) {
            out[to++] = 0x2b
            out[to++] = 0x30
            out[to++] = 0x30
          }
        }
        from += length
        break
      }
      default: {
        const first = bytes[from] as number
        const length = first < 0xfb ? first : readLength(bytes, from)
        from += first < 0xfb ? 1 : lengthSize(first)
        to = textInto(out, value, kind, bytes, from, from + length)
        from += length
      }
    }
    const size = to - value
    out[at] = size >>> 24
    out[at + 1] = (size >> 16) & 0xff
    out[at + 2] = (size >> 8) & 0xff
    out[at + 3] = size & 0xff
    at = to
  }
  return at
}

/** Values whose length stands before them. */
function textInto(out: Buffer, at: number, kind: number, bytes: Buffer, from: number, to: number): number {
  switch (kind) {
    case how.text:
      // A native copy pays off only beyond a few dozen bytes.
      if (to - from > 48) return at + bytes.copy(out, at, from, to)
      while (from < to) out[at++] = bytes[from++] as number
      return at
    case how.json: {
      const end = unmarkedInto(out, at, bytes, from, to)
      if (bytes.subarray(from, to).includes(controlEscape)) smallEscapes(out, at, end)
      return end
    }
    case how.base64:
      return at + out.write(bytes.toString('base64', from, to), at, 'latin1')
    case how.bits:
      return bitsInto(out, at, bytes, from, to)
    case how.booleanBits:
      out[at] = letterOf(bytes, from, to)
      return at + 1
    default:
      out[at] = Number(bytes.toString('latin1', from, to)) === 0 ? letterFalse : letterTrue
      return at + 1
  }
}

const controlEscape = Buffer.from('\\u00')
const backslash = 0x5c

/** MariaDB's JSON_QUOTE writes the numbers of control characters with capital letters, everybody else with small ones. */
function smallEscapes(out: Buffer, from: number, to: number): void {
  for (let i = from; i < to - 5; i++) {
    if (out[i] !== backslash) continue
    // The first digits of those numbers are 000 or 001.
    if (
      out[i + 1] === 0x75 &&
      out[i + 2] === 0x30 &&
      out[i + 3] === 0x30 &&
      ((out[i + 4] as number) & 0xfe) === 0x30
    ) {
      const last = out[i + 5] as number
      if (last >= 0x41 && last <= 0x46) out[i + 5] = last | 0x20
    }
    // What is escaped begins no escape.
    i++
  }
}

const letterTrue = 0x74
const letterFalse = 0x66

/** As PostgreSQL writes it: `t` where any bit is set. */
function letterOf(bytes: Buffer, from: number, to: number): number {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return letterTrue
  return letterFalse
}

/** A row of COM_QUERY, whose values are all texts. */
export function textRow(bytes: Buffer, start: number, columns: number): (string | null)[] {
  const row: (string | null)[] = []
  let at = start
  for (let i = 0; i < columns; i++) {
    const first = bytes[at] as number
    if (first === 0xfb) {
      row.push(null)
      at++
      continue
    }
    const from = at + lengthSize(first)
    const to = from + readLength(bytes, at)
    row.push(bytes.toString('utf8', from, to))
    at = to
  }
  return row
}
