/** Readers that take nothing of their answers are cut off; those who wait for theirs are not. */
import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#base/clock.ts'
import { createHttpServer } from './server.ts'

const stalledMs = 100
const large = Buffer.alloc(32 * 1024 ** 2)

let server: Server
let given = 0
beforeEach(async () => {
  const made = createHttpServer(
    {
      answer: ({ url }, outgoing) => {
        if (url === '/large') outgoing.writeHead(200, { 'content-length': large.length }).end(large)
        else setTimeout(() => outgoing.end('late'), 4 * stalledMs)
      },
      connected: () => {},
    },
    { clock: systemClock, refuse: () => ({ status: 400, headers: {}, body: null }) },
  )
  server = made.server
  given = server.timeout
  server.timeout = stalledMs
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
})
afterEach(() => server.close().closeAllConnections())

/** Sends the request; `closed` resolves when the server has ended the connection. */
function ask(path: string): { client: Socket; closed: Promise<void> } {
  const closed = new Promise<void>((resolve) =>
    server.once('connection', (socket: Socket) => socket.on('close', () => resolve())),
  )
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => {}).write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  return { client, closed }
}

test('who takes nothing of a large answer is cut off', async () => {
  expect(given).toBe(15_000)
  const { client, closed } = ask('/large')
  client.pause()
  await closed
  client.destroy()
})

test('who reads slowly gets all of it', async () => {
  // Longer than a busy machine stands still, and shorter than the reading takes.
  server.timeout = 1000
  const { client } = ask('/large')
  let bytes = 0
  await new Promise<void>((resolve) => {
    client.on('data', (part: Buffer) => {
      bytes += part.length
      if (bytes > large.length) resolve()
      client.pause()
      setTimeout(() => client.resume(), 4)
    })
    client.on('close', resolve)
  })
  expect(bytes).toBeGreaterThan(large.length)
  client.destroy()
})

test('who waits for an answer is not cut off, however long it takes', async () => {
  const { client } = ask('/late')
  const text = await new Promise<string>((resolve) => {
    client.on('data', (part: Buffer) => resolve(part.toString()))
    client.on('close', () => resolve('closed'))
  })
  expect(text).toMatch(/^HTTP\/1\.1 200 [^]*late/)
  client.destroy()
})
