/** The proxy that makes the faults must make those only that it is asked for: a byte out of order would be blamed on the gateway. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** Pieces each connection gets: two close together, then a pause of a millisecond. */
const pieces = 1000

const speak = async (socket: Socket) => {
  for (let n = 0; n < pieces; n += 2) {
    socket.write(Uint8Array.of(n & 255))
    await nextTurn()
    socket.write(Uint8Array.of((n + 1) & 255))
    await sleep(1)
  }
  socket.end()
}
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  void speak(socket)
})
let proxy: TcpProxy

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startProxy(() => (server.address() as AddressInfo).port)
})
afterAll(async () => {
  await proxy.stop()
  server.close()
})

it.each([
  { latencyMs: 5, jitterMs: 5, bytesPerSecond: 0 },
  { latencyMs: 0, jitterMs: 3, bytesPerSecond: 0 },
  { latencyMs: 2, jitterMs: 0, bytesPerSecond: 2000 },
])('passes every byte on, in order, under %j', async (weather) => {
  Object.assign(proxy.weather, weather)
  const got: number[] = []
  const client = connect(proxy.port, '127.0.0.1')
  client.on('data', (chunk: Buffer) => got.push(...chunk))
  await once(client, 'close')
  expect(got).toEqual(Array.from({ length: pieces }, (_, n) => n & 255))
})
