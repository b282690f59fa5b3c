/** Values as tedious reads them → rows of texts in the form of PostgreSQL's DataRow, which the row writer of all engines takes. */
import type { OutputColumn } from '#engine/engine.ts'
import { doubleText, singleText } from '#engine/floats.ts'
import { unmarked } from './marks.ts'

/** A column of a result, as far as it matters here; tedious' ColumnMetadata is one. */
export interface ResultColumn {
  readonly colName: string
  readonly type: { readonly name: string }
  /** Bytes of a value; 4 of a `real`. */
  readonly dataLength?: number | undefined
}

/** How a value that is not NULL becomes text. */
export type ToText = (value: unknown) => string

/**
 * The text of one column's values: numbers in their shortest form, `t` and `f`, binary as base64. The dialect casts what
 * tedious would round (decimal, money, bigint, dates) to text in the statement; where a procedure sends such a column all
 * the same, it is written as well as it came.
 */
export function textOf(column: ResultColumn): ToText {
  switch (column.type.name) {
    case 'Real':
      return (value) => singleText(value as number)
    case 'FloatN':
      return column.dataLength === 4
        ? (value) => singleText(value as number)
        : (value) => doubleText(value as number)
    case 'Float':
      return (value) => doubleText(value as number)
    case 'Date':
      return (value) => (value as Date).toISOString().slice(0, -'T00:00:00.000Z'.length)
    case 'Time':
      return (value) => withFraction(value as Date, 'T', '')
    case 'DateTimeOffset':
      return (value) => withFraction(value as Date, '', '+00')
    default:
      return plain
  }
}

const plain: ToText = (value) => {
  switch (typeof value) {
    case 'string':
      return value
    case 'boolean':
      return value ? 't' : 'f'
    case 'number':
      return doubleText(value)
    default:
      if (Buffer.isBuffer(value)) return value.toString('base64')
      return value instanceof Date ? withFraction(value, '', '') : String(value)
  }
}

/** A Date of tedious has its tenths of microseconds beside it, in seconds. @param after text that what is left out ends with */
function withFraction(value: Date & { nanosecondsDelta?: number }, after: string, zone: string): string {
  const iso = value.toISOString()
  const dot = iso.lastIndexOf('.')
  const ticks = value.getUTCMilliseconds() * 10_000 + Math.round((value.nanosecondsDelta ?? 0) * 1e7)
  const fraction = ticks === 0 ? '' : `.${String(ticks).padStart(7, '0').replace(/0+$/, '')}`
  const whole = iso.slice(after === '' ? 0 : iso.indexOf(after) + after.length, dot).replace('T', ' ')
  return `${whole}${fraction}${zone}`
}

/** Turns the rows of one result into DataRow bytes, in a buffer that is used again for the next row. */
export interface RowEncoder {
  /** Before the first row of each result. `outputs`: what the statement makes of these columns. */
  begin(columns: readonly ResultColumn[], outputs: readonly OutputColumn[]): void
  /** The bytes are valid until the next call. */
  row(cells: readonly { readonly value: unknown }[]): Buffer
}

/** Texts up to this long are copied letter by letter, as a native call costs more. */
const shortText = 24
/** A letter of UTF-16 takes at most three bytes of UTF-8; longer texts are measured instead of reserved for. */
const measuredText = 4096

export function createRowEncoder(): RowEncoder {
  let out = Buffer.allocUnsafeSlow(4096)
  /** By column; undefined where strings are taken as they are. */
  let texts: readonly (ToText | undefined)[] = []

  const room = (end: number, bytes: number) => {
    if (end + bytes <= out.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(out.length * 2, end + bytes))
    out.copy(larger, 0, 0, end)
    out = larger
  }

  return {
    begin(columns, outputs) {
      texts = columns.map((column, i) => {
        const toText = textOf(column)
        if (outputs[i]?.encoding === 'raw') return (value) => unmarked(toText(value))
        return toText === plain ? undefined : toText
      })
    },
    row(cells) {
      const count = cells.length
      room(0, 2 + count * 4)
      out[0] = count >> 8
      out[1] = count & 255
      let at = 2
      for (let i = 0; i < count; i++) {
        const value = cells[i]?.value
        if (value === null || value === undefined) {
          room(at, 4)
          out.writeInt32BE(-1, at)
          at += 4
          continue
        }
        const toText = texts[i]
        const text = toText !== undefined ? toText(value) : typeof value === 'string' ? value : plain(value)
        room(at, 4 + (text.length > measuredText ? Buffer.byteLength(text) : text.length * 3))
        const end = text.length > shortText ? -1 : asciiInto(out, at + 4, text)
        const length = end < 0 ? out.write(text, at + 4) : end - at - 4
        out.writeInt32BE(length, at)
        at += 4 + length
      }
      return out
    },
  }
}

/** Writes a text of ASCII letters; -1 when it holds others. */
function asciiInto(out: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return -1
    out[at++] = code
  }
  return at
}

/** The same row as texts, for the engine's own statements. */
export const rowTexts = (
  columns: readonly ResultColumn[],
  cells: readonly { readonly value: unknown }[],
): (string | null)[] =>
  cells.map(({ value }, i) =>
    value === null || value === undefined ? null : textOf(columns[i] as ResultColumn)(value),
  )
