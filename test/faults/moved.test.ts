/** The configuration leads to another server while the one of before stays up: nothing stays behind there. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Mounted, mountFolder } from '../support/mounted.ts'
import { postgresMissing, startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, startLoad, startPostern } from '../support/process.ts'
import { describeUnless } from '../support/unless.ts'

describeUnless(postgresMissing(18))('a database that moves', () => {
  let before: TestPostgres
  let after: TestPostgres
  let folder: Mounted
  let postern: Postern

  /** The second host is never there: two of them have the gateway watch who is the primary. */
  const yaml = ({ port }: TestPostgres) =>
    `database: {url: 'postgres://postgres@127.0.0.1:${port},127.0.0.1:1/postgres'}\n` +
    'lifecycle: {reloadInterval: 300ms}\nschema: {poll: 1h}\npools: {min: 1, budget: {connections: auto, instances: auto, reserved: 5}}\n'
  beforeAll(async () => {
    ;[before, after] = await Promise.all([startPostgres({ version: 18 }), startPostgres({ version: 18 })])
    for (const server of [before, after])
      await server.sql(server.url(), 'CREATE TABLE orders (id int PRIMARY KEY)')
    await after.sql(after.url(), 'CREATE TABLE parcels (id int PRIMARY KEY)')
    folder = await mountFolder({ 'postern.yaml': yaml(before) })
    postern = await startPostern({ config: { 'config-dir': folder.path } })
  })
  afterAll(async () => {
    await postern?.stop()
    await folder?.remove()
    await before?.stop()
    await after?.stop()
  })

  const sessions = async (server: TestPostgres): Promise<readonly string[]> =>
    (
      await server.sql(
        server.url(),
        `SELECT query FROM pg_stat_activity WHERE application_name LIKE 'postern/%' AND backend_type = 'client backend'`,
      )
    ).map((row) => String(row['query']))

  test('sessions of the pool, of looks and of the watch all go there; no request fails', async () => {
    await eventually('it is at home', async () => (await sessions(before)).length >= 3)
    const load = startLoad(`${postern.api}/orders?limit=1`, 2)
    await eventually('load', () => load.shots.length > 20)
    await folder.write({ 'postern.yaml': yaml(after) })
    await postern.line((l) => l.event === 'config' && l['result'] === 'applied')
    const left = async () => (await sessions(before)).length
    await eventually('nothing is left behind', async () => (await left()) === 0, 5000)
    // Listening begins anew: what is announced there is heard. Nobody looks for an hour.
    await eventually(
      'the schema is that of the new place',
      async () => (await ask(`${postern.api}/parcels`)).status === 200,
      5000,
    )
    await eventually('three kinds of sessions', async () => (await sessions(after)).length >= 3, 5000)
    await after.sql(after.url(), 'CREATE TABLE letters (id int PRIMARY KEY); NOTIFY postern_schema')
    await eventually(
      'a change is heard of',
      async () => (await ask(`${postern.api}/letters`)).status === 200,
      5000,
    )
    const status = (await ask(`${postern.admin}/status`)).json()
    expect(JSON.stringify(status)).toContain(`127.0.0.1:${after.port}`)
    expect(JSON.stringify(status)).not.toContain(`127.0.0.1:${before.port}`)
    const shots = await load.stop()
    expect(shots.filter((s) => s.status !== 200)).toEqual([])
  })
})
