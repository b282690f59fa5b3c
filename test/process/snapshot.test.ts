/** A start while the database is away, with the schema of an earlier life on disk: requests are understood, and all is well at once when the database is back. */
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'

let server: TestPostgres
let folder: string
let path: string
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  await server.sql(
    server.url(),
    `CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1)`,
  )
  folder = await mkdtemp(join(tmpdir(), 'postern-snapshot-'))
  path = join(folder, 'kept', 'schema.json')
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const start = (until: 'ready' | 'listening') =>
  startPostern({ database: server.url(), config: { 'schema.snapshot': path }, until })
const catalogue = async (postern: Postern) => (await ask(`${postern.admin}/status`)).json().catalog

test('without the database: what is on disk serves, refusals say why, and it recovers within two seconds', async () => {
  const first = await start('ready')
  await eventually('the file', () => readFile(path, 'utf8').catch(() => undefined))
  expect((await catalogue(first)).from).toBe('database')
  expect(await first.stop()).toBe(0)
  await server.kill('SIGINT')

  const postern = await start('listening')
  try {
    await postern.line((l) => l.event === 'snapshot' && l['action'] === 'restored')
    expect(await catalogue(postern)).toMatchObject({ from: 'disk', tables: 1 })
    expect(await postern.metric('postern_catalog_from_snapshot')).toBe(1)
    const ready = await ask(`${postern.observe}/readyz?verbose`)
    expect(ready.status).toBe(503)
    expect(ready.text).toMatch(/catalog.*schema from the snapshot of 20/)

    for (const [method, url, body] of [
      ['GET', '/orders?id=1'],
      ['GET', '/orders/1'],
      ['POST', '/orders', '{"id":2}'],
    ] as const) {
      const refused = await ask(`${postern.api}${url}`, { method, ...(body ? { body } : {}) })
      expect([refused.status, refused.code]).toEqual([503, 'database_unavailable'])
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(refused.ms).toBeLessThan(1000)
    }
    // Form and names are judged as ever.
    expect((await ask(`${postern.api}/orders?colour=red`)).code).toBe('unknown_field')
    expect((await ask(`${postern.api}/parcels`)).status).toBe(404)
    expect((await ask(postern.api)).text).toContain('orders')
    expect(Object.keys((await ask(`${postern.api}/openapi.json`)).json().paths).join()).toContain('/orders')

    await server.restart()
    const up = performance.now()
    await eventually('an answer', async () => (await ask(`${postern.api}/orders`)).status === 200, 5000)
    await eventually('the reading', async () => (await catalogue(postern)).from === 'database', 5000)
    expect(performance.now() - up).toBeLessThan(2000)
    await eventually('readiness', async () => (await ask(`${postern.observe}/readyz`)).status === 200, 2000)
    expect(await postern.metric('postern_catalog_from_snapshot')).toBe(0)
  } finally {
    expect(await postern.stop()).toBe(0)
  }
}, 60_000)

test('a damaged file is told, and the gateway starts as without one', async () => {
  await truncate(path, 200)
  await server.kill('SIGINT')
  const postern = await start('listening')
  try {
    const line = await postern.line((l) => l.event === 'snapshot')
    expect(line).toMatchObject({ action: 'refused', level: 'warn' })
    expect((await ask(`${postern.api}/orders`)).code).toBe('starting')
    await server.restart()
    await eventually('an answer', async () => (await ask(`${postern.api}/orders`)).status === 200, 5000)
  } finally {
    expect(await postern.stop()).toBe(0)
  }
}, 60_000)
