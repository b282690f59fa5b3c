/** The server of an app on its addresses: opens all or none, drains, closes. */
import { lstat, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { type AddressInfo, connect, Server as NetServer } from 'node:net'
import type { Hono } from 'hono'
import { type Answerer, createHttpServer, type HttpServer, type ServerOptions } from './server.ts'

export interface Place {
  readonly host: string
  readonly port: number
}

/** Loopback means both families: clients resolve `localhost` to either. */
export const placesOf = ({ host, port }: Place): readonly [Place, ...Place[]] =>
  host === '127.0.0.1' || host === 'localhost'
    ? [
        { host: '127.0.0.1', port },
        { host: '::1', port },
      ]
    : [{ host, port }]

export interface Listener {
  /** `http://127.0.0.1:6420`. */
  readonly url: string
  readonly port: number
  /** Takes no new connections, closes each one after its answer, resolves when the last is closed; whoever calls bounds it. */
  drain(): Promise<void>
  /** Cuts off whatever is left. */
  close(): Promise<void>
}

/**
 * Connections that wait to be accepted; the system cuts it to its own limit (4,096 on Linux since 5.4). Beyond it a new
 * client waits a second for its next try (TCP) or is refused at once (Unix socket), and Node's 511 is one burst.
 */
const backlog = 4096

const open = (server: Server, place: Place | { path: string }) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...place, backlog }, () => {
      server.off('error', reject)
      resolve()
    })
  })

/** A process that was killed leaves its socket behind; one that still answers, or any other file, is left alone. */
async function removeDeadSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isSocket()) return
  const answers = await new Promise<boolean>((resolve) => {
    const probe = connect({ path }, () => {
      probe.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })
  if (!answers) await unlink(path)
}

/**
 * Listens on every place (and the Unix socket); all or none.
 * @throws what the system said, `EADDRINUSE` for a taken port, with the address in its message
 */
export async function listen(
  app: Hono | Answerer,
  places: readonly [Place, ...Place[]],
  socketPath: string | undefined,
  o: ServerOptions,
): Promise<Listener> {
  const opened: HttpServer[] = []
  const add = async (place: Place | { path: string }) => {
    const made = createHttpServer(app, o)
    await open(made.server, place)
    opened.push(made)
    return made.server
  }
  try {
    const [first, ...others] = places
    const { port } = (await add(first)).address() as AddressInfo
    for (const { host } of others)
      await add({ host, port }).catch((error: NodeJS.ErrnoException) => {
        // The second loopback family may not exist on this machine; the first one always counts.
        if (error.code !== 'EADDRNOTAVAIL' && error.code !== 'EAFNOSUPPORT') throw error
      })
    if (socketPath !== undefined) {
      await removeDeadSocket(socketPath)
      await add({ path: socketPath })
    }
    const host = first.host.includes(':') ? `[${first.host}]` : first.host
    return {
      url: `http://${host}:${port}`,
      port,
      async drain() {
        // The close of node:net: the one of node:http also closes connections that only seem idle.
        const closed = opened.map(
          ({ server }) =>
            new Promise<void>((resolve) => void NetServer.prototype.close.call(server, () => resolve())),
        )
        for (const { connections } of opened) connections.drain()
        await Promise.all(closed)
      },
      async close() {
        for (const { server } of opened) {
          server.close()
          server.closeAllConnections()
        }
      },
    }
  } catch (error) {
    for (const { server } of opened) server.close()
    throw error
  }
}
