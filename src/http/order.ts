/** `order=-created_at.nullslast,id`. */
import type { OrderItem } from '#contract/request.ts'
import { listStops, peek, type Reader, readName, skipSpaces, unexpected } from './names.ts'
import { invalid } from './refuse.ts'

const nullsWords: ReadonlyMap<string, 'first' | 'last'> = new Map([
  ['nullsfirst', 'first'],
  ['nullslast', 'last'],
])

function readNulls(reader: Reader, field: string): 'first' | 'last' | undefined {
  if (peek(reader) !== '.') return undefined
  reader.at++
  const word = readName(reader, listStops)
  const nulls = nullsWords.get(word)
  if (nulls === undefined)
    throw invalid(
      reader.parameter,
      `behind "${field}." stands nullsfirst or nullslast; rows are ordered by their own fields only, and a field with a dot is written in double quotes`,
    )
  return nulls
}

/**
 * Reads an order: fields between commas, `-` before a field for descending, `.nullsfirst` or `.nullslast` behind it.
 * Fields only; a name with punctuation, or that begins with `-`, is written in double quotes.
 * @throws GatewayError invalid_parameter
 */
export function parseOrder(text: string, parameter: string): OrderItem[] {
  const reader: Reader = { text, parameter, at: 0 }
  const items: OrderItem[] = []
  const seen = new Set<string>()
  for (;;) {
    skipSpaces(reader)
    const descending = peek(reader) === '-'
    if (descending) reader.at++
    if (peek(reader) === '-')
      throw unexpected(reader, 'a name (in double quotes when it begins with a minus)')
    const field = readName(reader, listStops)
    if (seen.has(field)) throw invalid(parameter, `orders by "${field}" twice`)
    seen.add(field)
    const nulls = readNulls(reader, field)
    items.push(nulls === undefined ? { field, descending } : { field, descending, nulls })
    if (reader.at === text.length) return items
    if (peek(reader) !== ',') throw unexpected(reader, '","')
    reader.at++
  }
}
