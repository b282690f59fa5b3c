/** A Hono app on a socket: opens, stops accepting, drains, closes. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { unlink } from 'node:fs/promises'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'

export interface Place {
  readonly host: string
  readonly port: number
}

export interface Listener {
  /** `http://127.0.0.1:6420`. */
  readonly url: string
  readonly port: number
  /** Takes no new connections, closes each one after its answer, resolves when the last is closed; whoever calls bounds it. */
  drain(): Promise<void>
  close(): Promise<void>
}

export interface ListenOptions {
  /** Bytes of all headers together. */
  readonly maxHeaderSize?: number
  /** Called for input that is not HTTP, or headers too large. */
  readonly onClientError?: (code: string | undefined) => { status: number; body: string; contentType: string }
}

/** Idle connections are kept longer than clients keep theirs, so that these close first and no request meets a closing socket. */
const keepAliveMs = 65_000
/** Time for the head of a request to arrive: 10 s against slowloris. */
const headersTimeoutMs = 10_000

function serverFor(app: Hono, o: ListenOptions, isDraining: () => boolean): Server {
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: true })
  const server = createServer(
    {
      maxHeaderSize: o.maxHeaderSize ?? 16_384,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: 0,
      noDelay: true,
    },
    (incoming, outgoing) => {
      // Node goes on keeping connections alive after close(); a client that never pauses would hold up the end.
      if (isDraining()) outgoing.setHeader('connection', 'close')
      else outgoing.once('finish', () => isDraining() && server.closeIdleConnections())
      void listener(incoming, outgoing)
    },
  )
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return socket.destroy()
    const { status, body, contentType } = o.onClientError?.(error.code) ?? {
      status: 400,
      body: '',
      contentType: 'text/plain',
    }
    socket.end(
      `HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}\r\ncontent-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    )
  })
  return server
}

const open = (server: Server, place: Place | { path: string }) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(place, () => {
      server.off('error', reject)
      resolve()
    })
  })

/**
 * Listens on every place (and the Unix socket); all or none.
 * @throws what the system said, `EADDRINUSE` for a taken port, with the address in its message
 */
export async function listen(
  app: Hono,
  places: readonly [Place, ...Place[]],
  socketPath: string | undefined,
  o: ListenOptions = {},
): Promise<Listener> {
  const servers: Server[] = []
  let draining = false
  const isDraining = () => draining
  try {
    const [first, ...others] = places
    const main = serverFor(app, o, isDraining)
    await open(main, first)
    servers.push(main)
    const { port } = main.address() as AddressInfo
    for (const place of others) {
      const server = serverFor(app, o, isDraining)
      // The second loopback family may not exist on this machine; the first one always counts.
      const opened = await open(server, { host: place.host, port }).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return false
          throw error
        },
      )
      if (opened) servers.push(server)
    }
    if (socketPath !== undefined) {
      await unlink(socketPath).catch(() => {})
      const server = serverFor(app, o, isDraining)
      await open(server, { path: socketPath })
      servers.push(server)
    }
    const host = first.host.includes(':') ? `[${first.host}]` : first.host
    return {
      url: `http://${host}:${port}`,
      port,
      async drain() {
        draining = true
        const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
        for (const server of servers) server.closeIdleConnections()
        await Promise.all(closed)
      },
      async close() {
        for (const server of servers) {
          server.close()
          server.closeAllConnections()
        }
      },
    }
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
}
