/** The options in the parentheses of an embed: `items(limit=5;order=-quantity;quantity[gt]=2;…)`. */
import { GatewayError } from '#base/errors.ts'
import type { Filter, OrderItem, RelationRef } from '#contract/request.ts'
import { type Collector, flatCondition } from './conditions.ts'
import { parseLimit, parseOffset } from './counts.ts'
import { parseJsonFilter } from './json-filter.ts'
import {
  expectChar,
  listStops,
  peek,
  type Reader,
  readOperator,
  readPath,
  readQuoted,
  skipSpaces,
  unexpected,
} from './names.ts'
import { parseOrder } from './order.ts'
import { invalid, shown } from './refuse.ts'

const embedOptions = ['filter', 'order', 'limit', 'offset'] as const
type EmbedOption = (typeof embedOptions)[number]
/** Reserved at the top, meaningless within an embed. */
const topOnly: ReadonlySet<string> = new Set(['select', 'after'])

const isEmbedOption = (name: string): name is EmbedOption =>
  (embedOptions as readonly string[]).includes(name)

/** Moves behind a quoted run, or to the end of the text when it does not end. */
function skipQuoted(reader: Reader): void {
  for (reader.at++; reader.at < reader.text.length; reader.at++) {
    const char = peek(reader)
    if (char === '\\') reader.at++
    else if (char === '"') break
  }
  reader.at++
}

/** Whether the segment that begins here is an option: it has a `=` before any punctuation of a select list. */
export function startsOption(reader: Reader): boolean {
  const ahead: Reader = { ...reader }
  while (ahead.at < ahead.text.length) {
    const char = peek(ahead)
    if (char === '=') return true
    if (',;():'.includes(char)) return false
    if (char === '"') skipQuoted(ahead)
    else ahead.at++
  }
  return false
}

/** The text of an option: up to the `;` or `)` outside double quotes, the quotes still in it. */
function readOptionText(reader: Reader): string {
  const start = reader.at
  while (reader.at < reader.text.length && peek(reader) !== ';' && peek(reader) !== ')') {
    if (peek(reader) === '"') skipQuoted(reader)
    else reader.at++
  }
  return reader.text.slice(start, reader.at)
}

/** The value of a condition: as it stands, or in double quotes from the first to the last character. */
function unquote(text: string, parameter: string): string {
  if (!text.includes('"')) return text
  const reader: Reader = { text, parameter, at: 0 }
  if (peek(reader) !== '"')
    throw invalid(parameter, 'a value with a double quote is itself written in double quotes')
  const value = readQuoted(reader)
  if (reader.at < text.length) throw unexpected(reader, 'the end of the value')
  return value
}

/** The options of one embed while they are read. */
export interface EmbedOptions {
  readonly filters: Filter[]
  order: OrderItem[]
  limit: number | undefined
  offset: number | undefined
  /** Reserved ones that were there. */
  readonly seen: Set<string>
}

export const newEmbedOptions = (): EmbedOptions => ({
  filters: [],
  order: [],
  limit: undefined,
  offset: undefined,
  seen: new Set(),
})

function readReserved(
  reader: Reader,
  collector: Collector,
  name: EmbedOption,
  parameter: string,
  options: EmbedOptions,
): void {
  if (options.seen.has(name)) throw invalid(parameter, 'is given twice')
  options.seen.add(name)
  const text = readOptionText(reader)
  switch (name) {
    case 'filter': {
      const filter = parseJsonFilter(collector, text, parameter)
      if (filter !== undefined) options.filters.push(filter)
      return
    }
    case 'order':
      options.order = parseOrder(text, parameter)
      return
    case 'limit':
      options.limit = parseLimit(text, parameter, undefined)
      return
    case 'offset':
      options.offset = parseOffset(text, parameter)
      return
    default:
      name satisfies never
  }
}

/**
 * Reads one option: a reserved one, or a condition on the related rows. The value of a condition stands as it is, or,
 * with `;`, `)` or a double quote in it, in double quotes; in lists each item is quoted by itself.
 * @throws GatewayError invalid_parameter, unknown_parameter, unknown_operator, too_complex
 */
export function readOption(reader: Reader, collector: Collector, options: EmbedOptions): void {
  skipSpaces(reader)
  const start = reader.at
  const quoted = peek(reader) === '"'
  const path = readPath(reader, listStops)
  const operator = readOperator(reader)
  const parameter = `${reader.parameter}.${reader.text.slice(start, reader.at).trim()}`
  expectChar(reader, '=')
  const first = path[0] as RelationRef
  if (!quoted && path.length === 1 && first.hint === undefined && operator === undefined) {
    if (topOnly.has(first.name))
      throw new GatewayError(
        'unknown_parameter',
        `${shown(parameter)}: has no meaning within an embed, which takes conditions, ${embedOptions.join(', ')}, and last its fields`,
        { facts: { parameter: shown(parameter), parameters: embedOptions } },
      )
    if (isEmbedOption(first.name)) return readReserved(reader, collector, first.name, parameter, options)
  }
  const text = readOptionText(reader)
  const isList = operator === 'in' || operator === 'nin' || operator === 'between'
  const value = isList ? text : unquote(text, parameter)
  options.filters.push(flatCondition(collector, path, operator ?? 'eq', value, parameter))
}
