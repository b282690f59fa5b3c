/** What reaching a server takes, whatever its protocol: a TCP or Unix socket, TLS over it, and a time by which it must be done. */
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { Clock } from '#base/clock.ts'
import type { Target } from './target.ts'

/** Where a socket's bytes go. A chunk is valid during the call only. */
export interface Inlet {
  receive(chunk: Buffer): void
}

/**
 * What all sockets read into, one after the other: what came is dealt with before the next read. Node would make a buffer
 * of 64 KiB for each read, small answers included. 128 KiB take most pages in one read.
 */
const readBuffer = Buffer.allocUnsafeSlow(131_072)

/** Options of net.connect under which a socket has no `data` events. */
const reading = (inlet: Inlet): net.OnReadOpts => ({
  buffer: readBuffer,
  callback: (bytes) => {
    inlet.receive(readBuffer.subarray(0, bytes))
    return true
  },
})

/** A place to connect to. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string }

/**
 * Connects over TCP, or to a Unix socket.
 * @param inlet gets what is read as long as nothing else reads from the socket, such as TLS
 * @throws what the network said, or the reason of the signal; nothing is left open then
 */
export async function connectSocket(place: Place, inlet: Inlet, signal: AbortSignal): Promise<net.Socket> {
  const socket = net.connect({
    ...('path' in place ? { path: place.path } : { host: place.host, port: place.port }),
    onread: reading(inlet),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  })
  const give = () => socket.destroy(reasonOf(signal))
  signal.addEventListener('abort', give)
  try {
    signal.throwIfAborted()
    await once(socket, 'connect')
    return socket
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', give)
  }
}

/** What to destroy a socket with when the signal aborts. */
export const reasonOf = (signal: AbortSignal): Error =>
  signal.reason instanceof Error ? signal.reason : new Error('aborted')

/**
 * TLS over a connected socket, as `target.tls` wants it: the certificate is verified in mode `verify-full` only.
 * @param inlet gets what is read from then on
 * @throws what the handshake said
 */
export async function encrypt(socket: net.Socket, target: Target, inlet: Inlet): Promise<tls.TLSSocket> {
  const verify = target.tls.mode === 'verify-full'
  const secure = tls.connect({
    socket,
    ...(net.isIP(target.host) ? {} : { servername: target.host }),
    rejectUnauthorized: verify,
    ...(target.tls.ca === undefined ? {} : { ca: target.tls.ca }),
    ...(target.tls.cert === undefined ? {} : { cert: target.tls.cert }),
    ...(target.tls.key === undefined ? {} : { key: target.tls.key }),
    ...(verify && net.isIP(target.host)
      ? {
          checkServerIdentity: (_: string, certificate: tls.PeerCertificate) =>
            tls.checkServerIdentity(target.host, certificate),
        }
      : {}),
  })
  socket.on('error', (error) => secure.destroy(error))
  // One that is destroyed in its handshake emits its error twice; nobody hears the second one.
  secure.on('error', () => {})
  await once(secure, 'secureConnect')
  secure.on('data', (chunk: Buffer) => inlet.receive(chunk))
  return secure
}

/** The most (ms) that closing may take: the server hangs up after its farewell, or we do. */
const closeTimeoutMs = 1000

/** Takes leave of the server; resolves when the socket is closed, after a second at the latest. */
export function endSocket(
  socket: net.Socket,
  after: (ms: number, body: () => void) => { cancel(): void },
  farewell: Uint8Array,
): Promise<void> {
  return new Promise((resolve) => {
    const timer = after(closeTimeoutMs, () => socket.destroy())
    socket.once('close', () => {
      timer.cancel()
      resolve()
    })
    // What has come and nobody wants must be read, or the end does not arrive.
    socket.resume()
    socket.end(farewell)
  })
}

/** A server without TLS where the target demands it. */
export const tlsRefused = (target: Target): Error =>
  Object.assign(new Error(`the server does not offer TLS, database.tls.mode is ${target.tls.mode}`), {
    code: 'TLS_REFUSED',
  })

/** Aborts at the deadline or with the other signal, whichever is first. `done` frees its timer. */
export function boundedSignal(
  clock: Clock,
  deadline: number,
  other: AbortSignal | undefined,
): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort(other?.reason)
  const timer = clock.after(deadline - clock.now(), () =>
    controller.abort(
      Object.assign(new Error('the connection was not made in time'), { code: 'CONNECT_TIMEOUT' }),
    ),
  )
  if (other?.aborted) abort()
  else other?.addEventListener('abort', abort)
  return {
    signal: controller.signal,
    done: () => {
      timer.cancel()
      other?.removeEventListener('abort', abort)
    },
  }
}
