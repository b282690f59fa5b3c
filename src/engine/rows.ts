/** The tap: turns rows of texts, as they came over the wire, into JSON, NDJSON or CSV bytes without making a row object. */
import { giveBuffer, takeBuffer } from '#base/buffers.ts'
import type { OutputColumn, RowFormat } from './engine.ts'
import {
  comma,
  copyInto,
  floatInto,
  kind,
  lengthAt,
  lineInto,
  literalFalse,
  literalNull,
  literalTrue,
  membersInto,
  newline,
  payloadOf,
  putInto,
  quote,
  textInto,
  timestampInto,
} from './row-bytes.ts'
import { microsInto } from './micros.ts'

const empty = Buffer.alloc(0)

/** Takes rows and holds the bytes made of them. */
export interface RowWriter {
  /** Starts anew, for the same statement: a session makes one writer per statement, not one per request. */
  begin(keep: number): void
  /**
   * One row from `start` on, in the form of PostgreSQL's DataRow: the number of columns (16 bit), then for each its
   * length (32 bit, all big-endian; -1 for NULL) and the bytes of its text, or what its encoding says. Drivers of other protocols
   * write this form.
   * The bytes are not kept, except those of the last row until the next one, `hold` or `finish`.
   */
  row(bytes: Buffer, start: number): void
  /** The bytes of the last row are about to go: copies them if they are still needed. */
  hold(): void
  /** Bytes waiting to be taken. */
  pending(): number
  /** The bytes so far, for a stream; further rows go to a new buffer. */
  take(): Buffer
  rows(): number
  /**
   * Closes the body, which then is the caller's: a large one may be given back when it has been sent (#base/buffers.ts).
   * `hidden`: texts of the hidden columns of the last kept row.
   */
  finish(): { body: Buffer; rows: number; hidden: (string | null)[] | undefined }
}

/** A buffer that a session lends to one writer after another, so that small answers allocate only their own size. */
export interface Scratch {
  buffer: Buffer
}

/** Scratch buffers above this size are handed over with the body instead of being copied and kept: 64 KiB. */
const scratchLimit = 65_536

export const createScratch = (): Scratch => ({ buffer: Buffer.allocUnsafeSlow(8192) })

/** Rows with at most this many bytes of values are written in one go, as six times that is no waste of room: 8 KiB. */
const smallPayload = 8192

/** What depends on columns and format alone, worked out once per statement. */
interface Shape {
  readonly bare: boolean
  readonly json: boolean
  /** `object` and `value` write one row whatever is to be kept. */
  readonly one: boolean
  readonly kinds: Uint8Array
  readonly prefixes: readonly Buffer[]
  readonly anyShown: boolean
  readonly anyHidden: boolean
  /** Bytes a row needs beside its values. */
  readonly fixed: number
  /** What stands before the first row. */
  readonly opening: Buffer
  /** Bytes of the largest body lately: where the next one begins, so that it need not grow by copying. */
  expected: number
}

const shapes = new WeakMap<readonly OutputColumn[], Map<RowFormat, Shape>>()

function shapeOf(columns: readonly OutputColumn[], format: RowFormat): Shape {
  let formats = shapes.get(columns)
  if (formats === undefined) shapes.set(columns, (formats = new Map()))
  let shape = formats.get(format)
  if (shape === undefined) formats.set(format, (shape = makeShape(columns, format)))
  return shape
}

function makeShape(columns: readonly OutputColumn[], format: RowFormat): Shape {
  const shown = columns.filter((c) => !c.hidden)
  const bare = format === 'value' || format === 'values'
  const json = format !== 'csv'
  const prefixes = columns.map((c) => {
    if (c.hidden || bare) return Buffer.alloc(0)
    const first = c === shown[0]
    return Buffer.from(json ? `${first ? '{' : ','}${JSON.stringify(c.name)}:` : first ? '' : ',')
  })
  const csvName = (name: string) =>
    /[",\r\n]/.test(name) || name === '' ? `"${name.replaceAll('"', '""')}"` : name
  const opening = !json
    ? `${shown.map((c) => csvName(c.name)).join(',')}\r\n`
    : format === 'array' || format === 'values'
      ? '['
      : ''
  return {
    bare,
    json,
    one: format === 'object' || format === 'value',
    kinds: Uint8Array.from(columns, (c) => (c.hidden ? kind.hidden : kind[c.encoding])),
    prefixes,
    anyShown: shown.length > 0,
    anyHidden: shown.length < columns.length,
    fixed: prefixes.reduce((sum, prefix) => sum + prefix.length + 24, 8),
    opening: Buffer.from(opening),
    expected: 0,
  }
}

/**
 * Makes the writer of one statement's rows.
 * @param keep rows beyond this many are counted, not written
 * @throws Error when a row has another number of columns than `columns`
 */
export function createRowWriter(
  columns: readonly OutputColumn[],
  format: RowFormat,
  keep: number,
  scratch: Scratch,
): RowWriter {
  const shape = shapeOf(columns, format)
  const { bare, json, one, kinds, prefixes, anyShown, anyHidden, fixed, opening } = shape
  let limit = 0
  let out = scratch.buffer
  let end = 0
  let rows = 0
  let written = 0
  let lastBytes: Buffer | undefined
  let lastStart = 0
  /** `lastBytes` is our own. */
  let held = false

  const room = (bytes: number) => {
    if (end + bytes <= out.length) return
    const wanted = Math.max(out.length * 2, end + bytes)
    const larger = wanted > scratchLimit ? takeBuffer(wanted) : Buffer.allocUnsafeSlow(wanted)
    out.copy(larger, 0, 0, end)
    if (out.length > scratchLimit) giveBuffer(out)
    out = larger
  }
  /** RFC 4180: quoted when it holds a quote, a comma or a line break; and when it is empty, which without quotes is NULL. */
  const csvText = (bytes: Buffer, from: number, to: number) => {
    let needs = from === to
    for (let i = from; i < to && !needs; i++) {
      const byte = bytes[i] as number
      needs = byte === quote || byte === comma || byte === newline || byte === 13
    }
    if (!needs) {
      end = copyInto(out, end, bytes, from, to)
      return
    }
    room((to - from) * 2 + 16)
    out[end++] = quote
    for (let i = from; i < to; i++) {
      const byte = bytes[i] as number
      if (byte === quote) out[end++] = quote
      out[end++] = byte
    }
    out[end++] = quote
  }

  /** One value into `out`; room for the value and 48 bytes is there. */
  const field = (how: number, bytes: Buffer, from: number, to: number) => {
    switch (how) {
      case kind.text:
        if (!json) {
          csvText(bytes, from, to)
          return
        }
        room((to - from) * 6 + 24)
        out[end++] = quote
        end = textInto(out, end, bytes, from, to)
        out[end++] = quote
        return
      case kind.number:
        end = copyInto(out, end, bytes, from, to)
        return
      case kind.raw:
        if (!json) csvText(bytes, from, to)
        else if (format === 'ndjson') end = lineInto(out, end, bytes, from, to)
        else end = copyInto(out, end, bytes, from, to)
        return
      case kind.boolean:
        end = putInto(out, end, bytes[from] === 0x74 ? literalTrue : literalFalse)
        return
      case kind.float:
        end = json ? floatInto(out, end, bytes, from, to) : copyInto(out, end, bytes, from, to)
        return
      case kind.timestamp:
      case kind.datetime:
        if (json) out[end++] = quote
        end = timestampInto(out, end, bytes, from, to, how === kind.timestamp)
        if (json) out[end++] = quote
        return
      default:
        if (json) out[end++] = quote
        end = microsInto(out, end, bytes, from, how === kind.timestampMicros)
        if (json) out[end++] = quote
    }
  }

  /** A row of any size and format, with room made for each value. */
  const columnByColumn = (bytes: Buffer, start: number) => {
    let at = start + 2
    for (let i = 0; i < columns.length; i++) {
      const length = lengthAt(bytes, at)
      at += 4
      const how = kinds[i] as number
      if (how === kind.hidden) {
        if (length > 0) at += length
        continue
      }
      const prefix = prefixes[i] as Buffer
      // Quotes, a longer zone, `false` for `f`, a timestamp of eight bytes and the like fit in 48.
      room(prefix.length + Math.max(0, length) + 48)
      end = putInto(out, end, prefix)
      if (length < 0) {
        if (json) end = putInto(out, end, literalNull)
      } else {
        field(how, bytes, at, at + length)
        at += length
      }
      if (bare) break
    }
  }

  const begin = (most: number) => {
    limit = one ? Math.min(most, 1) : most
    out = shape.expected > scratchLimit ? takeBuffer(shape.expected) : scratch.buffer
    end = 0
    rows = 0
    written = 0
    lastBytes = undefined
    room(opening.length)
    end = putInto(out, end, opening)
  }
  begin(keep)

  return {
    begin,
    row(bytes, start) {
      rows++
      if (rows > limit) return
      lastBytes = bytes
      lastStart = start
      held = false
      const count = (bytes[start] as number) * 256 + (bytes[start + 1] as number)
      if (count !== columns.length)
        throw new Error(`the server sent ${count} columns, the statement has ${columns.length}`)
      if (written++ > 0 && (format === 'array' || format === 'values')) {
        room(1)
        out[end++] = comma
      }
      const payload = json && !bare ? payloadOf(bytes, start) : smallPayload + 1
      if (payload <= smallPayload) {
        room(payload * 6 + fixed)
        end = membersInto(out, end, bytes, start, kinds, prefixes, format === 'ndjson')
      } else columnByColumn(bytes, start)
      if (bare) return
      room(4)
      if (json) {
        if (!anyShown) out[end++] = 0x7b
        out[end++] = 0x7d
        if (format === 'ndjson') out[end++] = newline
      } else {
        out[end++] = 13
        out[end++] = newline
      }
    },
    hold() {
      if (!anyHidden || lastBytes === undefined || held) return
      let to = lastStart + 2
      for (let i = 0; i < columns.length; i++) to += 4 + Math.max(0, lengthAt(lastBytes, to))
      lastBytes = Buffer.from(lastBytes.subarray(lastStart, to))
      lastStart = 0
      held = true
    },
    pending: () => end,
    take() {
      const body = out.subarray(0, end)
      // The reader of the stream still holds `body`: go on in a new buffer.
      out = Buffer.allocUnsafeSlow(Math.max(8192, Math.min(out.length, scratchLimit)))
      end = 0
      return body
    },
    rows: () => rows,
    finish() {
      if (format === 'array' || format === 'values') {
        room(1)
        out[end++] = 0x5d
      }
      let hidden: (string | null)[] | undefined
      if (lastBytes !== undefined && anyHidden) {
        hidden = []
        let at = lastStart + 2
        for (let i = 0; i < columns.length; i++) {
          const length = lastBytes.readInt32BE(at)
          at += 4
          if (kinds[i] === kind.hidden)
            hidden.push(length < 0 ? null : lastBytes.toString('utf8', at, at + length))
          if (length > 0) at += length
        }
      }
      lastBytes = undefined
      // An eighth on top, so that bodies of about one size fit at once; what has shrunk is forgotten step by step.
      shape.expected = Math.max(end + (end >> 3), shape.expected - (shape.expected >> 3))
      const full = out
      const body = full.length > scratchLimit ? full.subarray(0, end) : Buffer.from(full.subarray(0, end))
      if (full.length <= scratchLimit) scratch.buffer = full
      // Between two statements a writer holds nothing: there are many, and a body that was handed over is not ours.
      out = empty
      return { body, rows, hidden }
    },
  }
}
