/** Bodies: which type they are, and which rows or arguments they hold. */
import { GatewayError } from '#base/errors.ts'
import { parseCsv } from './csv.ts'
import { readPair, splitOutsideQuotes } from './header-list.ts'
import { isRawNumber, parseJson } from './json.ts'
import type { FormLimits } from './limits.ts'
import { shown } from './refuse.ts'

export type Row = Readonly<Record<string, unknown>>

/** A body as it came: the headers that describe it, and its bytes. */
export interface Body {
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
  readonly bytes: Uint8Array
}

const noBytes = new Uint8Array(0)

/** The body of a request; `header` is as in Form, undefined bytes are none. */
export function bodyOf(header: (name: string) => string | undefined, bytes: Uint8Array | undefined): Body {
  return {
    contentType: header('content-type'),
    contentEncoding: header('content-encoding'),
    bytes: bytes ?? noBytes,
  }
}

const supported: readonly string[] = ['application/json', 'text/csv']

function unsupported(header: string, value: string, why: string, accepted: readonly string[]): GatewayError {
  return new GatewayError('unsupported_media_type', `${header}: ${shown(value)} ${why}`, {
    facts: { header, accepted },
  })
}

/** Whether a Content-Type says CSV, whatever its parameters. */
export const isCsv = (contentType: string | undefined): boolean =>
  contentType !== undefined && /^\s*text\/csv\s*(?:;|$)/i.test(contentType)

/**
 * Tells the type of a body; without Content-Type it is JSON.
 * @throws GatewayError unsupported_media_type, also for a charset other than UTF-8 and for encoded bodies
 */
export function bodyType({ contentType, contentEncoding }: Body): 'json' | 'csv' {
  if (contentEncoding !== undefined && !/^\s*(?:identity)?\s*$/i.test(contentEncoding))
    throw unsupported('Content-Encoding', contentEncoding, 'is not taken; send the body as it is', [
      'identity',
    ])
  if (contentType === undefined || contentType === 'application/json' || contentType.trim() === '')
    return 'json'
  const [type = '', ...parameters] = splitOutsideQuotes(contentType, ';')
  const name = type.toLowerCase()
  if (!supported.includes(name))
    throw unsupported('Content-Type', contentType, `is not taken; ${supported.join(' or ')} is`, supported)
  for (const parameter of parameters) {
    const pair = readPair(parameter)
    if (pair?.name === 'charset' && !/^utf-?8$/i.test(pair.value))
      throw unsupported('Content-Type', contentType, 'is not taken; text is UTF-8', ['charset=utf-8'])
    if (pair?.name === 'header' && pair.value.toLowerCase() === 'absent')
      throw unsupported('Content-Type', contentType, 'is not taken; CSV has a header row', ['header=present'])
  }
  return name === 'text/csv' ? 'csv' : 'json'
}

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value)

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (isRawNumber(value)) return 'a number'
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function malformed(why: string, facts: Readonly<Record<string, unknown>> = {}): GatewayError {
  return new GatewayError('malformed_body', `body: ${why}`, { facts })
}

/** Without a prototype nothing is found in a row but its own members, `constructor` and `__proto__` included. */
const bare = (row: Row): Row => Object.setPrototypeOf(row, null) as Row

/**
 * Reads what a POST inserts: one object, or a list of objects, or CSV (always a list).
 * @throws GatewayError malformed_body naming the row (from 1), bad_value, body_too_large, unsupported_media_type
 */
export function readRows(body: Body, limits: FormLimits): { rows: readonly Row[]; many: boolean } {
  if (bodyType(body) === 'csv') return { rows: parseCsv(body.bytes, limits), many: true }
  const value = parseJson(body.bytes, limits, limits.bulkRows)
  if (isRow(value)) return { rows: [bare(value)], many: false }
  if (!Array.isArray(value)) throw malformed(`must be an object or a list of objects, is ${kindOf(value)}`)
  value.forEach((item, i) => {
    if (!isRow(item)) throw malformed(`row ${i + 1} must be an object, is ${kindOf(item)}`, { row: i + 1 })
    bare(item)
  })
  return { rows: value as Row[], many: true }
}

/**
 * Reads what a PUT or PATCH writes: one object, or CSV of one row.
 * @throws GatewayError malformed_body, bad_value, unsupported_media_type
 */
export function readRow(body: Body, limits: FormLimits): Row {
  if (bodyType(body) === 'csv') {
    const rows = parseCsv(body.bytes, limits)
    if (rows.length !== 1) throw malformed(`must hold one row, holds ${rows.length}`, { actual: rows.length })
    return rows[0] as Row
  }
  const value = parseJson(body.bytes, limits)
  if (!isRow(value)) throw malformed(`must be one object, is ${kindOf(value)}`)
  return bare(value)
}

/**
 * Reads the arguments of a call: a JSON object by parameter name, or no body at all.
 * @throws GatewayError malformed_body, bad_value, unsupported_media_type
 */
export function readArguments(body: Body, limits: FormLimits): Row {
  if (body.bytes.length === 0) return Object.create(null) as Row
  if (bodyType(body) === 'csv')
    throw unsupported('Content-Type', 'text/csv', 'is not taken; arguments are a JSON object', [
      'application/json',
    ])
  const value = parseJson(body.bytes, limits)
  if (!isRow(value)) throw malformed(`must be an object of arguments, is ${kindOf(value)}`)
  return bare(value)
}
