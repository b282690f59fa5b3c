/** The schema changes while the gateway runs: noticed without a restart, and without a failed request. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { announcerInstall } from '#engine/postgres/announcer.ts'
import { startPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, sleep, startLoad, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

const pollMs = 1500
/** Where its tables are, as answers name it. */
const schemas = { postgres: 'public', mariadb: 'shop' }

describe.each(shopServers)('$kind', ({ kind, start, missing }) => {
  describeUnless(missing)('a change of the schema', () => {
    let server: ShopServer
    let postern: Postern
    const named = (table: string) => `${schemas[kind]}.${table}`
    beforeAll(async () => {
      server = await start()
      postern = await startPostern({ database: server.url(), config: { 'schema.poll': `${pollMs}ms` } })
    })
    afterAll(async () => {
      await postern?.stop()
      await server?.stop()
    })

    const status = async (path: string) => (await ask(`${postern.api}${path}`)).status

    test('without an announcer it is seen within the poll interval: CREATE, ALTER and DROP', async () => {
      const seen = async (what: string, look: () => Promise<boolean>) => {
        const began = performance.now()
        await eventually(what, look, pollMs + 3000)
        expect(performance.now() - began).toBeLessThan(pollMs + 1000)
      }
      expect(await status('/items')).toBe(404)
      await server.sql('CREATE TABLE items (id int PRIMARY KEY); INSERT INTO items VALUES (7)')
      await seen('the new table', async () => (await status('/items')) === 200)
      await server.sql(`ALTER TABLE items ADD COLUMN colour text DEFAULT 'red'`)
      await seen(
        'the new column',
        async () => (await ask(`${postern.api}/items`)).text === '[{"id":7,"colour":"red"}]',
      )
      await server.sql('DROP TABLE items')
      await seen('the end of the table', async () => (await status('/items')) === 404)
    })

    test('scenario 49: a request that meets the change first makes it known', async () => {
      await server.sql('CREATE TABLE gone (id int PRIMARY KEY)')
      expect((await ask(`${postern.admin}/reload`, { method: 'POST' })).json().added).toEqual([named('gone')])
      await server.sql('DROP TABLE gone')
      const first = await ask(`${postern.api}/gone`)
      // The poll may have been faster.
      expect([404, 503]).toContain(first.status)
      if (first.status === 503) expect(first.code).toBe('schema_changed')
      // The schema is read once a second at most, and it was read a moment ago.
      await eventually('it is known', async () => (await status('/gone')) === 404, 1500)
    })

    test('POST /reload answers what changed', async () => {
      const quiet = await startPostern({ database: server.url(), config: { 'schema.poll': '1h' } })
      try {
        const reload = async () => (await ask(`${quiet.admin}/reload`, { method: 'POST' })).json()
        const before = await reload()
        expect(before).toEqual({
          configuration: 'unchanged',
          faults: [],
          changed: false,
          fingerprint: before.fingerprint,
          added: [],
          removed: [],
          altered: [],
        })
        await server.sql(
          'CREATE TABLE parcels (id int PRIMARY KEY); ALTER TABLE orders ADD COLUMN weight int',
        )
        expect(await reload()).toMatchObject({
          changed: true,
          added: [named('parcels')],
          removed: [],
          altered: [named('orders')],
        })
        expect((await ask(`${quiet.api}/orders?id=1`)).json()).toEqual([
          { id: 1, note: 'x'.repeat(100), weight: null },
        ])
        await server.sql('DROP TABLE parcels; ALTER TABLE orders DROP COLUMN weight')
        expect(await reload()).toMatchObject({
          changed: true,
          added: [],
          removed: [named('parcels')],
          altered: [named('orders')],
        })
      } finally {
        await quiet.stop()
      }
    })

    test('a request under way when the schema changes is finished', async () => {
      const nap = ask(`${postern.api}/rpc/nap?seconds=1`)
      await sleep(200)
      await server.sql('CREATE TABLE meanwhile (id int PRIMARY KEY)')
      await ask(`${postern.admin}/reload`, { method: 'POST' })
      expect(await status('/meanwhile')).toBe(200)
      expect((await nap).status).toBe(200)
    })
  })
})

// Only PostgreSQL can tell of a change: MariaDB has neither triggers on DDL nor notifications.
test('scenario 49: with the announcer it is seen at once, and changes under load fail no request', async () => {
  const server = await startPostgres({ version: 18 })
  const announced = await server.createDatabase()
  await server.sql(
    announced,
    'CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT generate_series(1, 20)',
  )
  for (const statement of announcerInstall) await server.sql(announced, statement)
  const gateway = await startPostern({ database: announced, config: { 'schema.poll': '1h' } })
  const load = startLoad(`${gateway.api}/orders?limit=5`, 4)
  try {
    // The one that listens is up a moment after the first reading.
    await server.sql(announced, 'CREATE TABLE probe0 (id int PRIMARY KEY)')
    await eventually('the first', async () => (await ask(`${gateway.api}/probe0`)).status === 200, 5000)
    for (let i = 1; i <= 5; i++) {
      await server.sql(
        announced,
        `ALTER TABLE orders ADD COLUMN c${i} int; CREATE TABLE probe${i} (id int PRIMARY KEY)`,
      )
      const began = performance.now()
      await eventually(
        'the new table',
        async () => (await ask(`${gateway.api}/probe${i}`)).status === 200,
        5000,
      )
      expect(performance.now() - began).toBeLessThan(1000)
    }
    const [row] = (await ask(`${gateway.api}/orders?limit=1`)).json()
    expect(Object.keys(row)).toEqual(['id', 'note', 'c1', 'c2', 'c3', 'c4', 'c5'])
    await sleep(100)
  } finally {
    const shots = await load.stop()
    await gateway.stop()
    await server.stop()
    expect(shots.length).toBeGreaterThan(50)
    expect(shots.filter((s) => s.status !== 200)).toEqual([])
  }
})
