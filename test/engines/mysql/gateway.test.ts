/** The gateway on MariaDB where time, sessions and the server itself come in: what runs ends, nothing is left behind, and changes are noticed. */
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { mariadbMissing, startMariadb, type TestMariadb } from '../../support/mariadb.ts'

const schema = `
CREATE TABLE items (id int PRIMARY KEY, name varchar(20));
INSERT INTO items VALUES (1, 'one'), (2, 'two');
-- While it runs it is its definer’s, whom only an administrator may kill: the server’s own limit ends it.
CREATE FUNCTION nap(seconds double) RETURNS int READS SQL DATA RETURN SLEEP(seconds);
CREATE PROCEDURE slow_rows(seconds double) READS SQL DATA SQL SECURITY INVOKER SELECT id, SLEEP(seconds) AS slept FROM items;
CREATE PROCEDURE write_slowly(seconds double) MODIFIES SQL DATA BEGIN
  INSERT INTO items VALUES (100, 'slow');
  DO SLEEP(seconds);
  INSERT INTO items VALUES (101, 'slower');
END;
CREATE PROCEDURE write_as_caller(seconds double) MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN
  INSERT INTO items VALUES (100, 'slow');
  DO SLEEP(seconds);
  INSERT INTO items VALUES (101, 'slower');
END;
CREATE USER app@'%' IDENTIFIED BY 'x';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, SHOW VIEW ON main.* TO app@'%';`

const missing = mariadbMissing()
describe.skipIf(missing !== undefined)(`the gateway on MariaDB ${missing ?? ''}`, () => {
  let server: TestMariadb
  let url: string
  let gateway: TestGateway
  beforeAll(async () => {
    server = await startMariadb()
    url = await server.createDatabase('main')
    await server.sql(url, schema)
    gateway = await startGateway({
      url: url.replace('root@', 'app:x@'),
      config: { schema: { poll: '1s' }, deadlines: { default: '5s' }, pools: { max: 3 } },
    })
  })
  afterAll(async () => {
    await gateway?.stop()
    await server?.stop()
  })

  const get = (path: string, headers: Record<string, string> = {}) =>
    gateway.request('GET', `/api/v1${path}`, { headers })
  const call = (name: string, body: unknown, headers: Record<string, string> = {}) =>
    gateway.request('POST', `/api/v1/rpc/${name}`, { body, headers })
  /** Statements of the gateway that run now. */
  const running = async () =>
    Number(
      (
        await server.sql(
          url,
          "SELECT count(*) AS n FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Execute', 'Query') AND ID <> CONNECTION_ID()",
        )
      )[0]?.['n'],
    )
  const sessions = async () =>
    (
      await server.sql(url, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app' ORDER BY ID")
    ).map((row) => row['ID'])

  it.each(['nap', 'slow_rows', 'write_slowly'])(
    'a call of %s that outlasts its deadline is a 504, and ends in the database',
    async (name) => {
      const began = performance.now()
      const answer = await call(name, { seconds: 20 }, { prefer: 'wait=0.5' })
      expect(`${answer.status} ${answer.json.code}`).toBe('504 statement_timeout')
      expect(performance.now() - began).toBeLessThan(2000)
      await expect.poll(running, { timeout: 2000 }).toBe(0)
      // What it had written is taken back.
      expect((await get('/items?select=id')).text).toBe('[{"id":1},{"id":2}]')
    },
  )

  it('the session of a cancelled statement serves the next one', async () => {
    await get('/items')
    const before = await sessions()
    for (let i = 0; i < 5; i++) {
      await call('slow_rows', { seconds: 20 }, { prefer: 'wait=0.1' })
      expect((await get('/items/1?select=name')).text).toBe('{"name":"one"}')
    }
    // There may be another one: on a busy machine the next request comes before the cancelled statement has ended.
    expect(await sessions()).toEqual(expect.arrayContaining(before))
  })

  it('a client that hangs up ends its statement', async () => {
    const { hostname, port } = new URL(gateway.url)
    const outgoing = httpRequest({ hostname, port, path: '/api/v1/rpc/slow_rows?seconds=4' })
    outgoing.on('error', () => {})
    outgoing.end()
    await expect.poll(running, { timeout: 3000 }).toBe(1)
    outgoing.destroy()
    await expect.poll(running, { timeout: 1500 }).toBe(0)
    expect((await get('/items/2?select=name')).text).toBe('{"name":"two"}')
  })

  it('a client that hangs up takes its write back', async () => {
    const { hostname, port } = new URL(gateway.url)
    const outgoing = httpRequest({
      hostname,
      port,
      method: 'POST',
      path: '/api/v1/rpc/write_as_caller',
      headers: { 'content-type': 'application/json' },
    })
    outgoing.on('error', () => {})
    outgoing.end('{"seconds":4}')
    await expect.poll(running, { timeout: 3000 }).toBe(1)
    outgoing.destroy()
    await expect.poll(running, { timeout: 1500 }).toBe(0)
    expect((await get('/items?select=id')).text).toBe('[{"id":1},{"id":2}]')
  })

  it('a lock that is held is waited for no longer than the deadline', async () => {
    const holding = server.sql(
      url,
      'START TRANSACTION; SELECT * FROM items WHERE id = 1 FOR UPDATE; DO SLEEP(3); ROLLBACK',
    )
    await expect.poll(running, { timeout: 3000 }).toBe(1)
    const began = performance.now()
    const answer = await gateway.request('PATCH', '/api/v1/items/1', {
      body: { name: 'uno' },
      headers: { prefer: 'wait=0.5' },
    })
    expect(`${answer.status} ${answer.json.code}`).toBe('504 statement_timeout')
    expect(performance.now() - began).toBeLessThan(2500)
    await holding
    expect((await get('/items/1?select=name')).text).toBe('{"name":"one"}')
  })

  it('a late cancel hits nobody else’s statement', { timeout: 60_000 }, async () => {
    // Statements that end about when their deadline does, between others that must not be hit.
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all([
        call('nap', { seconds: 0.1 }, { prefer: 'wait=0.1' }),
        call('nap', { seconds: 0.1 }, { prefer: 'wait=0.1' }),
        call('nap', { seconds: 0.05 }),
        get('/items/1?select=id'),
      ])
      expect(['200', '504']).toContain(String(answers[0].status))
      expect(answers[2].text).toBe('0')
      expect(answers[3].text).toBe('{"id":1}')
      expect((await call('nap', { seconds: 0.02 })).text).toBe('0')
    }
  })

  it('changes of the schema are noticed by looking', async () => {
    await server.sql(url, "ALTER TABLE items ADD COLUMN colour varchar(10) NOT NULL DEFAULT 'red'")
    await expect
      .poll(async () => (await get('/items/1')).text, { timeout: 10_000, interval: 200 })
      .toBe('{"id":1,"name":"one","colour":"red"}')
    await server.sql(url, 'ALTER TABLE items DROP COLUMN colour; CREATE TABLE added (id int PRIMARY KEY)')
    await expect
      .poll(async () => `${(await get('/items/1')).text} ${(await get('/added')).status}`, {
        timeout: 10_000,
        interval: 200,
      })
      .toBe('{"id":1,"name":"one"} 200')
  })

  it('streams any number of rows, and one that is left ends in the database', async () => {
    await server.sql(
      url,
      `CREATE TABLE many (id int PRIMARY KEY, filler varchar(200));
       INSERT INTO many SELECT seq, REPEAT('x', 200) FROM seq_1_to_50000`,
    )
    await expect.poll(async () => (await get('/many?limit=0')).status, { timeout: 10_000 }).toBe(200)
    const all = await get('/many', { accept: 'application/x-ndjson' })
    expect(all.text.trimEnd().split('\n')).toHaveLength(50_000)
    const { hostname, port } = new URL(gateway.url)
    const outgoing = httpRequest({
      hostname,
      port,
      path: '/api/v1/many',
      headers: { accept: 'application/x-ndjson' },
    })
    outgoing.on('error', () => {})
    await new Promise<void>((resolve) => {
      outgoing.on('response', (incoming) => incoming.once('data', () => resolve()))
      outgoing.end()
    })
    outgoing.destroy()
    await expect
      .poll(
        async () =>
          (
            await server.sql(
              url,
              "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = 'app' AND INFO LIKE '%many%'",
            )
          ).length,
        { timeout: 3000 },
      )
      .toBe(0)
    expect((await get('/items/1?select=id')).text).toBe('{"id":1}')
  })

  it('a server that is read-only takes reads and refuses writes, until it takes them again', async () => {
    await server.sql(url, 'SET GLOBAL read_only = ON')
    try {
      expect((await get('/items/1?select=id')).status).toBe(200)
      const refused = await gateway.request('POST', '/api/v1/items', { body: { id: 9 } })
      expect(refused.status, refused.text).toBe(503)
    } finally {
      await server.sql(url, 'SET GLOBAL read_only = OFF')
    }
    await expect
      .poll(async () => (await gateway.request('PUT', '/api/v1/items/9', { body: {} })).status, {
        timeout: 15_000,
        interval: 200,
      })
      .toBeLessThan(300)
    expect((await gateway.request('DELETE', '/api/v1/items/9')).status).toBe(204)
  })

  it('a crash of the server is survived', { timeout: 60_000 }, async () => {
    const under = call('nap', { seconds: 3 })
    await expect.poll(running, { timeout: 3000 }).toBe(1)
    await server.kill('SIGKILL')
    expect((await under).status).toBe(503)
    expect((await get('/items/1', { prefer: 'wait=1' })).status).toBe(503)
    await server.restart()
    await expect
      .poll(async () => (await get('/items/1?select=name', { prefer: 'wait=1' })).text, {
        timeout: 20_000,
        interval: 200,
      })
      .toBe('{"name":"one"}')
  })

  it('a server that stands still is not waited for beyond the deadline', { timeout: 60_000 }, async () => {
    server.pause()
    try {
      const began = performance.now()
      const answers = await Promise.all([1, 2, 3].map(() => get('/items/1', { prefer: 'wait=0.5' })))
      for (const answer of answers) expect([503, 504]).toContain(answer.status)
      expect(performance.now() - began).toBeLessThan(3000)
    } finally {
      server.resume()
    }
    await expect
      .poll(async () => (await get('/items/1?select=name', { prefer: 'wait=1' })).text, {
        timeout: 20_000,
        interval: 200,
      })
      .toBe('{"name":"one"}')
  })
})
