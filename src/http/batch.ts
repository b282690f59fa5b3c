/** The form of a batch: its items, and the path of each taken apart. */
import { GatewayError } from '#base/errors.ts'
import { readRowsOfBatch } from './batch-body.ts'
import { type Body, isCsv } from './body.ts'
import type { FormLimits } from './limits.ts'
import type { LimitsOptions } from './options.ts'

export interface BatchItem {
  readonly method: string
  /** As given: `/orders/42?select=id` or with `/api/v1` in front. */
  readonly path: string
  readonly header: (name: string) => string | undefined
  /** The item's body as JSON text, or as CSV where its Content-Type says so; undefined: none. */
  readonly body: Buffer | undefined
}

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])

const refuse = (index: number, what: string) =>
  new GatewayError('malformed_body', `Item ${index}: ${what}`, { facts: { item: index } })

/**
 * @param body `[{method, path, body?, headers?}]`
 * @throws GatewayError malformed_body, naming the item; body_too_large for too many of them
 */
export function parseBatch(body: Body, limits: FormLimits & LimitsOptions): readonly BatchItem[] {
  const items = readRowsOfBatch(body, limits)
  return items.map((item, index) => {
    for (const name of Object.keys(item))
      if (!['method', 'path', 'body', 'headers'].includes(name))
        throw refuse(
          index,
          `has the unknown member ${JSON.stringify(name.slice(0, 60))}; known are method, path, body, headers.`,
        )
    const { method, path, body } = item
    if (typeof method !== 'string' || !methods.has(method))
      throw refuse(index, `method must be one of ${[...methods].join(', ')}.`)
    if (typeof path !== 'string' || !path.startsWith('/'))
      throw refuse(index, 'path must be a text that begins with /.')
    const headers = headersOf(item['headers'], index)
    return {
      method,
      path,
      header: (name) => headers.get(name),
      body: bodyOf(body, headers.get('content-type'), index),
    }
  })
}

/** CSV stands in the item as a text, and is what that text says; any other body is JSON itself. */
function bodyOf(body: unknown, contentType: string | undefined, index: number): Buffer | undefined {
  if (body === undefined) return undefined
  if (!isCsv(contentType)) return Buffer.from(JSON.stringify(body))
  if (typeof body !== 'string')
    throw refuse(index, 'body must be a text, as its Content-Type is text/csv; JSON needs none.')
  return Buffer.from(body)
}

function headersOf(given: unknown, index: number): ReadonlyMap<string, string> {
  if (given === undefined || given === null) return new Map()
  if (typeof given !== 'object' || Array.isArray(given))
    throw refuse(index, 'headers must be an object of texts.')
  const headers = new Map<string, string>()
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string') throw refuse(index, `the header ${name.slice(0, 60)} must be a text.`)
    const lower = name.toLowerCase()
    if (headers.has(lower)) throw refuse(index, `the header ${name.slice(0, 60)} is given twice.`)
    headers.set(lower, value)
  }
  return headers
}

export interface ItemPath {
  readonly resource: string
  readonly key: string | undefined
  readonly search: string
  readonly rpc: boolean
  /** The path for Location and Link: `/api/v1/orders`. */
  readonly base: string
}

/** @throws GatewayError not_found when the path is not that of a resource, row or routine of this version */
export function itemPath(item: BatchItem, version: string): ItemPath {
  const mark = item.path.indexOf('?')
  const whole = mark < 0 ? item.path : item.path.slice(0, mark)
  const search = mark < 0 ? '' : item.path.slice(mark + 1)
  const prefix = `/api/${version}/`
  const inner = (whole.startsWith(prefix) ? whole.slice(prefix.length) : whole.slice(1)).split('/')
  const [first, second, third] = inner
  const rpc = first === 'rpc'
  const resource = rpc ? second : first
  const key = rpc ? undefined : second
  if (
    resource === undefined ||
    resource === '' ||
    (rpc ? inner.length !== 2 : third !== undefined) ||
    resource === 'batch'
  )
    throw new GatewayError('not_found', 'the path must be /{resource}, /{resource}/{key} or /rpc/{routine}.')
  return { resource, key, search, rpc, base: rpc ? `${prefix}rpc/${resource}` : prefix + resource }
}
