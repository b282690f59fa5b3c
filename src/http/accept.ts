/** Accept → which representation is sent (RFC 9110 section 12.5.1). */
import { GatewayError } from '#base/errors.ts'
import type { MediaType, NumberStyle } from '#contract/request.ts'
import { readPair, splitOutsideQuotes } from './header-list.ts'
import { shown } from './refuse.ts'

/** What the client gets: the media type, and how numbers are written in it. */
export interface Representation {
  readonly media: MediaType
  readonly numbers: NumberStyle
}

/** In the order of preference where the client has none. */
const mediaTypes: readonly (readonly [MediaType, string])[] = [
  ['json', 'application/json'],
  ['csv', 'text/csv'],
  ['ndjson', 'application/x-ndjson'],
]

/** What the answer to an Accept header that nothing fits lists. */
const available: readonly string[] = [
  'application/json',
  'application/json; numbers=string',
  'application/json; numbers=native',
  'text/csv',
  'application/x-ndjson',
]

/** One element of the header. */
interface Range {
  readonly type: string
  /** Undefined: none asked for. */
  readonly numbers: string | undefined
  readonly q: number
}

/** RFC 9110 section 12.4.2, in which digits behind the point may be none; old Java clients write `q=.2`. */
const weight = /^(?:0(?:\.\d*)?|\.\d+|1(?:\.0*)?)$/

/** An element that cannot be read asks for nothing we have: skipped, as the header is a wish and no order. */
function readRange(element: string): Range | undefined {
  const [type = '', ...parameters] = splitOutsideQuotes(element, ';')
  let numbers: string | undefined
  let q = 1
  for (const parameter of parameters) {
    const pair = readPair(parameter)
    if (pair === undefined) return undefined
    if (pair.name === 'q') {
      if (!weight.test(pair.value)) return undefined
      q = Number(pair.value)
    } else if (pair.name === 'numbers') numbers = pair.value.toLowerCase()
    else if (pair.name === 'charset' && !/^utf-?8$/i.test(pair.value)) return undefined
  }
  return { type: type.toLowerCase(), numbers, q }
}

const covers = (range: Range, name: string): boolean =>
  range.type === name || range.type === '*/*' || range.type === `${name.slice(0, name.indexOf('/'))}/*`

/** An exact type goes before type/*, that before anything, and at equal type the one that names the numbers. */
const precision = ({ type, numbers }: Range): number =>
  (type === '*/*' ? 0 : type.endsWith('/*') ? 2 : 4) + (numbers === undefined ? 0 : 1)

/** The most precise range that covers the representation; it decides its quality. */
function decisive(ranges: readonly Range[], name: string, numbers: NumberStyle): Range | undefined {
  let best: Range | undefined
  for (const range of ranges) {
    if (range.numbers !== undefined && range.numbers !== numbers) continue
    if (covers(range, name) && (best === undefined || precision(range) > precision(best))) best = range
  }
  return best
}

const json: Representation = { media: 'json', numbers: 'default' }
const styles: readonly NumberStyle[] = ['default', 'string', 'native']

/**
 * Chooses the representation of highest quality; at equal quality the one asked for most precisely, then the one
 * named first, then JSON before CSV before NDJSON. Parameters other than `q`, `numbers` and `charset` are not looked at.
 * @throws GatewayError not_acceptable listing what exists
 */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === '*/*' || accept === 'application/json' || accept.trim() === '')
    return json
  const ranges = splitOutsideQuotes(accept, ',')
    .map(readRange)
    .filter((range) => range !== undefined)
  let best: { range: Range; at: number; choice: Representation } | undefined
  for (const [media, name] of mediaTypes) {
    for (const numbers of styles) {
      const range = decisive(ranges, name, numbers)
      // A style is chosen only by a range that names it.
      if (range === undefined || range.q === 0 || (range.numbers === undefined && numbers !== 'default'))
        continue
      const at = ranges.indexOf(range)
      const ahead =
        best === undefined
          ? 1
          : range.q - best.range.q || precision(range) - precision(best.range) || best.at - at
      if (ahead > 0) best = { range, at, choice: { media, numbers } }
    }
  }
  if (best !== undefined) return best.choice
  throw new GatewayError(
    'not_acceptable',
    `Accept: nothing fits "${shown(accept)}"; there are ${available.join(', ')}`,
    {
      facts: { available },
    },
  )
}
