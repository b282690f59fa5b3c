/** ETags of rows whose version PostgreSQL keeps in no system column that could be trusted: they are hashes of the row. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { postgresVersions, startPostgres, type TestPostgres } from '../../support/postgres.ts'

let server: TestPostgres
let url: string
let gateway: TestGateway
beforeAll(async () => {
  server = await startPostgres({ version: postgresVersions[0] })
  url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE parts (region text, id int, amount numeric, document json, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
     CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
     CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b');
     CREATE TABLE plain (id int PRIMARY KEY, amount int);
     CREATE TABLE heir (extra text) INHERITS (plain)`,
  )
  gateway = await startGateway({ url })
})
afterAll(async () => {
  await gateway?.stop()
  await server?.stop()
})
beforeEach(() =>
  server.sql(
    url,
    `DELETE FROM parts; INSERT INTO parts VALUES ('a', 1, 1.50, '{"a":1}'), ('b', 1, NULL, NULL);
     DELETE FROM plain; INSERT INTO plain VALUES (1, 1)`,
  ),
)

const etag = async (path: string) =>
  (await gateway.request('GET', `/api/v1${path}`)).headers['etag'] as string
const send = async (method: string, path: string, match: string, body?: unknown) => {
  const answer = await gateway.request(method, `/api/v1${path}`, {
    headers: { 'if-match': match },
    ...(body === undefined ? {} : { body }),
  })
  return `${answer.status} ${answer.headers['etag'] ?? ''}`
}

describe('a row of a partitioned table', () => {
  it('has the tag of its content', async () => {
    const before = await etag('/parts/a,1')
    await server.sql(url, `UPDATE parts SET amount = 1.5 WHERE region = 'a'`)
    expect(await etag('/parts/a,1')).not.toBe(before)
    await server.sql(url, `UPDATE parts SET amount = 1.50 WHERE region = 'a'`)
    expect(await etag('/parts/a,1')).toBe(before)
  })

  it('is written only while it has the tag, and answers with the new one', async () => {
    const before = await etag('/parts/a,1')
    const [status, changed] = (await send('PATCH', '/parts/a,1', before, { amount: 2 })).split(' ')
    expect(status).toBe('200')
    expect(changed).toBe(await etag('/parts/a,1'))
    expect(await send('PATCH', '/parts/a,1', before, { amount: 3 })).toBe('412 ')
    expect(await send('DELETE', '/parts/a,1', before)).toBe('412 ')
    expect(await send('DELETE', '/parts/a,1', changed ?? '')).toMatch(/^204/)
  })

  it('can move to another partition', async () => {
    const before = await etag('/parts/a,1')
    const answer = await gateway.request('PATCH', '/api/v1/parts/a,1', {
      headers: { 'if-match': before },
      body: { region: 'b', id: 2 },
    })
    expect(answer.text).toBe('{"region":"b","id":2,"amount":"1.50","document":{"a":1}}')
    expect(answer.headers['etag']).toBe(await etag('/parts/b,2'))
  })

  it('is upserted, with the tag that a read gives', async () => {
    for (const status of [201, 200]) {
      const answer = await gateway.request('PUT', '/api/v1/parts/b,7', { body: { amount: 1 } })
      expect(answer.status).toBe(status)
      expect(answer.headers['etag']).toBe(await etag('/parts/b,7'))
    }
  })
})

describe('a row of an ordinary table', () => {
  it('has a new tag after every write, even of the same content', async () => {
    const before = await etag('/plain/1')
    await server.sql(url, 'UPDATE plain SET amount = amount')
    expect(await etag('/plain/1')).not.toBe(before)
    expect(await send('PATCH', '/plain/1', before, { amount: 2 })).toBe('412 ')
  })
})
