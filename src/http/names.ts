/** The lexing that select, order, filter keys and lists share: bare and quoted names, paths, quoted texts. */
import { operators, type Operator, type RelationRef } from '#contract/request.ts'
import { invalid, unknownOperator } from './refuse.ts'

/** A place in a text. `parameter` is blamed in errors. */
export interface Reader {
  readonly text: string
  readonly parameter: string
  at: number
}

/**
 * Characters that end a bare name. In the key of a query parameter only those that mean something there; within
 * `select` and `order` also their punctuation, and spaces around a bare name do not count. A name with one of
 * them is written in double quotes, inside which `\"` and `\\` are escapes.
 */
export const keyStops = '.![]"'
export const listStops = '.![]"(),;:='

const operatorSet: ReadonlySet<string> = new Set(operators)

/** Whether the text is one of the filter operators. */
export const isOperator = (text: string): text is Operator => operatorSet.has(text)

/** The character the reader stands on; empty at the end. */
export const peek = (reader: Reader): string => reader.text.charAt(reader.at)

/** `invalid_parameter` at the reader's place, counted in characters from 1. */
export function unexpected(reader: Reader, expected: string) {
  const found = reader.at < reader.text.length ? `"${reader.text.charAt(reader.at)}"` : 'the end'
  return invalid(reader.parameter, `expected ${expected} at character ${reader.at + 1}, found ${found}`, {
    position: reader.at + 1,
  })
}

/**
 * Moves behind `char`.
 * @throws GatewayError invalid_parameter when something else stands there
 */
export function expectChar(reader: Reader, char: string): void {
  if (peek(reader) !== char) throw unexpected(reader, `"${char}"`)
  reader.at++
}

/** Moves behind white space. */
export function skipSpaces(reader: Reader): void {
  while (reader.at < reader.text.length && reader.text.charCodeAt(reader.at) <= 32) reader.at++
}

/**
 * Reads a text in double quotes, the reader standing on the first one, and moves behind the last.
 * @throws GatewayError invalid_parameter when it does not end, or has an escape other than `\"` and `\\`
 */
export function readQuoted(reader: Reader): string {
  const { text } = reader
  let out = ''
  let from = ++reader.at
  for (; reader.at < text.length; reader.at++) {
    const char = text.charAt(reader.at)
    if (char === '"') return out + text.slice(from, reader.at++)
    if (char !== '\\') continue
    out += text.slice(from, reader.at)
    from = ++reader.at
    if (text[from] !== '"' && text[from] !== '\\') throw unexpected(reader, '\\" or \\\\')
  }
  throw unexpected(reader, 'a closing double quote')
}

/**
 * Reads a bare or quoted name.
 * @throws GatewayError invalid_parameter when there is none
 */
export function readName(reader: Reader, stops: string): string {
  const spaces = stops === listStops
  if (spaces) skipSpaces(reader)
  let name: string
  if (peek(reader) === '"') {
    name = readQuoted(reader)
    if (spaces) skipSpaces(reader)
  } else {
    const start = reader.at
    while (reader.at < reader.text.length && !stops.includes(peek(reader))) reader.at++
    name = reader.text.slice(start, reader.at)
    if (spaces) name = name.trim()
  }
  if (name === '') throw unexpected(reader, 'a name')
  return name
}

/** Relation names, then a field name (which has no hint, unless it turns out to be a relation): `customer!billing_id.country`. */
export type Path = readonly RelationRef[]

/**
 * Reads names between dots, each with an optional `!hint`.
 * @throws GatewayError invalid_parameter
 */
export function readPath(reader: Reader, stops: string): Path {
  const path: RelationRef[] = []
  for (;;) {
    const name = readName(reader, stops)
    if (peek(reader) === '!') {
      reader.at++
      path.push({ name, hint: readName(reader, stops) })
    } else path.push({ name })
    if (peek(reader) !== '.') return path
    reader.at++
  }
}

/**
 * Reads `[operator]` if there is one.
 * @returns the operator; undefined when the reader does not stand on a bracket
 * @throws GatewayError unknown_operator; invalid_parameter without a closing bracket
 */
export function readOperator(reader: Reader): Operator | undefined {
  if (peek(reader) !== '[') return undefined
  const end = reader.text.indexOf(']', reader.at)
  if (end < 0) {
    reader.at = reader.text.length
    throw unexpected(reader, '"]"')
  }
  const operator = reader.text.slice(reader.at + 1, end)
  if (!isOperator(operator)) throw unknownOperator(reader.parameter, operator)
  reader.at = end + 1
  return operator
}
