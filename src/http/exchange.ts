/** One HTTP exchange on the data listener: what came in, what travels along, and what is noted at its end. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, Principal } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Schema, Snapshot } from '#gateway/schema.ts'
import { authenticate } from './authenticate.ts'
import type { DataDependencies } from './dependencies.ts'
import type { Reply } from './problem.ts'
import type { OpenExchange, OpenExchanges } from './open-exchanges.ts'
import { readBody } from './request-body.ts'

export interface Exchange {
  readonly method: string
  /** Route template, once it is known. */
  template: string
  /** Raw path, still percent-encoded. */
  readonly path: string
  /** Raw path segments: `['api', 'v1', 'orders', '42']`. */
  readonly segments: readonly string[]
  /** Raw query string without `?`. */
  readonly search: string
  readonly version: string
  readonly header: (name: string) => string | undefined
  readonly requestId: string
  readonly principal: Principal
  readonly ctx: Context
  readonly outgoing: ServerResponse
  /** Resource or routine for metrics, once it is known to exist. */
  resource: string | undefined
  error: GatewayError | undefined
  /** The snapshot this exchange was bound to by `snapshot`. */
  current: Snapshot
  /** Refuses what is wrong before anything is looked at. */
  check(): void
  body(): Promise<Buffer>
  /** Binds to the present catalogue. @throws GatewayError starting, unknown_version */
  snapshot(schema: Pick<Schema, 'current'>): Snapshot
  /** Sets the deadline by the rules, shortened by Prefer: wait (seconds). */
  limit(wait: number | undefined): void
  /** The answer is a stream: the deadline of streams counts, shortened by Prefer: wait (seconds). */
  limitStream(wait: number | undefined): void
  /** Notes the end: one observation. `bytes` of body. */
  done(status: number, bytes: number): void
  /** Written by a stream itself. */
  streaming: boolean
}

/** A request id that came along is kept when it is a UUID: anything else could forge log lines. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export interface NodeBindings {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
}

/** @param open every exchange under way; whoever ends the drain aborts them all */
export function beginExchange(
  { incoming, outgoing }: NodeBindings,
  d: DataDependencies,
  open: OpenExchanges,
): Exchange {
  const { clock } = d
  const began = clock.now()
  const url = originForm(incoming.url ?? '/')
  const path = pathOf(url)
  const search = url.slice(path.length + 1)
  const segments = path.split('/').slice(1)
  const method = incoming.method ?? 'GET'
  const given = incoming.headers['x-request-id']
  const requestId = typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : randomUUID()
  const principal = authenticate()
  const controller = new AbortController()
  const entry: OpenExchange = { controller, at: -1 }
  const timing = { poolMs: 0, dbMs: 0 }
  /** From here the deadline counts: the body has a time of its own to arrive. */
  let start = began
  let deadline = began + d.deadlines(method, () => below(segments), undefined)
  let finished = false

  const hangUp = () => {
    if (!outgoing.writableFinished) controller.abort(new GatewayError('client_closed', 'The client hung up.'))
  }
  outgoing.on('close', hangUp)
  if (d.cancelled.aborted) controller.abort(d.cancelled.reason)
  else open.add(entry)

  const ctx: Context = {
    principal,
    signal: controller.signal,
    get deadline() {
      return deadline
    },
    requestId,
    observe: d.observe,
    timing,
  }

  const x: Exchange = {
    method,
    template: '_OTHER',
    path,
    segments,
    search,
    version: segments[1] ?? '',
    header: (name) => {
      const value = incoming.headers[name]
      return typeof value === 'string' ? value : value?.join(', ')
    },
    requestId,
    principal,
    ctx,
    outgoing,
    resource: undefined,
    error: undefined,
    current: undefined as unknown as Snapshot,
    streaming: false,
    check() {
      if (url.length > d.limits.url)
        throw new GatewayError(
          'url_too_long',
          `The URL has ${url.length} bytes, the limit is ${d.limits.url} (limits.url).`,
          { facts: { limit: d.limits.url } },
        )
    },
    async body() {
      const body = await readBody(incoming, {
        limit: d.limits.body,
        timeoutMs: d.limits.bodyTimeout,
        clock,
        signal: controller.signal,
        onWanted: () => {
          if (incoming.headers.expect !== undefined) outgoing.writeContinue()
        },
      })
      start = clock.now()
      x.limit(undefined)
      return body
    },
    snapshot(schema) {
      const snapshot = schema.current()
      if (x.version !== snapshot.contract.version)
        throw new GatewayError('unknown_version', `There is no version ${x.version.slice(0, 60)}.`, {
          facts: { versions: [snapshot.contract.version] },
        })
      x.current = snapshot
      return snapshot
    },
    limit(wait) {
      deadline = start + d.deadlines(method, () => below(segments), wait)
    },
    limitStream(wait) {
      deadline = start + Math.min(d.stream.deadlineMs, (wait ?? Number.POSITIVE_INFINITY) * 1000)
    },
    done(status, bytes) {
      if (finished) return
      finished = true
      outgoing.off('close', hangUp)
      open.remove(entry)
      const { error } = x
      d.observe({
        kind: 'request',
        method,
        route: x.template,
        version: (x.current as Snapshot | undefined)?.contract.version,
        resource: x.resource,
        status: error?.code === 'client_closed' ? 499 : status,
        code: error?.code,
        ms: clock.now() - began,
        poolMs: timing.poolMs,
        dbMs: timing.dbMs,
        bytes,
        requestId,
        cause: error?.cause,
      })
    },
  }
  return x
}

function pathOf(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}

/** Clients of proxies send the whole URL (RFC 9112 section 3.2.2). */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** The path below the version, as deadline rules see it. */
const below = (segments: readonly string[]) => `/${segments.slice(2).join('/')}`

/** Bodies up to this many bytes travel in one write with their head; beyond it, a second buffer costs less than a copy. */
const joinedBytes = 16_384

/**
 * Writes the reply and notes the end; of a stream both have happened. It goes to Node's response directly: a Buffer
 * would leave the process in two system calls, head and body, where one text is one.
 */
export function finishExchange(x: Exchange, reply: Reply): Response {
  if (x.streaming) return RESPONSE_ALREADY_SENT
  const { outgoing } = x
  const { status, headers, body } = reply
  if (body === null) {
    x.done(status, 0)
    outgoing.writeHead(status, headers)
    outgoing.end()
    return RESPONSE_ALREADY_SENT
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  x.done(status, bytes.length)
  headers['content-length'] = String(bytes.length)
  outgoing.writeHead(status, headers)
  if (bytes.length > joinedBytes) outgoing.end(bytes)
  else
    outgoing.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'), 'latin1')
  return RESPONSE_ALREADY_SENT
}
