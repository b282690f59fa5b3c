/** A TCP proxy on loopback that misbehaves on demand: between the gateway and its database. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What the proxy does; may be changed at any time, and holds for connections that are open already too. */
export interface Weather {
  /** `pass` on; `hole`: take everything and answer nothing; `reset` who connects. */
  connections: 'pass' | 'hole' | 'reset'
  /** Milliseconds each piece is late, in both directions. */
  latencyMs: number
  /** Largest piece that is passed on at a time; 0: as it comes. */
  sliceBytes: number
  /** Resets the connection after this many bytes from the server; 0: never. */
  cutAfterBytes: number
}

export interface TcpProxy {
  readonly port: number
  readonly weather: Weather
  /** Connections open at the moment. */
  open(): number
  /** From now on the connections that are open pass nothing on; new ones are as the weather says. */
  darken(): void
  /** Resets every connection that is open. */
  resetAll(): void
  /** Stops listening: connections are refused until `listen`. */
  refuse(): Promise<void>
  listen(): Promise<void>
  stop(): Promise<void>
}

/** @param target port on 127.0.0.1; asked anew for every connection */
export async function startProxy(target: () => number): Promise<TcpProxy> {
  const weather: Weather = { connections: 'pass', latencyMs: 0, sliceBytes: 0, cutAfterBytes: 0 }
  const pairs = new Set<{ client: Socket; server: Socket; dark: boolean }>()

  const relay = (from: Socket, to: Socket, pair: { dark: boolean }, onBytes: (n: number) => boolean) => {
    from.on('data', (chunk: Buffer) => {
      if (weather.connections === 'hole' || pair.dark) return
      if (!onBytes(chunk.length)) return
      const size = weather.sliceBytes || chunk.length
      const send = () => {
        for (let at = 0; at < chunk.length; at += size) to.write(chunk.subarray(at, at + size))
      }
      if (weather.latencyMs > 0) setTimeout(send, weather.latencyMs)
      else send()
    })
    from.on('end', () => weather.connections === 'pass' && to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
  }

  const server = createServer((client) => {
    if (weather.connections === 'reset') {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ port: target(), host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    const pair = { client, server: upstream, dark: false }
    pairs.add(pair)
    client.on('close', () => pairs.delete(pair))
    let received = 0
    relay(client, upstream, pair, () => true)
    relay(upstream, client, pair, (n) => {
      received += n
      if (weather.cutAfterBytes === 0 || received <= weather.cutAfterBytes) return true
      client.resetAndDestroy()
      return false
    })
  })
  const bind = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  const resetAll = () => {
    for (const { client, server: upstream } of pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }
  const refuse = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      resetAll()
    })
  await bind(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    weather,
    open: () => pairs.size,
    darken: () => {
      for (const pair of pairs) pair.dark = true
    },
    resetAll,
    refuse,
    listen: () => bind(port),
    stop: async () => {
      if (server.listening) await refuse()
    },
  }
}
