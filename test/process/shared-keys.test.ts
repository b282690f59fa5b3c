/** Idempotency-Keys in a Redis that two gateways share: one runs a request, the other gives its answer, whatever happens to Redis. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { type Answer, ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { redisMissing, startRedis, type TestRedis } from '../support/redis.ts'
import { describeUnless } from '../support/unless.ts'

const missing = redisMissing()
const password = 'pass/word:for @redis'

describeUnless(missing)('two gateways and one Redis', () => {
  let server: TestPostgres
  let redis: TestRedis
  let database: string
  let a: Postern
  let b: Postern

  const config = () => ({
    'redis.url': redis.url,
    // A busy machine is no outage.
    'redis.commandTimeout': '3s',
    'limits.eventLoopLag': '1m',
    'deadlines.default': '30s',
    'pools.acquireTimeout': '30s',
  })
  const start = (more: Record<string, string | number> = {}) =>
    startPostern({ database, config: { ...config(), ...more }, withinMs: 60_000 })
  const post = (at: Postern, key: string, body: unknown, path = '/orders'): Promise<Answer> =>
    ask(`${at.api}${path}`, {
      method: 'POST',
      headers: { 'idempotency-key': key },
      body: JSON.stringify(body),
    })
  const count = async (note: string): Promise<number> => {
    const rows = await server.sql(database, `SELECT count(*)::int AS n FROM orders WHERE note = '${note}'`)
    return rows[0]?.['n'] as number
  }
  const connected = (at: Postern) =>
    eventually('Redis is reached', async () => (await at.metric('postern_redis_up')) === 1, 20_000)

  beforeAll(async () => {
    ;[server, redis] = await Promise.all([startPostgres({ version: 18 }), startRedis({ password })])
    database = await server.createDatabase()
    await server.sql(
      database,
      `CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL, bytes bytea);
       CREATE FUNCTION slow_order(note text, seconds float) RETURNS int LANGUAGE sql VOLATILE AS
         $$ INSERT INTO orders (note) VALUES (note); SELECT 1 FROM pg_sleep(seconds) $$`,
    )
    ;[a, b] = await Promise.all([start(), start()])
    await Promise.all([connected(a), connected(b)])
  })
  afterAll(async () => {
    await Promise.all([a?.stop(), b?.stop()])
    await Promise.all([server?.stop(), redis?.stop()])
  })
  beforeEach(() => Promise.all([connected(a), connected(b)]))

  test('the answer of one is replayed by the other, byte for byte', async () => {
    const key = randomUUID()
    const first = await post(a, key, { note: 'größe "x"', bytes: 'AP/+' })
    expect(first.status, first.text).toBe(201)
    const again = await post(b, key, { note: 'größe "x"', bytes: 'AP/+' })
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect([again.status, again.text]).toEqual([201, first.text])
    for (const name of ['location', 'etag', 'content-type', 'content-length'])
      expect(again.headers[name], name).toBe(first.headers[name])
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
    expect(await count('größe "x"')).toBe(1)
  })

  test('an answer without a body, too', async () => {
    const key = randomUUID()
    const send = (at: Postern) =>
      ask(`${at.api}/orders`, {
        method: 'POST',
        headers: { 'idempotency-key': key, prefer: 'return=minimal' },
        body: '{"note":"minimal"}',
      })
    const [first, again] = [await send(a), await send(b)]
    expect([again.status, again.text, again.headers['location']]).toEqual([
      first.status,
      first.text,
      first.headers['location'],
    ])
    expect(await count('minimal')).toBe(1)
  })

  test('another body is refused by the other; so is the key of another path', async () => {
    const key = randomUUID()
    await post(a, key, { note: 'mine' })
    expect((await post(b, key, { note: 'yours' })).code).toBe('idempotency_key_reused')
    expect((await post(b, key, { note: 'mine', seconds: 0 }, '/rpc/slow_order')).code).toBe(
      'idempotency_key_reused',
    )
    expect(await count('yours')).toBe(0)
  })

  test('what changed nothing leaves the key free for the other', async () => {
    const key = randomUUID()
    expect((await post(a, key, { nota: 'typo' })).status).toBe(400)
    expect((await post(b, key, { note: 'free' })).status).toBe(201)
  })

  test('1,000 at once, half of them to each: exactly one row', { timeout: 150_000 }, async () => {
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => post(i % 2 === 0 ? a : b, key, { note: 'thousand' })),
    )
    const fresh = answers.filter((x) => x.status === 201 && x.headers['idempotency-replayed'] === undefined)
    expect(fresh).toHaveLength(1)
    for (const answer of answers)
      if (answer.status === 201) expect(answer.text).toBe(fresh[0]?.text)
      else expect(answer.code).toBe('idempotency_key_busy')
    expect(await count('thousand')).toBe(1)
    expect((await post(b, key, { note: 'thousand' })).text).toBe(fresh[0]?.text)
  })

  test('while one runs it, the other says so; a gateway that is killed leaves an unknown outcome, for good', {
    timeout: 150_000,
  }, async () => {
    const key = randomUUID()
    // Time for the lease: the rest of the deadline and ten seconds.
    const c = await start({ 'deadlines.default': '3s' })
    await connected(c)
    const body = { note: 'killed', seconds: 20 }
    const lost = post(c, key, body, '/rpc/slow_order').catch((error: unknown) => error)
    await eventually(
      'it runs',
      async () => (await c.metric('postern_idempotency_requests_total{result="first"}')) === 1,
    )
    const busy = await post(a, key, body, '/rpc/slow_order')
    expect(busy.code).toBe('idempotency_key_busy')
    expect(busy.headers['retry-after']).toBe('1')
    c.signal('SIGKILL')
    expect(await lost).toBeInstanceOf(Error)
    const told = await eventually(
      'the outcome is unknown',
      async () => {
        const answer = await post(b, key, body, '/rpc/slow_order')
        if (answer.code === 'idempotency_key_busy') return undefined
        return answer
      },
      30_000,
    )
    expect([told.status, told.code]).toEqual([503, 'outcome_unknown'])
    expect(told.headers['retry-after']).toBeUndefined()
    expect((await post(a, key, body, '/rpc/slow_order')).code).toBe('outcome_unknown')
    expect(await count('killed')).toBeLessThanOrEqual(1)
  })

  test('Redis killed: keyed writes are refused and not run, all others are served; back: they go on', async () => {
    const known = randomUUID()
    const first = await post(a, known, { note: 'known' })
    await redis.kill()
    try {
      await a.line((l) => l.event === 'redis' && l['state'] === 'down')
      const key = randomUUID()
      const refused = await eventually('it is refused', async () => {
        const answer = await post(a, key, { note: 'refused' })
        return answer.status === 503 ? answer : undefined
      })
      expect(refused.code).toBe('idempotency_unavailable')
      expect(refused.headers['retry-after']).toBe('1')
      expect(await count('refused')).toBe(0)
      // What this gateway answered itself it gives again without Redis.
      expect((await post(a, known, { note: 'known' })).text).toBe(first.text)
      expect((await ask(`${a.api}/orders`, { method: 'POST', body: '{"note":"plain"}' })).status).toBe(201)
      expect((await ask(`${a.api}/orders?limit=1`)).status).toBe(200)
      expect((await ask(`${a.observe}/readyz`)).status).toBe(200)
      expect((await ask(`${a.admin}/status`)).json()).toMatchObject({
        redis: { state: 'down', address: `127.0.0.1:${redis.port}/0` },
        idempotency: { store: 'redis' },
      })
      expect(await a.metric('postern_redis_up')).toBe(0)
    } finally {
      await redis.restart()
    }
    await Promise.all([connected(a), connected(b)])
    expect((await post(a, randomUUID(), { note: 'after' })).status).toBe(201)
  })

  test('content lost in a restart: it is told loudly, and who answered first still knows', async () => {
    const key = randomUUID()
    const first = await post(a, key, { note: 'lost' })
    await post(b, randomUUID(), { note: 'other' })
    await redis.kill()
    await redis.restart()
    await Promise.all([connected(a), connected(b)])
    expect((await post(a, key, { note: 'lost' })).text).toBe(first.text)
    expect(await count('lost')).toBe(1)
    await post(b, randomUUID(), { note: 'other' })
    await b.line((l) => l.event === 'idempotency.lost')
    expect(await b.metric('postern_idempotency_store_faults_total{fault="lost"}')).toBeGreaterThanOrEqual(1)
  })

  test('Redis frozen in the middle: the write is answered, its record follows; what was given up is never run', {
    timeout: 150_000,
  }, async () => {
    const key = randomUUID()
    const body = { note: 'frozen', seconds: 2 }
    const firsts = () => a.metric('postern_idempotency_requests_total{result="first"}')
    const before = await firsts()
    const running = post(a, key, body, '/rpc/slow_order')
    await eventually('it runs', async () => ((await firsts()) ?? 0) > (before ?? 0))
    expect((await post(b, key, body, '/rpc/slow_order')).code).toBe('idempotency_key_busy')
    redis.pause()
    const other = randomUUID()
    try {
      const answer = await running
      expect(answer.status, answer.text).toBe(200)
      const began = performance.now()
      const refused = await post(b, other, { note: 'given up' })
      expect(refused.code).toBe('idempotency_unavailable')
      expect(performance.now() - began).toBeLessThan(10_000)
      expect(await count('given up')).toBe(0)
      expect((await post(a, key, body, '/rpc/slow_order')).headers['idempotency-replayed']).toBe('true')
    } finally {
      redis.resume()
    }
    const replayed = await eventually(
      'the other gateway replays it',
      async () => {
        const again = await post(b, key, body, '/rpc/slow_order')
        return again.status === 200 ? again : undefined
      },
      20_000,
    )
    expect(replayed.headers['idempotency-replayed']).toBe('true')
    expect(await count('frozen')).toBe(1)
    // The claim that nobody waited for took no hold: the key is free.
    const free = await eventually('the key is free', async () => {
      const again = await post(b, other, { note: 'given up' })
      return again.status === 201 ? again : undefined
    })
    expect(free.headers['idempotency-replayed']).toBeUndefined()
    expect(await count('given up')).toBe(1)
  })

  test('records are bounded in time and number, and hold no key in plain text', async () => {
    const small = await start({
      'idempotency.sharedEntries': 3,
      'idempotency.keep': '1h',
      'idempotency.scope': 'small',
    })
    try {
      await connected(small)
      for (let i = 0; i < 8; i++) expect((await post(small, `plain-${i}`, { note: 'few' })).status).toBe(201)
      const keys = await redis.command('KEYS', 'postern:idempotency:1:*')
      const ours = keys.filter((key) => key.endsWith(':index'))
      const sizes = await Promise.all(ours.map(async (key) => Number((await redis.command('ZCARD', key))[0])))
      expect(sizes).toContain(3)
      expect(keys.join('\n')).not.toContain('plain-')
      for (const key of keys.filter((k) => k.includes(':record:')))
        expect(Number((await redis.command('PTTL', key))[0])).toBeGreaterThan(0)
    } finally {
      await small.stop()
    }
  })

  test('a full Redis refuses, and nothing runs', async () => {
    const used = (await redis.command('INFO', 'memory')).find((line) => line.startsWith('used_memory:'))
    await redis.command('CONFIG', 'SET', 'maxmemory', String(Math.floor(Number(used?.split(':')[1]) / 2)))
    try {
      expect((await post(a, randomUUID(), { note: 'full' })).code).toBe('idempotency_unavailable')
      expect(await count('full')).toBe(0)
    } finally {
      await redis.command('CONFIG', 'SET', 'maxmemory', '0')
    }
    expect((await post(a, randomUUID(), { note: 'full' })).status).toBe(201)
  })

  test('the password is nowhere to be seen', async () => {
    const wrong = await startPostern({
      database,
      withinMs: 60_000,
      config: { 'redis.url': `redis://:not-the-password@127.0.0.1:${redis.port}` },
    })
    try {
      const line = await wrong.line((l) => l.event === 'redis' && l['state'] === 'down')
      expect(JSON.stringify(line)).toContain('WRONGPASS')
      expect((await post(wrong, randomUUID(), { note: 'no' })).code).toBe('idempotency_unavailable')
      const said = wrong.output.stdout + wrong.output.stderr + (await ask(`${wrong.admin}/status`)).text
      expect(said).not.toContain('not-the-password')
    } finally {
      await wrong.stop()
    }
    for (const gateway of [a, b])
      for (const text of [password, encodeURIComponent(password)])
        expect(gateway.output.stdout + gateway.output.stderr).not.toContain(text)
  })

  test('a gateway without Redis does not load its client', async () => {
    const plain = await startPostern({
      database,
      withinMs: 60_000,
      preload: `import { registerHooks } from 'node:module'
        registerHooks({ resolve(name, context, next) {
          if (name === 'ioredis') process.stderr.write('IOREDIS LOADED')
          return next(name, context) } })`,
    })
    try {
      expect((await post(plain, randomUUID(), { note: 'plain' })).status).toBe(201)
      expect((await ask(`${plain.admin}/status`)).json()).toMatchObject({
        redis: null,
        idempotency: { store: 'memory', entries: 1 },
      })
      expect(plain.output.stderr).toBe('')
    } finally {
      await plain.stop()
    }
  })
})
