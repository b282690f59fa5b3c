/** Errors as RFC 9457 problem documents: the only place that turns faults into HTTP. */
import { errorTable, type GatewayError } from '#base/errors.ts'

/** What every response is made of; plain headers, lower-case names. */
export interface Reply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array | string | null
  /** The body's buffer is given back when it has been sent; whoever keeps the reply copies it. */
  readonly lent?: true | undefined
}

const typeBase = 'https://postern.dev/problems/'

/** Seconds for Retry-After when the error does not know better: the time a pool needs to breathe. */
const defaultRetryAfter = 1

/**
 * @param requestId a UUID; becomes `instance`
 * @returns the document with `type`, `title`, `status`, `detail`, `instance`, `code` and the facts of the error as extension members
 */
export function problemDocument(error: GatewayError, requestId: string): Record<string, unknown> {
  const info = errorTable[error.code]
  const members = {
    type: typeBase + error.code.replaceAll('_', '-'),
    title: info.title,
    status: info.status,
    detail: error.message,
    instance: `urn:uuid:${requestId}`,
    code: error.code,
  }
  // First in the text, and again at the end: no fact can take the place of a member that the standard defines.
  return { ...members, ...error.facts, ...members }
}

/** Status 499 is for logs; a client that is still there after all is told 503. */
const statusOf = (error: GatewayError): number =>
  error.code === 'client_closed' ? 503 : errorTable[error.code].status

/** The whole response of an error. */
export function problemReply(error: GatewayError, requestId: string): Reply {
  const status = statusOf(error)
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  }
  if (errorTable[error.code].retry)
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfter ?? defaultRetryAfter)))
  const allow = error.facts['allow']
  if (Array.isArray(allow)) headers['allow'] = allow.join(', ')
  return { status, headers, body: JSON.stringify(problemDocument(error, requestId)) }
}
