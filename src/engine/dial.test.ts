import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { connectSocket, encrypt } from './dial.ts'
import { type TargetForm, targetOf } from './target.ts'
import { databaseOptions } from './options.ts'

const form: TargetForm = {
  port: 1,
  user: 'u',
  database: () => 'd',
  url: { tls: { parameter: 'tls', modes: {} } },
}

test('a TLS handshake that is given up on rejects with the reason, and throws nothing into the process', async () => {
  const heard: unknown[] = []
  const hear = (error: unknown) => heard.push(error)
  process.on('uncaughtExceptionMonitor', hear)
  // Takes the first words and never answers.
  const server = net.createServer((socket) => socket.on('data', () => {}).on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const target = targetOf(databaseOptions.parse({ host: '127.0.0.1', port, tls: { mode: 'require' } }), form)
  const inlet = { receive: () => {} }
  const socket = await connectSocket({ host: '127.0.0.1', port }, inlet, new AbortController().signal)
  socket.on('error', () => {})
  const handshake = encrypt(socket, target, inlet)
  setImmediate(() => socket.destroy(new Error('given up')))
  await expect(handshake).rejects.toThrow('given up')
  await new Promise((resolve) => setTimeout(resolve, 20))
  server.close()
  process.off('uncaughtExceptionMonitor', hear)
  expect(heard).toEqual([])
})
