/** The log of the real process: JSON lines, one a request, and no secret in any of them. */
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
    `CREATE TABLE orders (id int PRIMARY KEY, note text CHECK (note <> 'bad'));
     CREATE FUNCTION fail(why text) RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN RAISE EXCEPTION 'raised %', why; END $$`,
  )
})
afterAll(() => server.stop())

test('one line a request, with the id that the client was told', async () => {
  const postern = await startPostern({ database: url })
  try {
    const answer = await ask(`${postern.api}/orders?id=7`)
    const line = await postern.line((l) => l['requestId'] === answer.headers['x-request-id'])
    expect(line).toMatchObject({
      level: 'info',
      event: 'http.request',
      method: 'GET',
      route: '/api/{version}/{resource}',
      version: 'v1',
      resource: 'orders',
      status: 200,
      bytes: 2,
    })
    expect(Date.parse(line['time'] as string)).toBeGreaterThan(Date.now() - 60_000)
    const own = 'AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee'
    const named = await ask(`${postern.api}/orders`, { headers: { 'x-request-id': own } })
    expect(named.headers['x-request-id']).toBe(own.toLowerCase())
    const forged = await ask(`${postern.api}/orders`, { headers: { 'x-request-id': 'x","level":"error' } })
    expect(forged.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    // A refusal names the id of the log line.
    const refused = await ask(`${postern.api}/none`)
    expect(refused.json().instance).toBe(`urn:uuid:${String(refused.headers['x-request-id'])}`)
  } finally {
    await postern.stop()
  }
})

test.each(['debug', 'info'])('no secret and no value of a request, at level %s', async (level) => {
  await server.sql(url, 'TRUNCATE orders')
  const postern = await startPostern({
    database: url.replace('postgres@', 'postgres:geheim1@'),
    config: { 'log.level': level, 'api.cursorSecret': 'geheim2'.repeat(8) },
    env: { POSTERN_DATABASE_APPLICATION_NAME: 'shop' },
  })
  try {
    const value = 'geheim3'
    await ask(`${postern.api}/orders?note=${value}`)
    await ask(`${postern.api}/orders`, { method: 'POST', body: `{"id":1,"note":"${value}"}` })
    await ask(`${postern.api}/orders`, { method: 'POST', body: `{"id":1,"note":"${value}"}` })
    await ask(`${postern.api}/orders`, { method: 'POST', body: `{"id":"${value}"}` })
    await ask(`${postern.api}/orders`, { method: 'POST', body: `{"id":2,"note":"${value}` })
    await ask(`${postern.api}/orders`, {
      method: 'PATCH',
      body: `{"note":"bad"}`,
      headers: { prefer: 'max-affected=5' },
    })
    await ask(`${postern.api}/rpc/fail`, { method: 'POST', body: `{"why":"${value}"}` })
    await ask(`${postern.api}/orders/${value}`)
    await ask(`${postern.data}/${value}?${value}=1`, {
      headers: { authorization: `Bearer ${value}`, cookie: value },
    })
    const status = (await ask(`${postern.admin}/status`)).text
    const metrics = (await ask(`${postern.observe}/metrics`)).text
    await eventually('all is logged', () => postern.requests().length === 9)
    await postern.stop()
    expect(postern.output.stdout + postern.output.stderr + status + metrics).not.toContain('geheim')
    expect(postern.requests().map((l) => l['status'])).toEqual([200, 201, 409, 422, 400, 422, 422, 400, 404])
    const texts = postern.log.filter((l) => l['event'] === 'statement').map((l) => l['text'])
    if (level === 'info') expect(texts).toEqual([])
    else
      expect(texts).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^SELECT .* FROM "public"\."orders".*\$1/s),
          expect.stringMatching(/^INSERT INTO "public"\."orders".*\$1/s),
          expect.stringMatching(/"fail"\(.*\$1/s),
        ]),
      )
  } finally {
    await postern.stop()
  }
})

test('a refused login is told without the password', async () => {
  const postern = await startPostern({
    database: url.replace('postgres@', 'nobody:geheim@'),
    until: 'listening',
  })
  try {
    await postern.line((l) => l.event === 'database.down', 10_000)
    const answer = await ask(`${postern.api}/orders`)
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('nobody')
    expect(postern.output.stdout).toContain('28000')
    expect(postern.output.stdout + postern.output.stderr).not.toContain('geheim')
  } finally {
    await postern.stop()
  }
})

test('log.requests=errors leaves out what went well', async () => {
  const postern = await startPostern({ database: url, config: { 'log.requests': 'errors' } })
  try {
    await ask(`${postern.api}/orders`)
    await ask(`${postern.api}/none`)
    await postern.line((l) => l['status'] === 404)
    expect(postern.requests()).toHaveLength(1)
  } finally {
    await postern.stop()
  }
})
