/** An app behind Node's HTTP server: refuses what is no request, asks for bodies when they are wanted, and knows its connections. */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Hono } from 'hono'
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import { type Connections, createConnections } from './connections.ts'
import { faultOfHead } from './head.ts'
import type { Reply } from './problem.ts'
import { shown } from './refuse.ts'

export interface ServerOptions {
  readonly clock: Clock
  /** Bytes of the head of a request; Node's own limit is 16 KiB. */
  readonly maxHeaderSize?: number
  /** Bytes of the headers alone. */
  readonly maxHeaders?: number
  /** The answer to what never becomes a request: the connection is closed after it. */
  readonly refuse: (error: GatewayError) => Reply
}

/** Idle connections are kept longer than clients keep theirs, so that these close first and no request meets a closing socket. */
const keepAliveMs = 65_000
/** Time for the head of a request to arrive: 10 s against slowloris, looked at every second. */
const headersTimeoutMs = 10_000
const headersLookMs = 1000
/**
 * Who takes nothing of an answer for so long is cut off, as it lies in memory until then; what the system takes at first begins
 * the time anew. It is longer than a head may take, which has an answer of its own.
 */
const stalledMs = 15_000
/** Time for a refused client to read the answer. */
const refusedMs = 500

/** How much of a body that nobody wants is still read, and for how long (ms): a client that is cut off sees no answer. */
const restBytes = 16 * 1024 ** 2
const restMs = 500

/** What Node says of input that it cannot read → what we say. `maxHead`: bytes. */
function refusalOf(code: string | undefined, maxHead: number): GatewayError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError(
        'headers_too_large',
        `The head of the request, or what stands behind its last chunk, has more than ${maxHead} bytes.`,
        { facts: { limit: maxHead } },
      )
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError(
        'request_timeout',
        `The head of the request did not arrive within ${headersTimeoutMs} ms.`,
      )
    default:
      return new GatewayError('malformed_request', 'This is not HTTP/1.1.')
  }
}

const unexpected = (expect: string) =>
  new GatewayError('expectation_failed', `Expect: ${shown(expect)} is not met; 100-continue is.`)

/** What answers without fetch and its classes. */
export interface Answerer {
  /** Answers a request whose head is in order. */
  answer(incoming: IncomingMessage, outgoing: ServerResponse): void
  /** A connection has been accepted. */
  connected(): void
}

/** Milliseconds after it listens until a server loads what it has not needed yet: the gateway has started by then. */
const warmUpMs = 500

/**
 * A Hono app as Answerer. What lies between it and Node brings along fetch and its classes, a tenth of a second to load; so
 * that is done with the first request, or with `warmUp`, and the data listener, which has no use for it, serves the sooner.
 */
function answererOf(app: Hono, refuse: ServerOptions['refuse']): Answerer & { warmUp(): void } {
  const load = async () => {
    const { getRequestListener } = await import('@hono/node-server')
    return getRequestListener(app.fetch, {
      overrideGlobalObjects: true,
      // Done by the server, for all listeners alike.
      autoCleanupIncoming: false,
      // HTTP/1.0 knows no Host.
      hostname: 'localhost',
      errorHandler: () => {
        const reply = refuse(new GatewayError('malformed_request', 'The request target is no valid URL.'))
        return new Response(reply.body as string, { status: reply.status, headers: reply.headers })
      },
    })
  }
  let listener: ReturnType<typeof load> | undefined
  const loaded = () => (listener ??= load())
  return {
    answer: (incoming, outgoing) => void loaded().then((answer) => answer(incoming, outgoing)),
    connected: () => {},
    warmUp: () => void loaded(),
  }
}

export interface HttpServer {
  readonly server: Server
  readonly connections: Connections
}

/** Makes a server that does not listen yet. */
export function createHttpServer(app: Hono | Answerer, o: ServerOptions): HttpServer {
  const connections = createConnections(o.clock)
  const answerer = 'fetch' in app ? answererOf(app, o.refuse) : { ...app, warmUp: undefined }
  const maxHead = o.maxHeaderSize ?? 16_384
  const server = createServer({
    maxHeaderSize: maxHead,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headersTimeoutMs,
    connectionsCheckingInterval: headersLookMs,
    // The body has a limit of its own, with a better answer.
    requestTimeout: 0,
    // Looked at below, with a better answer.
    requireHostHeader: false,
    noDelay: true,
    // No stream is set up for a body that cannot come: a twentieth less of the gateway's CPU for a read. fetch's side looks at the stream.
    optimizeEmptyRequests: !('fetch' in app),
  })
  // Their bytes are bounded. Node's own limit is a thousand of them, beyond which its releases refuse or drop what comes.
  server.maxHeadersCount = 0
  // One for all requests, and not at `finish`, where Node listens with a function of its own for each (docs/adr/0013).
  function answered(this: ServerResponse): void {
    discardRest(this.req, o.clock)
  }
  const refuse = (outgoing: ServerResponse, error: GatewayError) => {
    const { status, headers, body } = o.refuse(error)
    const bytes = Buffer.byteLength(body ?? '')
    outgoing.writeHead(status, { ...headers, 'content-length': bytes, connection: 'close' }).end(body)
  }
  const begin = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    connections.begins(incoming, outgoing)
    const { 'content-length': length, 'transfer-encoding': encoding } = incoming.headers
    if (encoding !== undefined || (length !== undefined && length !== '0')) outgoing.on('close', answered)
    return faultOfHead(incoming, o.maxHeaders)
  }
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const fault = begin(incoming, outgoing)
    if (fault === undefined) answerer.answer(incoming, outgoing)
    else refuse(outgoing, fault)
  }
  const { warmUp } = answerer
  if (warmUp !== undefined) server.once('listening', () => void o.clock.after(warmUpMs, warmUp))
  server.on('connection', connections.opened)
  server.on('connection', answerer.connected)
  server.on('request', answer)
  // Whoever wants the body says `100 Continue`: a body that is too large need not be sent at all.
  server.on('checkContinue', answer)
  // RFC 9110 section 10.1.1; without this Node answers by itself, and with no document.
  server.on('checkExpectation', (incoming, outgoing) =>
    refuse(outgoing, begin(incoming, outgoing) ?? unexpected(incoming.headers.expect ?? '')),
  )
  server.timeout = stalledMs
  server.on('timeout', (socket: Socket) => {
    // Between two requests Node has set keepAliveTimeout instead. Else, with nothing to send, a request is under way or on its way.
    const idle = socket.timeout !== server.timeout && connections.doing(socket) === 'reading'
    if (socket.writableLength > 0 || idle) socket.destroy()
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const connection = socket as Parameters<Connections['doing']>[0]
    const doing = connections.doing(connection)
    // A second answer inside the first would be taken for a part of it.
    if (!socket.writable || doing === 'answer begun' || error.code === 'ECONNRESET') socket.destroy()
    else if (doing === 'answering') connections.afterAnswer(connection, () => socket.destroy())
    else {
      socket.end(rawReply(o.refuse(refusalOf(error.code, maxHead))))
      o.clock.after(refusedMs, () => socket.destroy())
    }
  })
  return { server, connections }
}

/** After the answer: reads on for a moment, then ends the connection. */
function discardRest(incoming: IncomingMessage, clock: Clock): void {
  if (incoming.complete || incoming.destroyed) return
  let bytes = 0
  const cut = () => incoming.socket.destroy()
  const timer = clock.after(restMs, cut)
  incoming.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes > restBytes) cut()
  })
  for (const event of ['end', 'close']) incoming.once(event, () => timer.cancel())
  incoming.resume()
}

function rawReply({ status, headers, body }: Reply): string {
  const text = typeof body === 'string' ? body : ''
  const all = { ...headers, 'content-length': String(Buffer.byteLength(text)), connection: 'close' }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`
}
