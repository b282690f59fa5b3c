/** Values over the whole space of every type: read back equal when they were written, in rows and embeds, and found by themselves. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { mariadbMissing, startMariadb } from '../support/mariadb.ts'
import { mysqlMissing, startMysql } from '../support/mysql.ts'
import { postgresMissing, postgresVersions, startPostgres } from '../support/postgres.ts'
import { sqlServerMissing, startSqlServer } from '../support/sqlserver.ts'
import { type Space, spacesOf } from './value-space.ts'

const [version] = postgresVersions
const engines = [
  {
    name: `PostgreSQL ${version}`,
    key: 'postgres',
    missing: postgresMissing(version),
    start: () => startPostgres({ version }),
    setup: '',
  },
  {
    name: 'MariaDB',
    key: 'mariadb',
    missing: mariadbMissing(),
    start: () => startMariadb(),
    setup: "SET sql_mode = 'NO_BACKSLASH_ESCAPES';",
  },
  {
    name: 'MySQL',
    key: 'mysql',
    missing: mysqlMissing(),
    start: async () => startMysql(),
    setup: "SET sql_mode = 'NO_BACKSLASH_ESCAPES';",
  },
  {
    name: 'SQL Server',
    key: 'sqlserver',
    missing: sqlServerMissing(),
    start: () => startSqlServer(),
    setup: '',
  },
] as const

const e = encodeURIComponent

for (const { name, key, missing, start, setup } of engines)
  describe(`the values of ${name}`, () => {
    if (missing !== undefined) {
      it('come back as they were written', ({ skip }) => skip(missing))
      return
    }
    const own = spacesOf(key)
    let server: Awaited<ReturnType<typeof start>>
    let gateway: TestGateway
    beforeAll(async () => {
      server = await start()
      const url = await server.createDatabase()
      await server.sql(
        url,
        `${setup}
         CREATE TABLE hub (id int PRIMARY KEY); INSERT INTO hub VALUES (1);
         CREATE TABLE everything (id int PRIMARY KEY, hub_id int, ${own.map((space) => `${space.name} ${space.type}`).join()},
           FOREIGN KEY (hub_id) REFERENCES hub (id))`,
      )
      gateway = await startGateway({ url })
    })
    afterAll(async () => {
      await gateway?.stop()
      await server?.stop()
    })

    const headers = { 'content-type': 'application/json' }
    const check = async (
      { name: column, incomparable }: Space,
      sent: string,
      equals: (got: string) => boolean,
    ) => {
      const put = await gateway.request('PUT', `/api/v1/everything/1?select=${column}`, {
        body: `{"hub_id":1,"${column}":${sent}}`,
        headers,
      })
      expect(put.text, `${put.status} for ${column}: ${sent}`).toMatch(new RegExp(`^\\{"${column}":`))
      const got = put.text.slice(column.length + 4, -1)
      expect(equals(got), `${column}: sent ${sent}, got ${got}`).toBe(true)
      const read = await gateway.request('GET', `/api/v1/everything/1?select=${column}`)
      expect(read.text).toBe(put.text)
      const embedded = await gateway.request('GET', `/api/v1/hub/1?select=everything(${column})`)
      expect(embedded.text).toBe(`{"everything":[${put.text}]}`)
      // What came back can be sent again.
      const again = await gateway.request('PATCH', `/api/v1/everything/1?select=${column}`, {
        body: `{"${column}":${got}}`,
        headers,
      })
      expect(again.text).toBe(put.text)
      if (incomparable || sent === 'null') return
      const value: unknown = got.startsWith('"') ? JSON.parse(got) : got
      for (const query of [
        `${column}[eq]=${e(String(value))}`,
        `${column}[null]=false`,
        `filter=${e(`{"${column}":{"in":[${got}]}}`)}`,
        `filter=${e(`{"not":{"${column}":{"neq":${got}}}}`)}`,
      ]) {
        const found = await gateway.request('GET', `/api/v1/everything?select=id&${query}`)
        expect(`${query} ${found.status} ${found.text}`).toBe(`${query} 200 [{"id":1}]`)
      }
    }

    for (const space of own)
      it(`of ${space.type} come back as they were written, and are found`, async () => {
        await check(space, 'null', (got) => got === 'null')
        await fc.assert(
          fc.asyncProperty(space.values, ({ sent, equals }) => check(space, sent, equals)),
          { numRuns: 60, includeErrorInReport: true },
        )
      })
  })
