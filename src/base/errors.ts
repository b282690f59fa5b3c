/** The one table of error codes and the one error class that carries them; HTTP, docs and OpenAPI are made from it. */

interface CodeInfo {
  /** HTTP status. */
  readonly status: number
  /** Short human title, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string
  /** What it means and what the caller can do; printed in docs/errors.md. */
  readonly help: string
  /** Whether repeating the same request later may succeed (then `Retry-After` is sent). */
  readonly retry?: boolean
}

const table = {
  // Form of the request
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    help: 'What came is not HTTP/1.1, or breaks its rules; the connection is closed.',
  },
  malformed_url: {
    status: 400,
    title: 'Malformed URL',
    help: 'The path or query string is not valid percent-encoded UTF-8, or holds a NUL byte.',
  },
  malformed_body: {
    status: 400,
    title: 'Malformed body',
    help: 'The body is not valid UTF-8, JSON or CSV, or is nested too deeply.',
  },
  malformed_header: {
    status: 400,
    title: 'Malformed header',
    help: 'A header such as Prefer or If-Match cannot be read.',
  },
  invalid_parameter: {
    status: 400,
    title: 'Invalid parameter',
    help: 'A query parameter has a value that its meaning does not allow.',
  },
  unknown_parameter: {
    status: 400,
    title: 'Unknown parameter',
    help: 'No such parameter or field; the answer lists what exists.',
  },
  unknown_field: {
    status: 400,
    title: 'Unknown field',
    help: 'The resource has no such field that you may see; the answer lists the fields.',
  },
  unknown_operator: {
    status: 400,
    title: 'Unknown operator',
    help: 'The operator does not exist or does not fit the type of the field; the answer lists those that do.',
  },
  unknown_relation: {
    status: 400,
    title: 'Unknown relation',
    help: 'The resource has no such relation; the answer lists the relations.',
  },
  ambiguous_relation: {
    status: 400,
    title: 'Ambiguous relation',
    help: 'More than one relation has that name; choose one as name!key_column from the list in the answer.',
  },
  invalid_cursor: {
    status: 400,
    title: 'Invalid cursor',
    help: 'The cursor was not made by this gateway, or for another resource, order or version. Start again without it.',
  },
  unbounded_write: {
    status: 400,
    title: 'Unbounded write',
    help: 'A PATCH or DELETE of a whole collection needs a filter, or Prefer: max-affected=N.',
  },
  too_complex: {
    status: 400,
    title: 'Request too complex',
    help: 'Depth, number of conditions or number of embeds exceeds the configured limit.',
  },
  max_affected_exceeded: {
    status: 400,
    title: 'More rows than allowed',
    help: 'The write would touch more rows than Prefer: max-affected=N allows. Nothing was changed.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    help: 'The principal, or the database user of the gateway, may not do this; or a web page of another origin asks for it.',
  },
  unknown_version: {
    status: 404,
    title: 'Unknown version',
    help: 'No such API version; the answer lists the versions.',
  },
  unknown_resource: {
    status: 404,
    title: 'Unknown resource',
    help: 'No table, view or routine of that name is served.',
  },
  row_not_found: { status: 404, title: 'Row not found', help: 'No row has this key.' },
  not_found: { status: 404, title: 'Not found', help: 'Nothing lives at this path.' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    help: 'The resource does not support this method; see the Allow header.',
  },
  not_acceptable: {
    status: 406,
    title: 'Not acceptable',
    help: 'No representation fits the Accept header; the answer lists those that exist.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timed out',
    help: 'The head of the request did not arrive within 10 seconds, or its body not in time.',
    retry: true,
  },
  constraint_unique: { status: 409, title: 'Already exists', help: 'A unique constraint forbids the row.' },
  constraint_foreign_key: {
    status: 409,
    title: 'Reference broken',
    help: 'A foreign key forbids the change: the row refers to nothing, or is still referred to.',
  },
  consistency_lost: {
    status: 409,
    title: 'Write lost in a failover',
    help: 'The Postern-Consistency token stands for a write that the present primary does not have, or cannot be shown to have: it was lost in a failover. Read again without the token, and repeat the write if it is missing.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    help: 'The transaction collided with another one (serialisation failure or deadlock) and was rolled back. It may be repeated.',
    retry: true,
  },
  precondition_failed: {
    status: 412,
    title: 'Precondition failed',
    help: 'The row has changed since the ETag in If-Match, or exists although If-None-Match: * was sent.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    help: 'The body is larger than the configured limit.',
  },
  url_too_long: { status: 414, title: 'URL too long', help: 'The URL is longer than the configured limit.' },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    help: 'Bodies are application/json or text/csv.',
  },
  expectation_failed: {
    status: 417,
    title: 'Expectation failed',
    help: 'The request has an Expect header other than 100-continue.',
  },
  bad_value: {
    status: 422,
    title: 'Unacceptable value',
    help: 'A value does not fit the type or range of its field.',
  },
  constraint_not_null: {
    status: 422,
    title: 'Value required',
    help: 'A field that must have a value has none.',
  },
  constraint_check: {
    status: 422,
    title: 'Check failed',
    help: 'A check constraint of the database forbids the value.',
  },
  read_only_field: {
    status: 422,
    title: 'Field cannot be written',
    help: 'The field is generated by the database or not writable.',
  },
  routine_failed: {
    status: 422,
    title: 'Routine raised an error',
    help: 'The database routine or a trigger refused the request.',
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    help: 'The request headers exceed the limit.',
  },
  client_closed: {
    status: 499,
    title: 'Client closed the request',
    help: 'The client hung up; the statement was cancelled. Seen only in logs and metrics.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    help: 'A fault of Postern or an unforeseen answer of the database; look up the request id in the log.',
  },
  not_supported: {
    status: 501,
    title: 'Not supported',
    help: 'The database engine behind this gateway cannot do this, or the body came in a Transfer-Encoding other than chunked.',
  },
  idempotency_key_busy: {
    status: 409,
    title: 'Request still running',
    help: 'A request with the same Idempotency-Key is still running; its answer is there once it is done.',
    retry: true,
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    help: 'The Idempotency-Key was used for another request. A new request takes a new key.',
  },
  idempotency_unavailable: {
    status: 503,
    title: 'Idempotency store unavailable',
    help: 'The Redis that keeps Idempotency-Keys cannot be reached, so nobody can tell whether the request has run before. It was not run; repeat it with the same key. Requests without a key are served.',
    retry: true,
  },
  pool_timeout: {
    status: 503,
    title: 'No connection in time',
    help: 'No database connection became free within pools.acquireTimeout, or before the deadline of the request.',
    retry: true,
  },
  queue_full: {
    status: 503,
    title: 'Queue full',
    help: 'Too many requests already wait for a connection.',
    retry: true,
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    help: 'The line for a connection has not been empty for a while, and requests that wait longest are refused; or the event loop of the gateway is behind, and requests that come are refused until it has caught up.',
    retry: true,
  },
  breaker_open: {
    status: 503,
    title: 'Circuit open',
    help: 'The database failed repeatedly; requests are refused until it has recovered.',
    retry: true,
  },
  database_unavailable: {
    status: 503,
    title: 'Database unavailable',
    help: 'The database cannot be reached, or refuses connections.',
    retry: true,
  },
  schema_changed: {
    status: 503,
    title: 'Schema changed',
    help: 'The database schema changed under the request; the catalogue is being read anew.',
    retry: true,
  },
  draining: { status: 503, title: 'Shutting down', help: 'This gateway is shutting down.', retry: true },
  starting: {
    status: 503,
    title: 'Starting',
    help: 'The gateway has not yet read the catalogue of the database.',
    retry: true,
  },
  outcome_unknown: {
    status: 503,
    title: 'Outcome unknown',
    help: 'The connection was lost after the write was sent, or the gateway that ran the first request of this Idempotency-Key was lost. It may or may not have been applied; it was not repeated.',
  },
  deadline_exceeded: {
    status: 504,
    title: 'Deadline exceeded',
    help: 'The request did not finish within its deadline and was cancelled.',
    retry: true,
  },
  statement_timeout: {
    status: 504,
    title: 'Statement timed out',
    help: 'The statement ran longer than the deadline and was cancelled in the database.',
    retry: true,
  },
} as const satisfies Record<string, CodeInfo>

/** Every error code Postern can answer with. Codes are never reused for another meaning. */
export type ErrorCode = keyof typeof table

/** Code → status, title, help and whether a later repetition may succeed. */
export const errorTable: Readonly<Record<ErrorCode, CodeInfo>> = table

/** Facts that go with an error to the client, as extension members of the problem document (RFC 9457 section 3.2). */
export type ErrorFacts = Readonly<Record<string, unknown>>

/** The only error that crosses rooms. `detail` and `facts` reach clients: no SQL, no secrets, no database text. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly facts: ErrorFacts
  /** Seconds after which a repetition may succeed; sent as Retry-After when the code allows retries. */
  readonly retryAfter: number | undefined

  constructor(
    code: ErrorCode,
    detail: string,
    options: { cause?: unknown; facts?: ErrorFacts; retryAfter?: number } = {},
  ) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
    this.retryAfter = options.retryAfter
  }
}

/** The same error with more facts, and perhaps other words. */
export function withFacts(error: GatewayError, facts: ErrorFacts, detail = error.message): GatewayError {
  return new GatewayError(error.code, detail, {
    cause: error.cause,
    facts: { ...error.facts, ...facts },
    ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
  })
}

/** Turns whatever was thrown into a GatewayError; an unforeseen one becomes `internal` and keeps its cause for the log. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError('internal', 'An unforeseen fault; the log has it under the request id.', {
    cause: thrown,
  })
}
