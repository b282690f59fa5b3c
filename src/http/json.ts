/** JSON text to values without losing a digit, and without trusting its depth. */
import { GatewayError, type ErrorCode } from '#base/errors.ts'
import { countMembers, endOfString, repeatedMember } from './json-members.ts'
import type { FormLimits } from './limits.ts'
import { shown, tooManyValues } from './refuse.ts'

/** Source text access of JSON.parse (ECMA-262, 2026): in Node since 22, not yet in TypeScript's library. */
const exactJson = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): boolean
}

/** Whether the value is a number kept as its own text (`JSON.rawJSON`), because a double would print it otherwise. */
export const isRawNumber = (value: unknown): value is { readonly rawJSON: string } =>
  exactJson.isRawJSON(value)

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Bytes to text; a byte order mark is dropped.
 * @throws GatewayError malformed_body when the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new GatewayError('malformed_body', 'body: is not valid UTF-8')
  }
}

/** What one linear pass over the text tells before it is parsed. Of text that is no JSON it tells something, too. */
interface Scan {
  /** Deepest nesting; a scalar has 0. */
  readonly depth: number
  /** Items of the list at the top; 0 when there is no list at the top. */
  readonly items: number
  /** Members of all objects, each as often as it stands there. */
  readonly members: number
  /** Values of all kinds and depths, lists and objects among them. */
  readonly values: number
  /** Some number may print otherwise than it is written. */
  readonly exact: boolean
}

/** Numbers a double may print otherwise: long, with exponent, trailing zeros in the fraction, minus zero, tiny. */
const inexact = /[eE]|\.\d*0$|^-0$|^-?0\.000000/

function endOfNumber(text: string, start: number): number {
  let i = start + 1
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const more =
      (code >= 48 && code <= 57) || code === 46 || code === 43 || code === 45 || (code | 32) === 101
    if (!more) break
  }
  return i
}

/** What the words of JSON begin with, and have nowhere else: true, false, null. */
const beginsWord = (code: number) => code === 116 || code === 102 || code === 110

/** Tells depth, length of the list at the top, number of members and values, and whether numbers need care, without recursion. */
export function scanJson(text: string): Scan {
  let depth = 0
  let deepest = 0
  let commas = 0
  let members = 0
  let values = 0
  let filled = false
  let exact = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 32) continue
    if (code === 91 || code === 123) {
      filled ||= depth === 1
      values++
      if (++depth > deepest) deepest = depth
      continue
    }
    if (code === 93 || code === 125) {
      depth--
      continue
    }
    filled ||= depth === 1
    if (code === 34) {
      values++
      i = endOfString(text, i)
    } else if (code === 44) {
      if (depth === 1) commas++
    } else if (code === 58) members++
    else if (code === 45 || (code >= 48 && code <= 57)) {
      const end = endOfNumber(text, i)
      exact ||= end - i > 15 || inexact.test(text.slice(i, end))
      i = end - 1
      values++
    } else if (beginsWord(code)) values++
  }
  const isList = text.trimStart().startsWith('[')
  return {
    depth: deepest,
    items: isList && filled ? commas + 1 : 0,
    members,
    values: values - members,
    exact,
  }
}

/** What to blame, with which codes: a body is refused otherwise than a parameter. */
export interface JsonOrigin {
  readonly maxDepth: number
  /** Most items of a list at the top. */
  readonly maxItems: number | undefined
  /** Most values of a body; a parameter is short enough by itself. */
  readonly maxValues?: number
  /** Names the text in errors. */
  readonly what: string
  readonly codes: { readonly syntax: ErrorCode; readonly depth: ErrorCode; readonly value: ErrorCode }
}

/** Escapes that can make a NUL character or half a surrogate pair; whether they do is seen in the parsed value. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/

function refuseCharacters(value: unknown, path: string, origin: JsonOrigin): void {
  if (typeof value === 'string') {
    const why = value.includes('\0')
      ? 'holds a NUL character, which no database stores'
      : value.isWellFormed()
        ? undefined
        : 'holds half a surrogate pair, which is no character'
    if (why !== undefined)
      throw new GatewayError(
        origin.codes.value,
        `${shown(origin.what)}: ${shown(path === '' ? 'the value' : path)} ${why}`,
        {
          facts: { parameter: shown(origin.what), member: shown(path) },
        },
      )
  } else if (Array.isArray(value)) {
    value.forEach((item, i) => refuseCharacters(item, `${path}[${i}]`, origin))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`
      refuseCharacters(key, at, origin)
      refuseCharacters(item, at, origin)
    }
  }
}

/**
 * Parses JSON text. A number whose double would print another text (more digits than it holds, `1.10`, `1e3`, `-0`)
 * becomes a JSON.rawJSON object. A member that stands twice is refused (RFC 8259 leaves open what it means, and JSON.parse
 * would keep the last alone); a member `__proto__` is an own property like any other.
 * @throws GatewayError with the codes of `origin`: syntax, also for a repeated member, named by its path; depth, before parsing; value for characters no database
 *   stores; body_too_large for more than `maxItems` or `maxValues`
 */
export function parseJsonText(text: string, origin: JsonOrigin): unknown {
  const what = shown(origin.what)
  const scan = scanJson(text)
  if (scan.depth > origin.maxDepth)
    throw new GatewayError(
      origin.codes.depth,
      `${what}: JSON is nested ${scan.depth} deep, at most ${origin.maxDepth}`,
      { facts: { parameter: what, limit: origin.maxDepth, actual: scan.depth } },
    )
  if (origin.maxItems !== undefined && scan.items > origin.maxItems)
    throw new GatewayError('body_too_large', `${what}: has ${scan.items} rows, at most ${origin.maxItems}`, {
      facts: { limit: origin.maxItems, actual: scan.items },
    })
  if (origin.maxValues !== undefined && scan.values > origin.maxValues)
    throw tooManyValues(origin.maxValues, scan.values)
  let value: unknown
  try {
    value = scan.exact
      ? exactJson.parse(text, (_key, inner, { source }) =>
          typeof inner === 'number' && source !== undefined && String(inner) !== source
            ? exactJson.rawJSON(source)
            : inner,
        )
      : JSON.parse(text)
  } catch (cause) {
    // The engine's message quotes the text, which may hold secrets; only the place is repeated.
    const position = /at position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1]
    const at = position === undefined ? '' : ` at character ${Number(position) + 1}`
    throw new GatewayError(origin.codes.syntax, `${what}: is not valid JSON${at}`, {
      cause,
      facts: { parameter: what, ...(position === undefined ? {} : { position: Number(position) + 1 }) },
    })
  }
  if (scan.members !== countMembers(value, isRawNumber)) {
    const member = shown(repeatedMember(text) ?? '')
    throw new GatewayError(origin.codes.syntax, `${what}: ${member} is given twice`, {
      facts: { parameter: what, member },
    })
  }
  if (suspicious.test(text)) refuseCharacters(value, '', origin)
  return value
}

/**
 * Parses a body as JSON. `maxItems` is the longest list at the top.
 * @throws GatewayError malformed_body, bad_value, body_too_large
 */
export function parseJson(
  bytes: Uint8Array,
  { jsonDepth, bodyValues }: Pick<FormLimits, 'jsonDepth' | 'bodyValues'>,
  maxItems?: number,
): unknown {
  if (bytes.length === 0) throw new GatewayError('malformed_body', 'body: is empty')
  return parseJsonText(decodeUtf8(bytes), {
    maxDepth: jsonDepth,
    maxItems,
    maxValues: bodyValues,
    what: 'body',
    codes: { syntax: 'malformed_body', depth: 'malformed_body', value: 'bad_value' },
  })
}
