/** Answers of the use cases as HTTP: status, headers, body. */
import type { Context } from '#base/context.ts'
import { decimalText } from '#base/decimals.ts'
import { GatewayError } from '#base/errors.ts'
import type { MediaType, NumberStyle, Preferences } from '#contract/request.ts'
import type { Answer, PageInfo } from '#gateway/answer.ts'
import type { Conditions } from './preconditions.ts'
import type { Reply } from './problem.ts'

/** What of the request shapes the response; conditions are those of reads. */
export interface Asked extends Conditions {
  readonly method: string
  /** Path of the resource as the client reached it: `/api/v1/orders`. */
  readonly path: string
  /** Raw query string without `?`. */
  readonly search: string
  readonly numbers: NumberStyle
  /** Those that mean something in this request. */
  readonly preferences: Preferences
}

const contentTypes: Record<MediaType, string> = {
  json: 'application/json',
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
}

/** The Content-Type of a representation; the style of numbers is a parameter of it. */
export const contentType = (media: MediaType, numbers: NumberStyle): string =>
  media === 'json' && numbers !== 'default' ? `application/json; numbers=${numbers}` : contentTypes[media]

/** Headers every answer of the API has. */
export function baseHeaders(
  ctx: Pick<Context, 'timing' | 'requestId' | 'consistency' | 'traceparent'>,
): Record<string, string> {
  const token = ctx.consistency?.answer
  const headers: Record<string, string> = {
    vary: 'Accept, Prefer',
    'server-timing': `pool;dur=${decimalText(ctx.timing.poolMs, 1)}, db;dur=${decimalText(ctx.timing.dbMs, 1)}`,
    'x-request-id': ctx.requestId,
  }
  if (token !== undefined) headers['postern-consistency'] = token
  if (ctx.traceparent !== undefined) headers['traceparent'] = ctx.traceparent
  return headers
}

/** RFC 7240 section 3: which preferences were honoured. */
function preferencesApplied(asked: Asked, answer: Answer): string | undefined {
  const { preferences } = asked
  const applied: string[] = []
  if (preferences.return !== undefined) applied.push(`return=${preferences.return}`)
  if (preferences.count !== undefined && answer.kind === 'rows' && answer.page.total !== undefined)
    applied.push(`count=${preferences.count}`)
  if (preferences.maxAffected !== undefined) applied.push(`max-affected=${preferences.maxAffected}`)
  if (preferences.wait !== undefined) applied.push(`wait=${preferences.wait}`)
  return applied.length === 0 ? undefined : applied.join(', ')
}

/** `0-49/1234`; an empty page, and one that does not know where it stands, has `*` for its range (RFC 9110 section 14.4; the unit is left out). */
export function contentRange(page: PageInfo): string {
  const total = page.total ?? '*'
  const { offset, rows } = page
  return rows === 0 || offset === undefined ? `*/${total}` : `${offset}-${offset + rows - 1}/${total}`
}

/** Whether a raw pair of a query string that has been read is where the page begins, however its name is written. */
function isPlace(pair: string): boolean {
  const raw = pair.split('=', 1)[0] as string
  const name = raw.includes('%') ? decodeURIComponent(raw) : raw
  return name === 'after' || name === 'offset'
}

/** The URL of the next page: the same query with its `after` or `offset` replaced (RFC 8288). */
function nextLink(asked: Asked, next: NonNullable<PageInfo['next']>): string {
  const kept = asked.search.split('&').filter((pair) => pair !== '' && !isPlace(pair))
  if ('after' in next) {
    // With a cursor the offset of the first page has been consumed.
    kept.push(`after=${next.after}`)
  } else kept.push(`offset=${next.offset}`)
  // `<` and `>` would end the link early; clients may send them unencoded.
  const query = kept.join('&').replaceAll('<', '%3C').replaceAll('>', '%3E')
  return `<${asked.path}?${query}>; rel="next"`
}

/** Last segments that lead elsewhere: clients resolve dots away even where they are percent-encoded (WHATWG URL). */
const nowhere: ReadonlySet<string> = new Set(['', '.', '..'])

/** The path of a written row: key parts percent-encoded, commas inside them too. Undefined where none leads to it. */
function location(asked: Asked, key: readonly (string | null)[]): string | undefined {
  if (key.length === 0 || key.includes(null)) return undefined
  const segment = key.map((part) => encodeURIComponent(part as string)).join(',')
  return nowhere.has(segment) ? undefined : `${asked.path}/${segment}`
}

const matches = (tags: readonly string[] | '*', etag: string | undefined) =>
  tags === '*' || (etag !== undefined && tags.includes(etag))

/**
 * Holds the answer against the conditions of a read, in the order of RFC 9110 section 13.2.2.
 * @returns whether the client has it already
 * @throws GatewayError precondition_failed
 */
function isKnown({ ifMatch, ifNoneMatch }: Conditions, etag: string | undefined): boolean {
  if (ifMatch !== undefined && !matches(ifMatch, etag))
    throw new GatewayError('precondition_failed', 'The answer is another than the one named in If-Match.')
  return ifNoneMatch !== undefined && matches(ifNoneMatch, etag)
}

/**
 * A response for every answer but a stream, which the caller writes itself.
 * @throws GatewayError precondition_failed when a read is not what its If-Match asks for
 */
export function respond(answer: Exclude<Answer, { kind: 'stream' }>, asked: Asked, ctx: Context): Reply {
  const headers = baseHeaders(ctx)
  const applied = preferencesApplied(asked, answer)
  if (applied !== undefined) headers['preference-applied'] = applied
  switch (answer.kind) {
    case 'rows': {
      headers['content-type'] = contentType(answer.media, asked.numbers)
      if (asked.preferences.count !== undefined) headers['content-range'] = contentRange(answer.page)
      if (answer.page.next !== undefined) headers['link'] = nextLink(asked, answer.page.next)
      const created = asked.method === 'POST' && !asked.path.includes('/rpc/')
      return { status: created ? 201 : 200, headers, body: answer.body, lent: answer.lent }
    }
    case 'row': {
      if (answer.etag !== undefined) headers['etag'] = `"${answer.etag}"`
      if (isKnown(asked, answer.etag)) return { status: 304, headers, body: null }
      headers['content-type'] = contentType(answer.media, asked.numbers)
      const at = answer.created && asked.method === 'POST' ? location(asked, answer.key) : undefined
      if (at !== undefined) headers['location'] = at
      return { status: answer.created ? 201 : 200, headers, body: answer.body }
    }
    case 'written': {
      if (answer.etag !== undefined) headers['etag'] = `"${answer.etag}"`
      const at = asked.method === 'POST' ? location(asked, answer.key) : undefined
      if (at !== undefined) headers['location'] = at
      headers['content-range'] = `*/${answer.affected}`
      return { status: answer.created ? 201 : 204, headers, body: null }
    }
    case 'value':
      headers['content-type'] = contentType(answer.media, asked.numbers)
      return { status: 200, headers, body: answer.body }
    case 'nothing':
      return { status: 204, headers, body: null }
    default:
      return answer satisfies never
  }
}
