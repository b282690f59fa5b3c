/** The parameters of a query string → the query at the top of a request. */
import { GatewayError } from '#base/errors.ts'
import type { Filter, OrderItem, Query } from '#contract/request.ts'
import { allOf, type Collector, checkTotals, flatCondition } from './conditions.ts'
import { parseLimit, parseOffset } from './counts.ts'
import { parseJsonFilter } from './json-filter.ts'
import { keyStops, type Reader, readOperator, readPath, unexpected } from './names.ts'
import { parseOrder } from './order.ts'
import type { Parameter } from './query-string.ts'
import { invalid, shown } from './refuse.ts'
import { parseSelect } from './select.ts'

const reserved = ['select', 'filter', 'order', 'limit', 'offset', 'after'] as const
/** A parameter with a meaning of its own; a field of that name is reached as `limit[eq]=5` or `"limit"=5`. */
export type Reserved = (typeof reserved)[number]

const isReserved = (name: string): name is Reserved => (reserved as readonly string[]).includes(name)

/** What a kind of request takes in its query string. */
export interface Allowed {
  /** The request as errors name it: `PATCH`, `a read by key`. */
  readonly request: string
  readonly parameters: readonly Reserved[]
  /** Highest limit; undefined where rows stream. */
  readonly maxLimit: number | undefined
}

/** The query of a request without parameters: one object for all of them. */
export const emptyQuery: Query = Object.freeze({
  select: undefined,
  filter: undefined,
  order: Object.freeze([]),
  limit: undefined,
  offset: undefined,
})

const punctuation = /[.![\]"]/

function readCondition(collector: Collector, { name, value }: Parameter): Filter {
  if (!punctuation.test(name)) return flatCondition(collector, [{ name }], 'eq', value, name)
  const reader: Reader = { text: name, parameter: name, at: 0 }
  const path = readPath(reader, keyStops)
  const operator = readOperator(reader) ?? 'eq'
  if (reader.at < name.length) throw unexpected(reader, 'the end of the name')
  return flatCondition(collector, path, operator, value, name)
}

function notTaken({ request, parameters }: Allowed, name: string): GatewayError {
  const taken = parameters.includes('filter') ? ['conditions', ...parameters] : parameters
  return new GatewayError(
    'unknown_parameter',
    `${shown(name)}: has no meaning in ${request}, which takes ${taken.join(', ')}`,
    { facts: { parameter: shown(name), parameters } },
  )
}

/**
 * Reads all parameters. Conditions are ANDed, however often a field is named; reserved parameters stand once. Values
 * get their slots in the order of the conditions, those of embeds last, so that slots are part of no shape.
 * @throws GatewayError invalid_parameter, unknown_parameter, unknown_operator, too_complex
 */
export function readQuery(
  collector: Collector,
  parameters: readonly Parameter[],
  allowed: Allowed,
): { query: Query; after: string | undefined } {
  if (parameters.length === 0) return { query: emptyQuery, after: undefined }
  const filters: Filter[] = []
  const seen = new Set<Reserved>()
  let order: readonly OrderItem[] = emptyQuery.order
  let limit: number | undefined
  let offset: number | undefined
  let after: string | undefined
  let selected: string | undefined
  for (const parameter of parameters) {
    const { name, value } = parameter
    if (!isReserved(name)) {
      if (!allowed.parameters.includes('filter')) throw notTaken(allowed, name)
      filters.push(readCondition(collector, parameter))
      continue
    }
    if (!allowed.parameters.includes(name)) throw notTaken(allowed, name)
    if (seen.has(name)) throw invalid(name, 'is given twice')
    seen.add(name)
    switch (name) {
      case 'select':
        selected = value
        break
      case 'filter': {
        const filter = parseJsonFilter(collector, value, name)
        if (filter !== undefined) filters.push(filter)
        break
      }
      case 'order':
        order = parseOrder(value, name)
        break
      case 'limit':
        limit = parseLimit(value, name, allowed.maxLimit)
        break
      case 'offset':
        offset = parseOffset(value, name)
        break
      case 'after':
        after = value
        break
      default:
        name satisfies never
    }
  }
  if (after !== undefined && offset !== undefined)
    throw invalid('after', 'continues from a row, so it excludes offset')
  const select = selected === undefined ? undefined : parseSelect(collector, selected)
  checkTotals(collector)
  return { query: { select, filter: allOf(filters), order, limit, offset }, after }
}
