/** Every type of SQL Server through HTTP: canonical at the top and in embeds, written back as it was read, found by its value. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { sqlServerMissing, startSqlServer, type TestSqlServer } from '../../support/sqlserver.ts'
import { checkCanonical, checkFound, checkNull, checkWritten, type TypeTable } from '../type-checks.ts'
import { samples } from './types.samples.ts'
import { describeUnless } from '../../support/unless.ts'

/** One table a type: a row a value, and a last one of NULL; all hang on the one row of `hub`. */
const tables = samples
  .map(({ type, values, readOnly = [] }, i) => {
    const all = [...[...values, ...readOnly].map(([sql]) => sql), 'NULL']
    const rows = all.map((sql, id) => `INSERT INTO t${i} VALUES (${id}, 1, ${sql});`).join('\n')
    return `CREATE TABLE t${i} (id int PRIMARY KEY, hub_id int, v ${type}, FOREIGN KEY (hub_id) REFERENCES hub (id));
    ${rows}`
  })
  .join('\nGO\n')

const missing = sqlServerMissing()
describeUnless(missing)('the types of SQL Server', () => {
  let server: TestSqlServer
  let url: string
  let gateway: TestGateway
  beforeAll(async () => {
    server = await startSqlServer()
    url = await server.createDatabase()
    await server.sql(
      url,
      `CREATE TABLE hub (id int PRIMARY KEY); INSERT INTO hub VALUES (1);
       CREATE TABLE versioned (id int PRIMARY KEY, name varchar(20), version rowversion)
       GO
       ${tables}`.replaceAll(/^ +GO$/gm, 'GO'),
    )
    gateway = await startGateway({ url })
  })
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
  })
  const tableOf = (i: number): TypeTable => ({
    name: `t${i}`,
    values: [...(samples[i]?.values ?? []), ...(samples[i]?.readOnly ?? [])].map(([, json]) => json),
    request: (method, path, init) => gateway.request(method, path, init),
  })

  for (const [i, { type, values, incomparable }] of samples.entries()) {
    it(`${type} is canonical`, () => checkCanonical(tableOf(i)))

    it(`${type} is written back as it was read`, async () => {
      await checkWritten(
        tableOf(i),
        values.map(([, json]) => json),
      )
      if (!incomparable) {
        const last = values.length - 1
        const equal = await server.sql(
          url,
          `SELECT 1 AS equal FROM t${i} a JOIN t${i} b ON a.v = b.v WHERE a.id = 100 AND b.id = ${last}`,
        )
        expect(equal).toEqual([{ equal: 1 }])
      }
      await server.sql(url, `DELETE FROM t${i} WHERE id = 100`)
    })

    it(`${type} finds its rows by value, or says that it cannot`, async () => {
      const table = tableOf(i)
      await checkFound({ ...table, values: incomparable ? [] : table.values })
      await checkNull(table)
    })
  }

  it('rowversion is read, never written, and makes the tag of its row', async () => {
    const headers = { 'content-type': 'application/json', prefer: 'return=representation' }
    const made = await gateway.request('PUT', '/api/v1/versioned/1', { body: '{"name":"a"}', headers })
    expect(made.json).toEqual({ id: 1, name: 'a', version: expect.stringMatching(/^[A-Za-z0-9+/]{11}=$/) })
    const found = await gateway.request(
      'GET',
      `/api/v1/versioned?version=${encodeURIComponent(made.json.version)}`,
    )
    expect(found.json).toHaveLength(1)
    const refused = await gateway.request('PATCH', '/api/v1/versioned/1', {
      body: `{"version":"${made.json.version}"}`,
      headers,
    })
    expect(refused.json).toMatchObject({ code: 'read_only_field' })
    // The same value once more is another version.
    const again = await gateway.request('PATCH', '/api/v1/versioned/1', {
      body: '{"name":"a"}',
      headers: { ...headers, 'if-match': made.headers['etag'] ?? '' },
    })
    expect(again.status, again.text).toBe(200)
    expect(again.headers['etag']).not.toBe(made.headers['etag'])
    const late = await gateway.request('PATCH', '/api/v1/versioned/1', {
      body: '{"name":"b"}',
      headers: { ...headers, 'if-match': made.headers['etag'] ?? '' },
    })
    expect(late.json).toMatchObject({ code: 'precondition_failed' })
  })
})
