/** A database of five thousand tables: the start takes longer, not forever, and no more memory than it must. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, startPostern } from '../support/process.ts'

let server: TestPostgres
let url: string
const tables = 5000
beforeAll(async () => {
  server = await startPostgres({ version: 18, settings: { max_locks_per_transaction: 20_000 } })
  url = await server.createDatabase()
  await server.sql(
    url,
    `DO $$ BEGIN
       EXECUTE 'CREATE TABLE t0 (id int PRIMARY KEY, name text)';
       FOR i IN 1..${tables - 1} LOOP
         EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, name text, amount numeric, made timestamptz, parent_id int)', i);
         IF i % 10 = 0 THEN EXECUTE format('ALTER TABLE t%s ADD FOREIGN KEY (parent_id) REFERENCES t%s', i, i / 10); END IF;
       END LOOP;
     END $$`,
  )
})
afterAll(() => server.stop())

test('it starts, serves and describes itself within bounds', async () => {
  const began = performance.now()
  const postern = await startPostern({ database: url, withinMs: 40_000 })
  const readyMs = performance.now() - began
  try {
    // A second and a half on an idle machine.
    expect(readyMs).toBeLessThan(20_000)
    expect((await ask(`${postern.admin}/status`)).json().catalog.tables).toBe(tables)
    expect((await ask(`${postern.api}/t4990?select=id,parent(id)`)).status).toBe(200)
    expect((await ask(postern.api)).status).toBe(200)
    expect(await postern.rss()).toBeLessThan(400 * 1024 ** 2)
    const began2 = performance.now()
    const document = await ask(`${postern.api}/openapi.json`)
    expect(document.status).toBe(200)
    expect(performance.now() - began2).toBeLessThan(15_000)
    // A second reading must not keep the first alive.
    for (let i = 0; i < 3; i++) await ask(`${postern.admin}/reload`, { method: 'POST' })
    expect(await postern.rss()).toBeLessThan(600 * 1024 ** 2)
  } finally {
    expect(await postern.stop()).toBe(0)
  }
})
