/** The start of the real process in front of a database that is there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, startPostern } from '../support/process.ts'

let server: TestPostgres
let url: string
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders VALUES (1, 'a')`,
  )
})
afterAll(() => server.stop())

test('it is listening before it has seen the database, ready after, and says each once', async () => {
  const began = performance.now()
  const postern = await startPostern({ database: url })
  const readyMs = performance.now() - began
  try {
    const events = postern.log.map((l) => (l.event === 'lifecycle' ? l['phase'] : l.event))
    expect(events[0]).toBe('starting')
    expect(events.filter((e) => e === 'listening')).toHaveLength(1)
    expect(events.filter((e) => e === 'ready')).toHaveLength(1)
    expect(events.indexOf('database.up')).toBeLessThan(events.indexOf('ready'))
    expect(events.indexOf('catalog.loaded')).toBeLessThan(events.indexOf('ready'))
    expect(events.indexOf('listening')).toBeLessThan(events.indexOf('ready'))
    // 0.5 s on an idle machine.
    expect(readyMs).toBeLessThan(5000)

    for (const probe of ['startupz', 'livez', 'readyz'])
      expect((await ask(`${postern.observe}/${probe}`)).status).toBe(200)
    expect((await ask(`${postern.api}/orders`)).json()).toEqual([{ id: 1, note: 'a' }])
    const status = (await ask(`${postern.admin}/status`)).json()
    expect(status).toMatchObject({ phase: 'running', started: true, catalog: { tables: 1 } })
  } finally {
    expect(await postern.stop()).toBe(0)
  }
})

test('a lean process: less than 160 MiB after its first requests', async () => {
  const postern = await startPostern({ database: url })
  try {
    for (let i = 0; i < 20; i++) await ask(`${postern.api}/orders`)
    expect(await postern.rss()).toBeLessThan(160 * 1024 ** 2)
  } finally {
    await postern.stop()
  }
})

test('with pools.budget alone the share of the budget is the size of the pool', async () => {
  const postern = await startPostern({
    database: url,
    config: { 'pools.budget': '{"connections":100,"reserved":10,"instances":6}' },
  })
  try {
    expect((await ask(`${postern.admin}/status`)).json().pools[0]).toMatchObject({ max: 15, queueLimit: 60 })
    expect(
      await eventually('the metric', () =>
        postern.metric('db_client_connection_max{db_client_connection_pool_name="primary"}'),
      ),
    ).toBe(15)
  } finally {
    await postern.stop()
  }
})
