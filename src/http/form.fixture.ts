/** What the tests of the parsers share: a form to start from, and how a refusal is looked at. */
import { GatewayError, type ErrorCode, type ErrorFacts } from '#base/errors.ts'
import type { Filter, Query, ReadRequest } from '#contract/request.ts'
import type { FormLimits } from './limits.ts'
import { parseRead } from './parse.ts'

export const limits: FormLimits = {
  maxLimit: 1000,
  maxDepth: 3,
  maxConditions: 10,
  maxEmbeds: 4,
  maxListValues: 200,
  jsonDepth: 8,
  bodyValues: 100,
  bulkRows: 3,
}

/** A header getter over names in lower case. */
export const headers =
  (values: Readonly<Record<string, string>> = {}) =>
  (name: string): string | undefined =>
    values[name]

/** Reads the collection `orders` with this query string. */
export const read = (search: string, values: Readonly<Record<string, string>> = {}): ReadRequest =>
  parseRead({ resource: 'orders', key: undefined, search, header: headers(values), limits })

/** A query string of one parameter, percent-encoded. */
export const parameter = (name: string, value: string): string =>
  `?${encodeURIComponent(name)}=${encodeURIComponent(value)}`

/** The query behind `select=`. */
export const selecting = (text: string): Query => read(parameter('select', text)).query

/** The filter behind `filter=`. */
export const filtering = (json: unknown): Filter | undefined =>
  read(parameter('filter', typeof json === 'string' ? json : JSON.stringify(json))).query.filter

/** What `body` refuses with. Anything but a GatewayError fails the test. */
export function refusal(body: () => unknown): { code: ErrorCode; detail: string; facts: ErrorFacts } {
  try {
    body()
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, detail: error.message, facts: error.facts }
    throw error
  }
  throw new Error('nothing was refused')
}
