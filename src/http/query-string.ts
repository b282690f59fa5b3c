/** The raw URL: percent-decoding, query string to name and value pairs, path segment to key. */
import { GatewayError } from '#base/errors.ts'
import { invalid, shown } from './refuse.ts'

/** One `name=value` of a query string, decoded. */
export interface Parameter {
  readonly name: string
  readonly value: string
}

/** Visible ASCII without `%` and `+`: text that decoding leaves as it is. */
const plain = /^[!-$&-*,-~]*$/
const notVisibleAscii = /[^!-~]/

function malformed(what: string, why: string): GatewayError {
  return new GatewayError('malformed_url', `${shown(what)}: ${why}`, { facts: { parameter: shown(what) } })
}

function decodePercent(raw: string, what: string): string {
  if (notVisibleAscii.test(raw))
    throw malformed(what, 'spaces and characters beyond ASCII must be percent-encoded UTF-8')
  let text: string
  try {
    // Throws for broken escapes and for bytes that are no UTF-8, encoded surrogates included.
    text = decodeURIComponent(raw)
  } catch {
    throw malformed(what, 'is not percent-encoded UTF-8')
  }
  if (text.includes('\0')) throw malformed(what, 'holds a NUL character')
  return text
}

/**
 * Decodes one path segment (RFC 3986: `+` is itself). `what` is named in the error.
 * @throws GatewayError malformed_url
 */
export function decodeSegment(raw: string, what: string): string {
  return plain.test(raw) ? raw : decodePercent(raw, what)
}

/**
 * The key of one row, from the raw segment: parts in key order between commas. Each part is decoded after splitting,
 * so `%2C` is a comma within a part. How many parts the key has is known only later.
 * @throws GatewayError malformed_url
 */
export function parseKey(segment: string): string[] {
  return segment.split(',').map((part) => decodeSegment(part, 'key'))
}

/** application/x-www-form-urlencoded, as every client library writes query strings: `+` is a space. */
function decodeForm(raw: string, what: string): string {
  return plain.test(raw) ? raw : decodePercent(raw.replaceAll('+', '%20'), what)
}

/**
 * Splits a raw query string, with or without its `?`, into decoded pairs in their order. `+` is a space
 * (application/x-www-form-urlencoded); empty pieces (`a=1&&b=2`) are skipped.
 * @throws GatewayError malformed_url; invalid_parameter for a piece without `=` or without a name
 */
export function readQueryString(search: string): Parameter[] {
  const parameters: Parameter[] = []
  let start = search.startsWith('?') ? 1 : 0
  while (start < search.length) {
    const found = search.indexOf('&', start)
    const end = found < 0 ? search.length : found
    if (end > start) {
      const equals = search.indexOf('=', start)
      if (equals < 0 || equals > end) {
        const name = shown(search.slice(start, end))
        throw invalid(name, `has no value; write ${name}= for the empty text`)
      }
      if (equals === start) throw invalid(search.slice(start, end), 'a parameter has no name')
      const raw = search.slice(start, equals)
      const name = decodeForm(raw, raw)
      parameters.push({ name, value: decodeForm(search.slice(equals + 1, end), name) })
    }
    start = end + 1
  }
  return parameters
}

/**
 * For requests without parameters.
 * @throws GatewayError unknown_parameter for the first there is; as readQueryString does
 */
export function refuseParameters(search: string): void {
  const stray = readQueryString(search)[0]
  if (stray === undefined) return
  const name = shown(stray.name)
  throw new GatewayError('unknown_parameter', `${name}: this request takes no parameters`, {
    facts: { parameter: name, parameters: [] },
  })
}
