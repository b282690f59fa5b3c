/** One HTTP exchange on the data listener: what came in, what travels along, and what is noted at its end. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { giveBuffer } from '#base/buffers.ts'
import type { Clock } from '#base/clock.ts'
import type { Consistency, Context, Principal } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'
import { Cancellation, type Signal } from '#base/signal.ts'
import type { Schema, Snapshot } from '#gateway/schema.ts'
import { authenticate } from './authenticate.ts'
import type { BodyRoom } from './body-room.ts'
import type { DataDependencies } from './dependencies.ts'
import type { Reply } from './problem.ts'
import type { OpenExchange, OpenExchanges } from './open-exchanges.ts'
import { readBody } from './request-body.ts'

/** A request id that came along is kept when it is a UUID: anything else could forge log lines. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Requests refused unserved for want of a server, a connection or a place in its line, as they are counted. Only the answer tells: who
 * is refused by one server may be served by the next, and the gateway's own looks at the database wait in the same lines.
 */
function shedFor({
  code,
  facts,
}: GatewayError): 'pool_timeout' | 'queue_full' | 'breaker_open' | 'overload' | undefined {
  if (code === 'pool_timeout' || code === 'queue_full' || code === 'breaker_open') return code
  // With `lagMs` it is the event loop, and counted there.
  return code === 'overloaded' && facts['lagMs'] === undefined ? 'overload' : undefined
}

/** Leads from a response to its exchange. */
const exchange = Symbol('exchange')
type Answering = ServerResponse & { [exchange]?: Exchange }

function closed(this: Answering): void {
  this[exchange]?.hangUp()
}

/**
 * One exchange. A class, where the rest of the house makes closures: there is one for every request, and a dozen
 * closures each would be a tenth of what a key read allocates. It keeps no closure over its constructor's arguments in a
 * field, either: with those, V8 13.6 held on to every request until the next full collection (docs/adr/0013).
 */
export class Exchange implements Context {
  readonly method: string
  /** Raw path, still percent-encoded. */
  readonly path: string
  /** Raw path segments: `['api', 'v1', 'orders', '42']`. */
  readonly segments: readonly string[]
  /** Raw query string without `?`. */
  readonly search: string
  readonly version: string
  readonly requestId: string
  readonly principal: Principal
  readonly signal: Signal
  /** Monotonic milliseconds. */
  deadline: number
  readonly observe: Observe
  readonly traceparent: string | undefined
  readonly timing = { poolMs: 0, dbMs: 0 }
  readonly consistency: Consistency | undefined
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** Route template, once it is known. */
  template = '_OTHER'
  /** Resource or routine for metrics, once it is known to exist. */
  resource: string | undefined = undefined
  error: GatewayError | undefined = undefined
  /** The snapshot this exchange is bound to, once `snapshot` was called. */
  bound: Snapshot | undefined = undefined
  /** The answer is written by a stream itself. */
  streaming = false

  private readonly url: string
  private readonly began: number
  /** From here the deadline counts: the body has a time of its own to arrive. */
  private start: number
  private finished = false
  private read: Promise<Buffer> | undefined = undefined
  private readonly d: DataDependencies
  private readonly open: OpenExchanges
  private readonly room: BodyRoom
  /** Bytes of its body that were taken from the room. */
  private held = 0
  private readonly entry: OpenExchange
  private readonly cancellation: Cancellation

  /**
   * @param arrived monotonic ms, perhaps some turns of the event loop ago
   * @param open every exchange under way; whoever ends the drain aborts them all
   * @param room for the bodies of all of them
   */
  constructor(
    outgoing: ServerResponse,
    arrived: number,
    d: DataDependencies,
    open: OpenExchanges,
    room: BodyRoom,
  ) {
    const incoming = outgoing.req
    this.began = arrived
    this.start = arrived
    this.incoming = incoming
    this.outgoing = outgoing
    this.d = d
    this.open = open
    this.room = room
    this.url = originForm(incoming.url ?? '/')
    this.path = pathOf(this.url)
    this.search = this.url.slice(this.path.length + 1)
    this.segments = this.path.split('/').slice(1)
    this.version = this.segments[1] ?? ''
    this.method = incoming.method ?? 'GET'
    const given = incoming.headers['x-request-id']
    this.requestId = typeof given === 'string' && uuid.test(given) ? given.toLowerCase() : randomUUID()
    this.principal = authenticate()
    const trace = d.trace?.({
      method: this.method,
      traceparent: this.header('traceparent'),
      tracestate: this.header('tracestate'),
      arrived,
    })
    this.observe = trace?.observe ?? d.observe
    this.traceparent = trace?.traceparent
    this.consistency = d.consistency
      ? {
          token: this.header('postern-consistency'),
          client: this.header('postern-client'),
          answer: undefined,
        }
      : undefined
    this.cancellation = new Cancellation()
    this.signal = this.cancellation
    this.entry = { cancellation: this.cancellation, at: -1 }
    this.deadline = 0
    this.limit(undefined)
    ;(outgoing as Answering)[exchange] = this
    outgoing.on('close', closed)
    if (d.cancelled.aborted) this.cancellation.abort(d.cancelled.reason)
    else open.add(this.entry)
    // Who went before its turn came is told by nothing that is still to happen.
    if (outgoing.closed) this.hangUp()
  }

  /** A header of the request by its name in lower case; several of one name as one list. */
  header(name: string): string | undefined {
    const value = this.incoming.headers[name]
    return typeof value === 'string' ? value : value?.join(', ')
  }

  /** The client has gone. */
  hangUp(): void {
    if (!this.outgoing.writableFinished)
      this.cancellation.abort(new GatewayError('client_closed', 'The client hung up.'))
  }

  /** The snapshot this exchange is bound to. */
  get current(): Snapshot {
    if (this.bound === undefined) throw new Error('no snapshot yet')
    return this.bound
  }

  /** What travels on into the other rooms. */
  get ctx(): Context {
    return this
  }

  /** Refuses what is wrong before anything is looked at. */
  check(): void {
    const { url } = this.d.limits
    if (this.url.length <= url) return
    throw new GatewayError(
      'url_too_long',
      `The URL has ${this.url.length} bytes, the limit is ${url} (limits.url).`,
      {
        facts: { limit: url },
      },
    )
  }

  /** The whole body; read once, however often it is asked for. */
  body(): Promise<Buffer> {
    return (this.read ??= this.readBody())
  }

  private async readBody(): Promise<Buffer> {
    const { limits, clock } = this.d
    const body = await readBody(this.incoming, {
      limit: limits.body,
      timeoutMs: limits.bodyTimeout,
      clock,
      signal: this.signal,
      onGrow: (bytes) => {
        this.room.take(bytes)
        this.held += bytes
      },
      onWanted: () => {
        if (this.incoming.headers.expect !== undefined) this.outgoing.writeContinue()
      },
    })
    this.start = clock.now()
    this.limit(undefined)
    return body
  }

  /** Binds to the present catalogue where there is one, and it is of the version asked for. */
  note(schema: Pick<Schema, 'peek'>): void {
    const snapshot = schema.peek()
    if (this.version === snapshot?.contract.version) this.bound = snapshot
  }

  /** Binds to the present catalogue. @throws GatewayError starting, unknown_version */
  snapshot(schema: Pick<Schema, 'current'>): Snapshot {
    const snapshot = schema.current()
    if (this.version !== snapshot.contract.version)
      throw new GatewayError('unknown_version', `There is no version ${this.version.slice(0, 60)}.`, {
        facts: { versions: [snapshot.contract.version] },
      })
    this.bound = snapshot
    return snapshot
  }

  /** Sets the deadline by the rules, shortened by Prefer: wait (seconds). */
  limit(wait: number | undefined): void {
    this.deadline = this.start + this.d.deadlines(this.method, this.segments, wait)
  }

  /** The answer is a stream: the deadline of streams counts, shortened by Prefer: wait (seconds). */
  limitStream(wait: number | undefined): void {
    this.deadline = this.start + Math.min(this.d.stream.deadlineMs, (wait ?? Number.POSITIVE_INFINITY) * 1000)
  }

  /** Notes the end: one observation. `bytes` of body. */
  done(status: number, bytes: number): void {
    if (this.finished) return
    this.finished = true
    this.outgoing.off('close', closed)
    this.open.remove(this.entry)
    this.room.give(this.held)
    const { error } = this
    const shed = error && shedFor(error)
    if (shed !== undefined) this.observe({ kind: 'shed', reason: shed })
    this.observe({
      kind: 'request',
      method: this.method,
      route: this.template,
      version: this.bound?.contract.version,
      resource: this.resource,
      status: error?.code === 'client_closed' ? 499 : status,
      code: error?.code,
      ms: this.d.clock.now() - this.began,
      poolMs: this.timing.poolMs,
      dbMs: this.timing.dbMs,
      bytes,
      requestId: this.requestId,
      cause: error?.cause,
    })
  }
}

function pathOf(url: string): string {
  const mark = url.indexOf('?')
  return mark < 0 ? url : url.slice(0, mark)
}

/** Clients of proxies send the whole URL (RFC 9112 section 3.2.2); `*` is the server as a whole (section 3.2.4). */
function originForm(target: string): string {
  if (target.startsWith('/') || target === '*') return target
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Bodies up to this many bytes travel in one write with their head; beyond it, a second buffer costs less than a copy. */
const joinedBytes = 16_384

/**
 * Notes the end and writes the reply; of a stream both have happened. It goes to Node's response directly: a Buffer
 * would leave the process in two system calls, head and body, where one text is one. And it goes at the end of the
 * turn, together with what other exchanges and the sessions in the database have to send: each write may wake another
 * process, so they are done in a row.
 */
export function finishExchange(
  x: Exchange,
  { status, headers, body, lent }: Reply,
  { soon }: Pick<Clock, 'soon'>,
): void {
  if (x.streaming) return
  const { outgoing } = x
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (bytes !== null) headers['content-length'] = String(bytes.length)
  x.done(status, bytes?.length ?? 0)
  soon(() => {
    // The client may have gone, or its connection may have been ended with an answer of its own.
    if (outgoing.destroyed || outgoing.headersSent) return
    outgoing.writeHead(status, headers)
    if (bytes === null) outgoing.end()
    else if (bytes.length > joinedBytes) outgoing.end(bytes, lent && (() => giveBuffer(bytes)))
    else
      outgoing.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'), 'latin1')
  })
}
