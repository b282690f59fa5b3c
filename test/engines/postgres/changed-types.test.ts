/** Columns that get another type before the gateway has read the schema anew: nothing goes out as what it is not. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { describeUnless } from '../../support/unless.ts'

for (const version of postgresVersions) {
  describeUnless(postgresMissing(version))(`changed types on PostgreSQL ${version}`, () => {
    let server: TestPostgres
    let url: string
    let gateway: TestGateway
    const sql = (text: string) => server.sql(url, text)

    beforeAll(async () => {
      server = await startPostgres({ version })
    })
    beforeEach(async () => {
      url = await server.createDatabase()
      await sql(
        `CREATE TABLE t (id int PRIMARY KEY, n int, at timestamptz, ok bool, doc json, f float8);
         INSERT INTO t VALUES (1, 7, '2024-05-06 07:08:09Z', true, '{"a": 1}', 0.5)`,
      )
      gateway = await startGateway({ url })
      return () => gateway.stop()
    })
    afterAll(() => server?.stop())

    const get = (path: string, headers = {}) => gateway.request('GET', `/api/v1/${path}`, { headers })
    const changes = [
      ['n', 'text', `'1,"admin":true'`],
      ['at', 'date', 'at::date'],
      ['at', 'text', `'born yesterday'`],
      ['at', 'bigint', '42'],
      ['ok', 'text', `'true,"admin":true'`],
      ['doc', 'text', `'{}, "admin":true'`],
      ['f', 'text', `'0,"admin":true'`],
    ] as const

    for (const known of [true, false])
      it.each(changes)(
        `a column %s that became %s, its statements ${known ? 'prepared' : 'not prepared'} before`,
        async (column, type, using) => {
          const paths = ['t', 't/1', 't?select=id,n,at,ok,doc,f&order=id']
          if (known) for (const path of paths) expect((await get(path)).status).toBe(200)
          await sql(`ALTER TABLE t ALTER ${column} TYPE ${type} USING ${using}`)
          const [row] = (await sql(`SELECT to_json(t.*) AS row FROM t`)) as [{ row: Record<string, unknown> }]
          for (const path of paths) {
            let answer = await get(path)
            if (answer.status === 503) expect(answer.json.code).toBe('schema_changed')
            await expect.poll(async () => (answer = await get(path)).status, { timeout: 5000 }).toBe(200)
            const got = path === 't/1' ? answer.json : answer.json[0]
            expect(got).not.toHaveProperty('admin')
            expect(String(got[column])).toBe(String(row.row[column]))
          }
        },
      )

    it('a stream ends at once, without a row', async () => {
      await sql(
        `INSERT INTO t SELECT g, g FROM generate_series(2, 100000) g; ALTER TABLE t ALTER n TYPE text`,
      )
      const answer = await get('t', { accept: 'application/x-ndjson' }).catch((error: Error) => error)
      if (!(answer instanceof Error)) expect(answer.text).not.toContain('"id":')
      await expect.poll(async () => (await get('t?limit=1')).json[0]?.n, { timeout: 5000 }).toBe('7')
    })

    it('a write is done, and nobody says that it is not', async () => {
      await sql('ALTER TABLE t ALTER n TYPE text')
      const answer = await gateway.request('POST', '/api/v1/t', { body: { id: 2, n: 8 } })
      expect([answer.status, answer.json.code]).toEqual([503, 'outcome_unknown'])
      expect(await sql('SELECT n FROM t WHERE id = 2')).toEqual([{ n: '8' }])
    })
  })
}
