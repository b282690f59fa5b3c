/** Reaches the server: TCP or Unix socket, TLS, login. The login itself is done by mysql2 over a socket of ours. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { createConnection } from 'mysql2'
import { connectSocket, encrypt, type Inlet, reasonOf, tlsRefused } from '#engine/dial.ts'
import type { Target } from '#engine/target.ts'
import { askFor, cacheMetadata, capability, type Handshake, readHandshake } from './packets.ts'
import { ServerError } from './server-error.ts'
import { createFramer } from './wire.ts'

/** What a login brings: the socket, ours alone from now on. */
export interface Login {
  readonly socket: Socket
  readonly server: Handshake
  /** The server leaves out descriptions of columns that it has sent before. */
  readonly cachesMetadata: boolean
  /** From now on, what the server sends goes to `receive`. */
  handOver(receive: (chunk: Buffer) => void): void
}

export interface LoginOptions {
  readonly applicationName: string
  /** Instead of the target's host: the address that a name stood for the last time. */
  readonly address?: string | undefined
}

/**
 * Capabilities as mysql2 names them, on top of its own: affected rows are those that matched, procedures may give
 * several results, no file of ours is ever read, and nothing changes the form of commands.
 */
const flags = [
  'FOUND_ROWS',
  'PS_MULTI_RESULTS',
  '-MULTI_STATEMENTS',
  '-LOCAL_FILES',
  '-ODBC',
  '-IGNORE_SPACE',
  '-SESSION_TRACK',
  '-CLIENT_QUERY_ATTRIBUTES',
]

/** utf8mb4_bin, by the number that both servers give it. */
const charset = 'UTF8MB4_BIN'

/**
 * Connects and logs in.
 * @throws what the network or the server said; see faults.ts
 */
export async function login(target: Target, o: LoginOptions, signal: AbortSignal): Promise<Login> {
  const unix = target.host.startsWith('/')
  const inlet: Inlet = { receive: () => {} }
  const socket = await connectSocket(
    unix ? { path: target.host } : { host: o.address ?? target.host, port: target.port },
    inlet,
    signal,
  )
  const entry = createEntry(socket, inlet)
  const give = () => entry.destroy(reasonOf(signal))
  signal.addEventListener('abort', give)
  try {
    signal.throwIfAborted()
    const server = await entry.handshake
    const secure = wantsTls(target, unix, server)
    const extended = server.extended & cacheMetadata
    await logIn(target, o, entry, secure, extended)
    return {
      socket: entry.socket(),
      server,
      cachesMetadata: extended !== 0,
      handOver: entry.handOver,
    }
  } catch (error) {
    entry.destroy(undefined)
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', give)
  }
}

function wantsTls(target: Target, unix: boolean, server: Handshake): boolean {
  if (unix || target.tls.mode === 'disable') return false
  if ((server.capabilities & capability.tls) !== 0) return true
  if (target.tls.mode === 'prefer') return false
  throw tlsRefused(target)
}

/** The way in: the socket, with or without TLS, and who listens to it at the moment. */
interface Entry {
  /** What the server says first. */
  readonly handshake: Promise<Handshake>
  readonly facade: SocketFacade
  socket(): Socket
  /** mysql2 has asked the server for TLS: go on encrypted. */
  secure(target: Target): Promise<void>
  /** Bits of MariaDB that mysql2 is to ask for without knowing. */
  ask(extended: number): void
  /** mysql2 reads what the server has said so far. */
  begin(): void
  handOver(receive: (chunk: Buffer) => void): void
  destroy(error: Error | undefined): void
}

function createEntry(plain: Socket, inlet: Inlet): Entry {
  let socket = plain
  let extended = 0
  const early: Buffer[] = []
  const facade = new SocketFacade((chunk, done) => {
    // Both packets that lead to a login begin with the capabilities; afterwards nobody asks any more.
    askFor(extended, chunk)
    if (chunk.length !== tlsRequestLength) extended = 0
    socket.write(chunk, done)
  })
  const listen = (to: Socket) => {
    to.on('error', (error) => facade.emit('error', error))
    to.on('close', () => facade.emit('close'))
  }
  listen(plain)

  const handshake = new Promise<Handshake>((resolve, reject) => {
    const frame = createFramer((bytes, start, end) => {
      try {
        resolve(readHandshake(bytes, start, end))
      } catch (error) {
        reject(error)
      }
    })
    inlet.receive = (chunk) => {
      early.push(Buffer.from(chunk))
      frame(chunk)
    }
    facade.once('error', reject)
    facade.once('close', () => reject(hungUp()))
  })
  handshake.catch(() => {})

  return {
    handshake,
    facade,
    socket: () => socket,
    async secure(target) {
      socket = await encrypt(plain, target, inlet)
      listen(socket)
    },
    ask: (bits) => {
      extended = bits
    },
    begin: () => {
      // mysql2 keeps what it has not read to the end.
      inlet.receive = (chunk) => facade.emit('data', Buffer.from(chunk))
      for (const chunk of early.splice(0)) inlet.receive(chunk)
    },
    handOver: (to) => {
      inlet.receive = to
      // Lets go of mysql2.
      facade.removeAllListeners().on('error', () => {})
    },
    destroy: (error) => {
      socket.on('error', () => {})
      socket.destroy(error)
      plain.destroy()
    },
  }
}

/** A request for TLS, with its header; a login is always longer. */
const tlsRequestLength = 36

export const hungUp = () =>
  Object.assign(new Error('the server closed the connection during login'), { code: 'CONNECTION_CLOSED' })

/** Lets mysql2 do the login; every authentication plugin it has may be used. */
function logIn(
  target: Target,
  o: LoginOptions,
  entry: Entry,
  secure: boolean,
  extended: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    entry.ask(extended)
    const connection = createConnection({
      stream: entry.facade as never,
      host: target.host,
      user: target.user,
      password: target.password,
      charset,
      flags: [...flags, ...(target.database === '' ? ['-CONNECT_WITH_DB'] : [])],
      database: target.database,
      connectTimeout: 0, // the signal bounds it
      connectAttributes: { program_name: o.applicationName },
      maxPreparedStatements: 1,
      // Some plugins send the password itself, over a way that nobody can listen to.
      ...(target.host.startsWith('/') && { socketPath: target.host }),
      ...(secure && { ssl: {}, enableCleartextPlugin: target.tls.mode === 'verify-full' }),
    })
    // The handshake may only go on when the certificate has been accepted; how that is decided is common to all engines.
    Object.assign(connection, {
      startTLS: (then: (error?: unknown) => void) => {
        entry.secure(target).then(() => then(), reject)
      },
    })
    connection.once('connect', () => resolve())
    connection.on('error', (error: Error) => reject(serverError(error)))
    entry.facade.once('close', () => reject(hungUp()))
    entry.begin()
  })
}

/** What the server said, in the class that the session uses too. */
function serverError(error: Error): Error {
  const { errno, sqlState, message } = error as Error & { errno?: unknown; sqlState?: unknown }
  if (typeof errno !== 'number' || typeof sqlState !== 'string') return error
  return new ServerError({ errno, sqlState, message })
}

/** What mysql2 sees of the socket: never the socket itself, so that nothing of it is left behind there. */
class SocketFacade extends EventEmitter {
  private readonly send: (chunk: Buffer, done?: (error?: Error | null) => void) => void

  constructor(send: SocketFacade['send']) {
    super()
    this.send = send
    // Without a listener an 'error' event would end the process.
    this.on('error', () => {})
  }
  write(chunk: Buffer, done?: (error?: Error | null) => void) {
    this.send(chunk, done)
    return true
  }
  // The socket is ours to end.
  end() {}
  destroy() {}
  pause() {}
  resume() {}
}
