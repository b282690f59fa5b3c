/** Every type of PostgreSQL through HTTP: canonical at the top and in embeds, written back as it was read, found by its value. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { checkAggregates } from '../type-checks.ts'
import { madeTypes, type Sample, samplesOf, withoutInput } from './types.samples.ts'

const declared = (type: string) => (type === 'char' ? '"char"' : type)

/** One table a type: a row a value, and a last one of NULL; all hang on the one row of `hub`. */
const tablesOf = (samples: readonly Sample[]) =>
  samples
    .map(
      ({ type, values }, i) => `
    CREATE TABLE t${i} (id int PRIMARY KEY, hub_id int REFERENCES hub, v ${declared(type)});
    INSERT INTO t${i} VALUES ${[...values.map(([sql]) => sql), 'NULL']
      .map((sql, id) => `(${id}, 1, (${sql})::${declared(type)})`)
      .join()};`,
    )
    .join('')

/** JSON null is SQL's NULL as soon as it is inside an array or comes back from a client. */
const isNull = (json: string) => json === 'null'

describe.each(postgresVersions)('the types of PostgreSQL %i', (version) => {
  const samples = samplesOf(version)
  const missing = postgresMissing(version)
  if (missing !== undefined) {
    it('are canonical', ({ skip }) => skip(missing))
    return
  }
  let server: TestPostgres
  let url: string
  let gateway: TestGateway
  beforeAll(async () => {
    server = await startPostgres({ version })
    url = await server.createDatabase()
    await server.sql(
      url,
      `${madeTypes} CREATE TABLE hub (id int PRIMARY KEY); INSERT INTO hub VALUES (1); ${tablesOf(samples)}`,
    )
    gateway = await startGateway({ url })
  })
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
  })
  const get = (path: string) => gateway.request('GET', `/api/v1/${path}`)

  it('are all there', async () => {
    const rows = await server.sql(
      url,
      `SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm', 'd', 'e')
       AND typinput <> 'array_in'::regproc`,
    )
    const known = new Set(samples.map((sample) => sample.base))
    const forgotten = rows
      .map((row) => String(row['typname']))
      .filter((name) => !known.has(name) && !withoutInput.has(name))
    expect(forgotten).toEqual([])
  })

  for (const [i, { type, values }] of samples.entries()) {
    const rows = [...values.map(([, json]) => json), 'null']
      .map((json, id) => `{"id":${id},"v":${json}}`)
      .join()

    it(`${type} is canonical`, async () => {
      expect((await get(`t${i}?select=id,v`)).text).toBe(`[${rows}]`)
      expect((await get(`hub/1?select=t${i}(id,v)`)).text).toBe(`{"t${i}":[${rows}]}`)
      expect((await get(`t${i}/0?select=v,hub(id,t${i}(limit=1;v))`)).text).toBe(
        `{"v":${values[0]?.[1]},"hub":{"id":1,"t${i}":[{"v":${values[0]?.[1]}}]}}`,
      )
    })

    it(`${type} is written back as it was read`, async () => {
      const headers = { 'content-type': 'application/json', prefer: 'return=representation' }
      for (const [, json] of values) {
        const body = `{"hub_id":1,"v":${json}}`
        const put = await gateway.request('PUT', `/api/v1/t${i}/100?select=v`, { body, headers })
        expect(`${put.status} ${put.text}`).toMatch(/^20[01] /)
        expect(put.text).toBe(`{"v":${json}}`)
      }
      const [{ equal } = {}] = await server.sql(
        url,
        `SELECT (SELECT v::text FROM t${i} WHERE id = 100) IS NOT DISTINCT FROM (SELECT v::text FROM t${i} WHERE id = ${values.length - 1}) AS equal`,
      )
      if (type !== 'int[]') expect(equal).toBe(true)
      await server.sql(url, `DELETE FROM t${i} WHERE id = 100`)
    })

    it(`${type} has its smallest and largest value at the ends of its order`, () =>
      checkAggregates({ name: `t${i}`, values: [], request: gateway.request }))

    it(`${type} finds its rows by value, or says that it cannot`, async () => {
      for (const [id, [, json]] of values.entries()) {
        if (isNull(json) || json.length > 1000) continue
        const parsed: unknown = json.startsWith('"') ? JSON.parse(json) : json
        for (const query of [
          `v=${encodeURIComponent(String(parsed))}`,
          `filter=${encodeURIComponent(`{"v":{"in":[${json}]}}`)}`,
        ]) {
          const found = await get(`t${i}?select=id&${query}`)
          if (found.status === 400)
            expect(['unknown_operator', 'invalid_parameter', 'unknown_relation']).toContain(found.json.code)
          else expect(`${found.status} ${found.text}`).toContain(`{"id":${id}}`)
        }
      }
      expect((await get(`t${i}?select=id&v[null]=true`)).text).toContain(`{"id":${values.length}}`)
    })
  }
})

describe('a type without a canonical form', () => {
  let server: TestPostgres
  let url: string
  beforeAll(async () => {
    server = await startPostgres({ version: postgresVersions[0] })
    url = await server.createDatabase()
    await server.sql(
      url,
      `CREATE EXTENSION hstore; CREATE EXTENSION cube;
       CREATE TABLE things (id int PRIMARY KEY, attributes hstore, places cube[], name text);
       INSERT INTO things VALUES (1, 'a=>1, b=>NULL', ARRAY['(1,2)'::cube], 'one');
       CREATE TABLE plain (id int PRIMARY KEY);
       CREATE FUNCTION attributes_of(thing int) RETURNS hstore STABLE LANGUAGE sql AS 'SELECT attributes FROM things WHERE id = thing'`,
    )
  })
  afterAll(() => server?.stop())

  const asked = async (unmappable: 'omit' | 'text', paths: readonly string[]) => {
    const gateway = await startGateway({ url, config: { schema: { unmappable } } })
    try {
      const answers = []
      for (const path of paths) answers.push((await gateway.request('GET', `/api/v1/${path}`)).text)
      // The log is written behind the answers.
      await expect.poll(() => gateway.log()).toMatch(/attributes.*hstore|hstore.*attributes/)
      return answers
    } finally {
      await gateway.stop()
    }
  }

  it('is left out with omit, and the log says so', async () => {
    const [row] = await asked('omit', ['things'])
    expect(row).toBe('[{"id":1,"name":"one"}]')
  })

  it('is its text with text, at the top and in a function', async () => {
    const [row, called] = await asked('text', ['things', 'rpc/attributes_of?thing=1'])
    expect(row).toBe(
      `[{"id":1,"attributes":${JSON.stringify('"a"=>"1", "b"=>NULL')},"places":${JSON.stringify('{"(1, 2)"}')},"name":"one"}]`,
    )
    expect(called).toBe(JSON.stringify('"a"=>"1", "b"=>NULL'))
  })

  it('can be written as its text', async () => {
    const gateway = await startGateway({ url, config: { schema: { unmappable: 'text' } } })
    try {
      const answer = await gateway.request('PATCH', '/api/v1/things/1?select=attributes', {
        body: { attributes: 'c=>3' },
      })
      expect(answer.text).toBe(JSON.stringify({ attributes: '"c"=>"3"' }))
    } finally {
      await gateway.stop()
    }
  })

  it('keeps the gateway from serving with fail, and every such column is named', async () => {
    const gateway = await startGateway({ url, config: { schema: { unmappable: 'fail' } }, ready: false })
    try {
      await expect.poll(() => gateway.log(), { timeout: 10_000 }).toMatch(/places/)
      const answer = await gateway.request('GET', '/api/v1/plain')
      expect(`${answer.status} ${answer.json.code}`).toBe('503 starting')
      expect(gateway.log()).toMatch(/attributes/)
    } finally {
      await gateway.stop()
    }
  })
})
