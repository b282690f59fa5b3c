/** An HTTP request, as plain data → a request of the contract: all refusals of form, before any name is looked up. */
import { GatewayError } from '#base/errors.ts'
import type { CallRequest, Preferences, ReadRequest, WriteRequest } from '#contract/request.ts'
import { negotiate, type Representation } from './accept.ts'
import { bodyOf, bodyType, readArguments, readRow, readRows, type Row } from './body.ts'
import { newCollector } from './conditions.ts'
import type { FormLimits } from './limits.ts'
import { checkUntagged, writeConditions } from './preconditions.ts'
import { parsePreferences } from './prefer.ts'
import { type Allowed, emptyQuery, type Reserved, readQuery } from './query.ts'
import { decodeSegment, parseKey, readQueryString } from './query-string.ts'
import { shown } from './refuse.ts'
import { named, queryShape } from './shape.ts'

/** What every request has. Segments and query string are raw, still percent-encoded. */
export interface Form {
  /** The path segment that names the resource, or the routine. */
  readonly resource: string
  /** The path segment behind it; undefined for a collection. */
  readonly key: string | undefined
  /** The query string, with or without its `?`. */
  readonly search: string
  /** The value of a header by its name in lower case; several of one name joined by commas. */
  readonly header: (name: string) => string | undefined
  readonly limits: FormLimits
  /** An item of a batch. */
  readonly item?: boolean
}

export type WriteMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A form with a body; undefined or empty bytes: none was sent. */
export interface WriteForm extends Form {
  readonly method: WriteMethod
  readonly body: Uint8Array | undefined
}

const noValues: readonly never[] = Object.freeze([])

const ofKey: readonly Reserved[] = ['select', 'filter']
const ofCollection: readonly Reserved[] = ['select', 'filter', 'order', 'limit', 'offset', 'after']

/** What stands in a shape before the query: names, counts and the one preference that changes the plan. */
function shapeHead(
  kind: string,
  resource: string,
  key: readonly string[] | undefined,
  { media, numbers }: Representation,
  preference: string | undefined,
): string {
  const parts = key === undefined ? '-' : key.length
  return `${kind} ${named(resource)} ${parts} ${media} ${numbers} ${preference ?? '-'};`
}

/**
 * Reads a GET or HEAD. Its shape also tells how many parts the key has and which count is preferred; of the
 * preferences nothing else changes what is read.
 * @throws GatewayError malformed_url, malformed_header, not_acceptable, invalid_parameter, unknown_parameter,
 *   unknown_operator, too_complex
 */
export function parseRead(sent: Form): ReadRequest {
  const { resource: segment, key: keySegment, search, header, limits } = sent
  const resource = decodeSegment(segment, 'resource')
  const key = keySegment === undefined ? undefined : parseKey(keySegment)
  const representation = negotiate(header('accept'))
  const preferences = parsePreferences(header('prefer'), key === undefined ? 'read' : 'row', sent.item)
  const { media, numbers } = representation
  const head = shapeHead('read', resource, key, representation, preferences.count)
  const form = { kind: 'read', resource, key, media, numbers, preferences } as const
  if (search === '' || search === '?')
    return { ...form, query: emptyQuery, after: undefined, values: noValues, shape: head }
  const collector = newCollector(limits)
  const { query, after } = readQuery(collector, readQueryString(search), {
    request: key === undefined ? 'a read' : 'a read by key',
    parameters: key === undefined ? ofCollection : ofKey,
    maxLimit: media === 'ndjson' ? undefined : limits.maxLimit,
  })
  return { ...form, query, after, values: collector.values, shape: head + queryShape(query) }
}

const operations = { POST: 'insert', PUT: 'upsert', PATCH: 'update', DELETE: 'delete' } as const

function readBody(form: WriteForm): { rows: readonly Row[]; many: boolean } {
  switch (form.method) {
    case 'POST':
      return readRows(bodyOf(form.header, form.body), form.limits)
    case 'PUT':
    case 'PATCH':
      return { rows: [readRow(bodyOf(form.header, form.body), form.limits)], many: false }
    case 'DELETE':
      if (form.body !== undefined && form.body.length > 0)
        throw new GatewayError('malformed_body', `body: DELETE takes none, has ${form.body.length} bytes`)
      return { rows: noValues, many: false }
    default:
      return form.method satisfies never
  }
}

function allowedOf(method: WriteMethod): Allowed {
  const filtered = method === 'PATCH' || method === 'DELETE'
  return { request: method, parameters: filtered ? ofKey : ['select'], maxLimit: undefined }
}

function checkBounded({ method }: WriteForm, { maxAffected }: Preferences, filtered: boolean): void {
  if (filtered || maxAffected !== undefined) return
  throw new GatewayError(
    'unbounded_write',
    `${method} of a whole collection needs a filter, or Prefer: max-affected=N with the most rows it may touch`,
  )
}

/**
 * Reads a POST (insert) of a collection, PUT (upsert) of a row, PATCH (update) or DELETE. Its shape covers operation,
 * filter and select, representation and the preferred return.
 * @throws GatewayError those of parseRead; unbounded_write, malformed_body, bad_value,
 *   body_too_large, unsupported_media_type
 */
export function parseWrite(form: WriteForm): WriteRequest {
  const { method, header, limits } = form
  const keyed = form.key !== undefined
  const resource = decodeSegment(form.resource, 'resource')
  const key = form.key === undefined ? undefined : parseKey(form.key)
  const representation = negotiate(header('accept'))
  const preferences = parsePreferences(header('prefer'), 'write', form.item)
  const conditions = writeConditions(header, method, keyed)
  const collector = newCollector(limits)
  const { query } = readQuery(collector, readQueryString(form.search), allowedOf(method))
  if (!keyed && method !== 'POST') checkBounded(form, preferences, query.filter !== undefined)
  const { rows, many } = readBody(form)
  const csv = rows.length > 0 && bodyType(bodyOf(form.header, form.body)) === 'csv'
  const operation = operations[method]
  const head = shapeHead(operation, resource, key, representation, preferences.return)
  return {
    kind: 'write',
    operation,
    resource,
    key,
    query,
    values: collector.values,
    rows,
    many,
    ...(csv && { csv }),
    ...representation,
    preferences,
    ...conditions,
    shape: head + queryShape(query),
  }
}

/** Arguments from the query string by parameter name, taken as it stands; a repeated one is a list. */
function argumentsOf(search: string): Readonly<Record<string, unknown>> {
  const args: Record<string, string | string[]> = Object.create(null)
  for (const { name, value } of readQueryString(search)) {
    const earlier = args[name]
    if (earlier === undefined) args[name] = value
    else if (Array.isArray(earlier)) earlier.push(value)
    else args[name] = [earlier, value]
  }
  return args
}

/** A call of a routine; `resource` names it. */
export interface CallForm extends Omit<Form, 'key'> {
  readonly method: 'GET' | 'POST'
  readonly body: Uint8Array | undefined
}

/**
 * Reads a call: GET with its arguments in the query string, POST with a JSON object of them, or none.
 * @throws GatewayError malformed_url, malformed_header, not_acceptable, malformed_body, bad_value,
 *   unsupported_media_type; unknown_parameter for a POST with a query string
 */
export function parseCall(form: CallForm): CallRequest {
  const { resource, search, header, limits, method, body } = form
  checkUntagged(header, 'the answer of a routine', method === 'GET')
  const common = {
    kind: 'call',
    routine: decodeSegment(resource, 'routine'),
    method,
    ...negotiate(header('accept')),
    preferences: parsePreferences(header('prefer'), 'call', form.item),
  } as const
  if (method === 'GET') return { ...common, args: argumentsOf(search) }
  const stray = readQueryString(search)[0]
  if (stray !== undefined)
    throw new GatewayError(
      'unknown_parameter',
      `${shown(stray.name)}: the arguments of a POST stand in its body`,
      { facts: { parameter: shown(stray.name), parameters: [] } },
    )
  return { ...common, args: readArguments(bodyOf(header, body), limits) }
}
