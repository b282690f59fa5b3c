/** Reaches the server: TCP or Unix socket, TLS, login. The login itself is done by postgres.js over a socket of ours. */
import { EventEmitter, once } from 'node:events'
import type net from 'node:net'
import postgres from 'postgres'
import { connectSocket, encrypt, type Inlet, reasonOf, tlsRefused } from '#engine/dial.ts'
import type { Target } from '#engine/target.ts'
import { backend, cancelRequest, createFramer, sslRequest } from './wire.ts'

const nothing = () => {}

/**
 * Resolves when the socket is connected (and encrypted as the target wants); rejects on failure or abort.
 * @param inlet gets what the server sends from then on
 */
export async function openSocket(target: Target, inlet: Inlet, signal: AbortSignal): Promise<net.Socket> {
  const answer = Promise.withResolvers<Buffer>()
  /** Who listens until TLS has been spoken of. */
  const first: Inlet = { receive: (chunk) => answer.resolve(Buffer.from(chunk)) }
  const unix = target.host.startsWith('/')
  const socket = await connectSocket(
    unix ? { path: `${target.host}/.s.PGSQL.${target.port}` } : target,
    first,
    signal,
  )
  const plain = () => {
    first.receive = (chunk) => inlet.receive(chunk)
    return socket
  }
  // TLS over a Unix socket is not offered by the server.
  if (target.tls.mode === 'disable' || unix) return plain()
  const give = () => socket.destroy(reasonOf(signal))
  signal.addEventListener('abort', give)
  try {
    signal.throwIfAborted()
    const lost = once(socket, 'close').then(() => Promise.reject(hungUp()))
    lost.catch(() => {})
    socket.write(sslRequest)
    const said = await Promise.race([answer.promise, lost])
    // Exactly one byte may come before TLS begins; more would be injected plain text (CVE-2021-23222).
    if (said.length !== 1)
      throw Object.assign(new Error('the server sent more than one byte in answer to the TLS request'), {
        code: 'TLS_REFUSED',
      })
    if (said[0] !== 0x53) {
      if (target.tls.mode === 'prefer') return plain()
      throw tlsRefused(target)
    }
    return await encrypt(socket, target, inlet)
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', give)
  }
}

const hungUp = () =>
  Object.assign(new Error('the server closed the connection during login'), { code: 'CONNECTION_CLOSED' })

/** What a login brings: the socket, ours alone from now on, and the key to cancel with. */
export interface Login {
  readonly socket: net.Socket
  readonly processId: number
  readonly secret: Uint8Array
  /** The first answer: whether the server is in recovery. */
  readonly replica: boolean
  /** From now on, what the server sends goes to `receive`. */
  handOver(receive: (chunk: Buffer) => void): void
}

/**
 * Connects and logs in. Session settings travel in the start-up message, which costs no trip.
 * @throws what the network or the server said; see faults.ts
 */
export async function login(
  target: Target,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Login> {
  const inlet: Inlet = { receive: nothing }
  const socket = await openSocket(target, inlet, signal)
  const facade = new SocketFacade(socket)
  let processId = 0
  let secret: Uint8Array = new Uint8Array(4)
  const watch = createFramer((type, bytes, start, end) => {
    if (type !== backend.backendKeyData) return
    processId = bytes.readInt32BE(start)
    secret = Uint8Array.from(bytes.subarray(start + 4, end))
  })
  inlet.receive = (chunk) => {
    watch(chunk)
    // postgres.js keeps what it has not read to the end.
    facade.emit('data', Buffer.from(chunk))
  }
  socket.on('error', (error) => facade.emit('error', error))
  socket.on('close', (hadError) => facade.emit('close', hadError))

  const sql = postgres({
    host: target.host,
    port: target.port,
    database: target.database,
    user: target.user,
    password: target.password,
    max: 1,
    ssl: false, // done above
    fetch_types: false,
    idle_timeout: 0,
    connect_timeout: 0, // the signal bounds it
    max_lifetime: null,
    onnotice: () => {},
    connection: settings,
    // Called again only if it wanted to reconnect, which must never happen: the pool makes new sessions.
    socket: (() =>
      facade.taken
        ? Promise.reject(new Error('the session is over'))
        : ((facade.taken = true), facade)) as never,
  } as postgres.Options<Record<string, never>>)

  const give = () => socket.destroy(reasonOf(signal))
  signal.addEventListener('abort', give)
  const lost = new Promise<never>((_, reject) => {
    // A server that hangs up without a word would leave postgres.js waiting.
    socket.once('close', () => reject(hungUp()))
  })
  lost.catch(() => {})
  try {
    if (signal.aborted) throw signal.reason
    const first = sql.unsafe('SELECT pg_catalog.pg_is_in_recovery()').values()
    const rows = (await Promise.race([first, lost])) as unknown as [[boolean]]
    return {
      socket,
      processId,
      secret,
      replica: rows[0][0],
      handOver: (to) => {
        inlet.receive = to
      },
    }
  } catch (error) {
    socket.destroy()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', give)
  }
}

/** What postgres.js sees of the socket. Its own listeners stay on this side, so that it can remove them all without touching ours. */
class SocketFacade extends EventEmitter {
  taken = false
  private readonly socket: net.Socket

  constructor(socket: net.Socket) {
    super()
    this.socket = socket
    // Without a listener an 'error' event would end the process.
    this.on('error', () => {})
  }
  get readyState() {
    return this.socket.readyState
  }
  write(chunk: Uint8Array, done?: () => void) {
    return this.socket.write(chunk, done)
  }
  end(chunk?: Uint8Array) {
    if (chunk === undefined) this.socket.end()
    else this.socket.end(chunk)
  }
  destroy() {
    this.socket.destroy()
  }
  pause() {
    this.socket.pause()
  }
  resume() {
    this.socket.resume()
  }
  setKeepAlive() {}
}

/** Asks the server to stop the session's statement; resolves when the server has dealt with the request and closed. */
export async function requestCancel(
  target: Target,
  processId: number,
  secret: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const socket = await openSocket(target, { receive: nothing }, signal)
  const give = () => socket.destroy()
  signal.addEventListener('abort', give)
  try {
    socket.on('error', () => {})
    const closed = once(socket, 'close')
    socket.resume()
    socket.write(cancelRequest(processId, secret))
    await closed
    if (signal.aborted) throw signal.reason
  } finally {
    signal.removeEventListener('abort', give)
  }
}
