/** CSV in (RFC 4180): a header row of field names, then rows of texts. */
import { GatewayError } from '#base/errors.ts'
import { decodeUtf8 } from './json.ts'
import type { FormLimits } from './limits.ts'
import { shown, tooManyValues } from './refuse.ts'

/** One row: texts and nulls by field name. Without a prototype, so that no field name is special. */
export type CsvRow = Readonly<Record<string, string | null>>

function malformed(row: number, why: string): GatewayError {
  const where = row === 0 ? 'the header row' : `row ${row}`
  return new GatewayError('malformed_body', `body: ${where} ${why}`, { facts: { row } })
}

/** Reads records one after the other; `row` counts them, the header row being 0. */
function recordReader(text: string, maxCells: number) {
  let at = 0
  let row = 0

  const quotedCell = (): string => {
    let out = ''
    for (;;) {
      const end = text.indexOf('"', at + 1)
      if (end < 0) throw malformed(row, 'has a quoted field that does not end')
      out += text.slice(at + 1, end)
      at = end + 1
      if (text.charCodeAt(at) !== 34) return out
      out += '"'
    }
  }

  const bareCell = (): string | null => {
    const start = at
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (code === 44 || code === 10 || code === 13) break
      if (code === 34) throw malformed(row, 'has a double quote within an unquoted field')
    }
    return at === start ? null : text.slice(start, at)
  }

  return {
    /** The next record; undefined at the end. A line break behind the last one is no record of its own. */
    next: (): (string | null)[] | undefined => {
      if (at >= text.length) return undefined
      const cells: (string | null)[] = []
      for (;;) {
        if (cells.length === maxCells) throw tooManyValues(maxCells)
        cells.push(text.charCodeAt(at) === 34 ? quotedCell() : bareCell())
        if (text.charCodeAt(at) === 44) {
          at++
          continue
        }
        if (text.charCodeAt(at) === 13 && text.charCodeAt(at + 1) === 10) at += 2
        else if (text.charCodeAt(at) === 10) at++
        else if (at < text.length)
          throw malformed(row, 'has something other than a comma or a line break behind a field')
        row++
        return cells
      }
    },
  }
}

function readHeader(cells: readonly (string | null)[] | undefined): readonly string[] {
  if (cells === undefined) throw malformed(0, 'is missing')
  const names = new Set<string>()
  for (const name of cells) {
    if (name === null || name === '') throw malformed(0, 'has a field without a name')
    if (names.has(name)) throw malformed(0, `names "${shown(name)}" twice`)
    names.add(name)
  }
  return [...names]
}

/**
 * Parses a CSV body. Lines end in CRLF or LF. An unquoted empty field is null, `""` is the empty text; texts are not
 * trimmed. Rows are counted from 1, the header row apart.
 * @throws GatewayError malformed_body naming the row; bad_value for a NUL character; body_too_large for more rows
 *   or values than the limits allow
 */
export function parseCsv(
  bytes: Uint8Array,
  { bulkRows: maxRows, bodyValues }: Pick<FormLimits, 'bulkRows' | 'bodyValues'>,
): CsvRow[] {
  const text = decodeUtf8(bytes)
  const records = recordReader(text, bodyValues)
  const names = readHeader(records.next())
  const rows: CsvRow[] = []
  let count = 0
  for (let cells = records.next(); cells !== undefined; cells = records.next()) {
    count++
    if (cells.length !== names.length)
      throw malformed(count, `has ${cells.length} fields, the header row ${names.length}`)
    // Beyond the limit rows are only counted.
    if (count > maxRows) continue
    // The header may be long and all rows nothing but commas.
    if (count * names.length > bodyValues) throw tooManyValues(bodyValues)
    const row: Record<string, string | null> = Object.create(null)
    for (const [i, name] of names.entries()) row[name] = cells[i] as string | null
    rows.push(row)
  }
  if (count > maxRows)
    throw new GatewayError('body_too_large', `body: has ${count} rows, at most ${maxRows}`, {
      facts: { limit: maxRows, actual: count },
    })
  if (text.includes('\0')) throw nulIn(rows)
  return rows
}

function nulIn(rows: readonly CsvRow[]): GatewayError {
  for (const [i, row] of rows.entries())
    for (const [name, value] of Object.entries(row))
      if (value?.includes('\0'))
        return new GatewayError(
          'bad_value',
          `body: row ${i + 1}, ${shown(name)} holds a NUL character, which no database stores`,
          { facts: { row: i + 1, member: shown(name) } },
        )
  return malformed(0, 'holds a NUL character')
}
