/** A TCP proxy on loopback that misbehaves on demand: between the gateway and its database, or between a client and the gateway. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Which way what is late, slow or in slices goes: from the client `up` to the server, or `down` to the client. */
type Direction = 'up' | 'down'

/** What the proxy does; may be changed at any time, and holds for connections that are open already too. */
export interface Weather {
  /** `pass` on; `hole`: take everything and answer nothing; `reset` who connects. */
  connections: 'pass' | 'hole' | 'reset'
  /** Milliseconds each piece is late. */
  latencyMs: number
  /** Each piece is late by up to so many ms more; their order stays. */
  jitterMs: number
  /** Largest piece that is passed on at a time; 0: as it comes. */
  sliceBytes: number
  /** Bytes a second of each connection and direction; 0: as fast as it goes. */
  bytesPerSecond: number
  /** Where latency, jitter, slices and bandwidth apply. */
  direction: 'both' | Direction
  /** Resets the connection after this many bytes from the server; 0: never. */
  cutAfterBytes: number
}

export const fairWeather: Readonly<Weather> = {
  connections: 'pass',
  latencyMs: 0,
  jitterMs: 0,
  sliceBytes: 0,
  bytesPerSecond: 0,
  direction: 'both',
  cutAfterBytes: 0,
}

export interface TcpProxy {
  readonly port: number
  readonly weather: Weather
  /** Connections open at the moment. */
  open(): number
  /** Connections that were accepted since the start. */
  accepted(): number
  /** From now on the connections that are open pass nothing on, in these directions; new ones are as the weather says. */
  darken(...directions: readonly Direction[]): void
  /** Resets every connection that is open. */
  resetAll(): void
  /** Stops listening: connections are refused until `listen`. */
  refuse(): Promise<void>
  listen(): Promise<void>
  stop(): Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** Directions in which nothing passes any more. */
  readonly dark: Set<Direction>
}

/** Bytes that may wait in the proxy for each direction before it stops reading. */
const buffered = 256 * 1024

/**
 * @param target port on 127.0.0.1; asked anew for every connection
 * @param o.host address to listen on
 * @param o.port default: one of the system's choice
 */
export async function startProxy(
  target: () => number,
  o: { host?: string; port?: number } = {},
): Promise<TcpProxy> {
  const host = o.host ?? '127.0.0.1'
  const weather: Weather = { ...fairWeather }
  const pairs = new Set<Pair>()
  let accepted = 0

  const relay = (
    from: Socket,
    to: Socket,
    { pair, direction, mayPass }: { pair: Pair; direction: Direction; mayPass: (n: number) => boolean },
  ) => {
    let waiting = 0
    /** Pieces that are late, in order. One timer, for the first: timers of their own may fire in another order than they are due. */
    const late: { readonly piece: Buffer; readonly due: number }[] = []
    /** The sender has said its last word; what is late comes before that. */
    let ended = false
    const send = (piece: Buffer) => {
      if (!to.destroyed) to.write(piece)
    }
    const leave = () => {
      for (let first = late[0]; first !== undefined; first = late[0]) {
        const left = first.due - performance.now()
        if (left > 0) {
          setTimeout(leave, left)
          return
        }
        late.shift()
        waiting -= first.piece.length
        if (waiting <= buffered) from.resume()
        send(first.piece)
      }
      if (ended) to.end()
    }
    const later = (piece: Buffer, delay: number) => {
      const before = late.at(-1)
      const due = Math.max(performance.now() + delay, before?.due ?? 0)
      const transfer = weather.bytesPerSecond > 0 ? (1000 * piece.length) / weather.bytesPerSecond : 0
      late.push({ piece, due: due + transfer })
      waiting += piece.length
      if (waiting > buffered) from.pause()
      if (before === undefined) leave()
    }
    from.on('data', (chunk: Buffer) => {
      if (weather.connections === 'hole' || pair.dark.has(direction)) return
      if (!mayPass(chunk.length)) return
      const bad = weather.direction === 'both' || weather.direction === direction
      const size = (bad && weather.sliceBytes) || chunk.length
      const delay = bad ? weather.latencyMs + weather.jitterMs * Math.random() : 0
      const slow = bad && weather.bytesPerSecond > 0
      for (let at = 0; at < chunk.length; at += size) {
        const piece = chunk.subarray(at, at + size)
        if (delay > 0 || slow || late.length > 0) later(piece, delay)
        else send(piece)
      }
    })
    from.on('end', () => {
      if (weather.connections !== 'pass') return
      ended = true
      if (late.length === 0) to.end()
    })
    from.on('error', () => to.destroy())
    from.on('close', () => (late.length > 0 && ended) || to.destroy())
  }

  const server = createServer((client) => {
    accepted++
    if (weather.connections === 'reset') {
      client.on('error', () => {})
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ port: target(), host: '127.0.0.1', noDelay: true })
    client.setNoDelay(true)
    const pair: Pair = { client, server: upstream, dark: new Set() }
    pairs.add(pair)
    client.on('close', () => pairs.delete(pair))
    let received = 0
    relay(client, upstream, { pair, direction: 'up', mayPass: () => true })
    relay(upstream, client, {
      pair,
      direction: 'down',
      mayPass: (n) => {
        received += n
        if (weather.cutAfterBytes === 0 || received <= weather.cutAfterBytes) return true
        client.resetAndDestroy()
        return false
      },
    })
  })
  const bind = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
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
  await bind(o.port ?? 0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    weather,
    open: () => pairs.size,
    accepted: () => accepted,
    darken: (...directions) => {
      const all: readonly Direction[] = directions.length > 0 ? directions : ['up', 'down']
      for (const pair of pairs) for (const direction of all) pair.dark.add(direction)
    },
    resetAll,
    refuse,
    listen: () => bind(port),
    stop: async () => {
      if (server.listening) await refuse()
    },
  }
}
