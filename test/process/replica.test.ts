/** A server that has become a replica: it gets no writes and lends no connections, and its promotion is noticed. */
import { chown, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, startPostern } from '../support/process.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  await server.sql(server.url(), 'CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)')
})
afterAll(() => server.stop())

/** The server comes back in recovery, as a demoted primary does. */
async function restartAsReplica() {
  await server.kill('SIGINT')
  const mark = join(server.dataDir, 'standby.signal')
  await writeFile(mark, '')
  const { uid, gid } = await stat(server.dataDir)
  await chown(mark, uid, gid)
  await server.restart()
}

test('scenario 13: demoted: reads and writes are refused, the log says why; promoted: all is well within two seconds', async () => {
  const postern = await startPostern({ database: server.url() })
  try {
    const write = (id: number) => ask(`${postern.api}/orders`, { method: 'POST', body: `{"id":${id}}` })
    expect((await write(2)).status).toBe(201)
    await restartAsReplica()

    await eventually('it is refused', async () => (await write(3)).code === 'database_unavailable')
    expect((await ask(`${postern.api}/orders`)).code).toBe('database_unavailable')
    const line = await postern.line(
      (l) => l.event === 'pool.create' && JSON.stringify(l).includes('READ_ONLY_REPLICA'),
    )
    expect(JSON.stringify(line)).toContain('is a read-only replica; the gateway needs the primary')
    await eventually(
      'readiness says it too',
      async () => (await ask(`${postern.observe}/readyz`)).text.includes('READ_ONLY_REPLICA'),
      10_000,
    )

    await server.sql(server.url(), 'SELECT pg_promote(true, 10)')
    const promoted = performance.now()
    await eventually('a write', async () => (await write(4)).status === 201, 5000)
    expect(performance.now() - promoted).toBeLessThan(2000)
    expect((await ask(`${postern.api}/orders`)).json()).toEqual([{ id: 1 }, { id: 2 }, { id: 4 }])
  } finally {
    await postern.stop()
  }
})

test('a gateway that is pointed at a replica says so and is not ready', async () => {
  await restartAsReplica()
  const postern = await startPostern({ database: server.url(), until: 'listening' })
  try {
    await postern.line((l) => l.event === 'database.down', 10_000)
    expect(postern.output.stdout).toContain('serving reads from a replica alone is not supported yet')
    expect((await ask(`${postern.observe}/readyz`)).status).toBe(503)
    expect((await ask(`${postern.api}/orders`)).status).toBe(503)
  } finally {
    await postern.stop()
    await server.sql(server.url(), 'SELECT pg_promote(true, 10)')
  }
})

test('a session made read-only by its settings is no replica: the write is refused, the connection stays', async () => {
  const url = await server.createDatabase('frozen_shop')
  await server.sql(url, 'CREATE TABLE orders (id int PRIMARY KEY)')
  await server.sql(server.url(), 'ALTER DATABASE frozen_shop SET default_transaction_read_only = on')
  const postern = await startPostern({ database: url })
  try {
    const answer = await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":1}' })
    expect(answer.status).toBe(503)
    expect(answer.json().detail).toContain('read-only')
    expect((await ask(`${postern.api}/orders`)).text).toBe('[]')
    expect(await postern.metric('postern_pool_evictions_total{reason="generation"}')).toBe(0)
  } finally {
    await postern.stop()
  }
})
