/** Where the real process listens: taken ports, both loopback families, the Unix socket. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, startPostern } from '../support/process.ts'

let server: TestPostgres
const folder = mkdtempSync(join(tmpdir(), 'postern-listen-'))
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  await server.sql(server.url(), `CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)`)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server.stop()
})

test('a taken port ends the process with 1 and a line that names the address', async () => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const { port } = holder.address() as AddressInfo
  try {
    const postern = await startPostern({
      database: server.url(),
      config: { 'listeners.data.port': port },
      until: 'nothing',
    })
    expect(await postern.ended).toBe(1)
    expect(postern.output.stderr).toBe(
      `postern: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
    )
  } finally {
    holder.close()
  }
})

test('the API is on both families of loopback', async (context) => {
  const postern = await startPostern({ database: server.url() })
  try {
    const six = postern.api.replace('127.0.0.1', '[::1]')
    const answer = await ask(`${six}/orders`).catch((error: NodeJS.ErrnoException) => error)
    if (answer instanceof Error) {
      if (answer.code === 'EADDRNOTAVAIL' || answer.code === 'EAFNOSUPPORT')
        context.skip(`this machine has no IPv6 loopback (${answer.code})`)
      throw answer
    }
    expect(answer.json()).toEqual([{ id: 1 }])
  } finally {
    await postern.stop()
  }
})

test('the Unix socket serves the same API, and is gone with the process', async () => {
  const path = join(folder, 'api.sock')
  const postern = await startPostern({ database: server.url(), config: { 'listeners.data.socket': path } })
  const answer = await ask('http://localhost/api/v1/orders', { socketPath: path })
  expect(answer.json()).toEqual([{ id: 1 }])
  expect(await postern.stop()).toBe(0)
  expect(() => statSync(path)).toThrow('ENOENT')
})

test('a socket left by a killed process is replaced; one in use, and any other file, is not', async () => {
  const path = join(folder, 'left.sock')
  const config = { 'listeners.data.socket': path }
  const killed = await startPostern({ database: server.url(), config })
  killed.signal('SIGKILL')
  await killed.ended
  expect(statSync(path).isSocket()).toBe(true)

  const next = await startPostern({ database: server.url(), config })
  try {
    const other = await startPostern({ database: server.url(), config, until: 'nothing' })
    expect(await other.ended).toBe(1)
    expect(other.output.stderr).toContain(`address already in use ${path}`)
    expect((await ask('http://localhost/api/v1/orders', { socketPath: path })).status).toBe(200)
  } finally {
    await next.stop()
  }

  const file = join(folder, 'precious.txt')
  writeFileSync(file, 'precious')
  const refused = await startPostern({
    database: server.url(),
    config: { 'listeners.data.socket': file },
    until: 'nothing',
  })
  expect(await refused.ended).toBe(1)
  expect(refused.output.stderr).toContain(file)
  expect(statSync(file).size).toBe(8)
})
