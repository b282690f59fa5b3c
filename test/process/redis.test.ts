/** The connection to a real Redis and the records in it: late claims, lost records, logins and TLS. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import { freePort } from '#demo/processes.ts'
import { createSharedRecords } from '#limits/shared-records.ts'
import { createRedis } from '#redis/client.ts'
import { redisOptions } from '#redis/options.ts'
import type { Redis } from '#redis/redis.ts'
import { runCommandLine } from '#roles/run.ts'
import { startPostgres } from '../support/postgres.ts'
import { type RedisTarget, redisTargetOf } from '#redis/target.ts'
import { eventually, sleep } from '../support/process.ts'
import { redisMissing, startRedis, type TestRedis } from '../support/redis.ts'
import { makeCertificate, opensslMissing } from '../support/tds-tls.ts'
import { describeUnless } from '../support/unless.ts'

const missing = redisMissing()

const opened: Redis[] = []
const seen: Observation[] = []
const open = (options: Record<string, unknown>): Redis => {
  const parsed = redisOptions.parse(options)
  const redis = createRedis(redisTargetOf(parsed) as RedisTarget, {
    ...parsed,
    clock,
    observe: (o) => seen.push(o),
    random: Math.random,
    name: 'postern/test',
  })
  redis.start()
  opened.push(redis)
  return redis
}
const up = (redis: Redis) => eventually('it is reached', () => redis.stats().state === 'up', 20_000)
const downSaying = (text: string) =>
  eventually(
    `Redis is down: ${text}`,
    () => seen.some((o) => o.kind === 'redis' && o.state === 'down' && String(o.error).includes(text)),
    20_000,
  )
const codec = {
  write: (answer: string) => Buffer.from(answer),
  read: (bytes: Buffer) => bytes.toString(),
}
const recordsIn = (redis: Redis, o: { memory?: number; sharedEntries?: number } = {}) =>
  createSharedRecords<string>({
    clock,
    observe: (observation) => seen.push(observation),
    redis,
    codec,
    keyPrefix: 'test',
    scope: 'shop',
    keep: 60_000,
    sharedEntries: 100,
    memory: 10_000,
    ...o,
  })
const ask = (key: string, fingerprint = 'f') => ({
  owner: 'ann',
  key,
  fingerprint,
  deadline: clock.now() + 5000,
})

afterEach(() => {
  for (const redis of opened.splice(0)) redis.stop()
  seen.length = 0
})

describeUnless(missing)('records in Redis', () => {
  let server: TestRedis
  beforeEach(async () => {
    server = await startRedis()
    return () => server.stop()
  })
  const one = async (o: Parameters<typeof recordsIn>[1] = {}) => {
    const redis = open({ url: server.url, commandTimeout: '500ms' })
    await up(redis)
    return recordsIn(redis, o)
  }
  const first = async (records: ReturnType<typeof recordsIn>, key: string) => {
    const claim = await records.claim(ask(key))
    if (claim.kind !== 'first') throw new Error(`the key is ${claim.kind}`)
    return claim
  }

  test('room is made by the oldest that does not run, also of the same millisecond; only when those run is there none', async () => {
    const records = await one({ sharedEntries: 2 })
    const slow = await first(records, 'slow')
    for (let i = 0; i < 40; i++) await (await first(records, `quick ${i}`)).keep('done', 4)
    expect(await records.claim(ask('quick 39'))).toEqual({ kind: 'repeated', answer: 'done' })
    const another = await first(records, 'another')
    await expect(records.claim(ask('third'))).rejects.toMatchObject({
      code: 'idempotency_unavailable',
      message: expect.stringMatching(/^There are 2 records .* the oldest are of requests that run/),
    })
    await slow.keep('done', 4)
    expect((await first(records, 'third')).kind).toBe('first')
    await another.release()
  })

  test('a claim that was given up takes no hold when the server wakes up', async () => {
    const records = await one()
    server.pause()
    await expect(records.claim(ask('k'))).rejects.toMatchObject({ code: 'idempotency_unavailable' })
    server.resume()
    await eventually('it is told', () => records.stats().pending === 0, 20_000)
    expect(await server.command('KEYS', '*record*')).toEqual([])
    expect((await first(records, 'k')).kind).toBe('first')
  })

  test('while it is away claims fail at once, and outcomes wait; it is told them when it is back', async () => {
    const records = await one()
    const claim = await first(records, 'k')
    server.pause()
    try {
      await claim.keep('done', 4)
      expect(records.stats().pending).toBe(1)
      await eventually('it counts as down', () => seen.some((o) => o.kind === 'redis' && o.state === 'down'))
      const began = performance.now()
      await expect(records.claim(ask('other'))).rejects.toMatchObject({ code: 'idempotency_unavailable' })
      expect(performance.now() - began).toBeLessThan(50)
    } finally {
      server.resume()
    }
    await eventually('it is told', () => records.stats().pending === 0, 20_000)
    expect(await (await one()).claim(ask('k'))).toEqual({ kind: 'repeated', answer: 'done' })
  })

  test('what waits is bounded: the oldest outcome stays unknown to others', async () => {
    const records = await one({ memory: 25 })
    const claims = await Promise.all(['a', 'b', 'c'].map((key) => first(records, key)))
    server.pause()
    try {
      // What is sent and not answered in time may still be done; what is not sent is not.
      await eventually('it counts as down', () => seen.some((o) => o.kind === 'redis' && o.state === 'down'))
      for (const claim of claims) await claim.keep('0123456789', 10)
      expect(records.stats().pending).toBe(2)
    } finally {
      server.resume()
    }
    await eventually('it is told', () => records.stats().pending === 0, 20_000)
    const kinds = await Promise.all(['a', 'b', 'c'].map(async (key) => (await records.claim(ask(key))).kind))
    expect(kinds.toSorted()).toEqual(['repeated', 'repeated', 'running'])
  })

  test('a record that became another gateway’s stays so, and the double run is told', async () => {
    const [a, b] = [await one(), await one()]
    const lost = await first(a, 'k')
    await server.command('FLUSHALL')
    const second = await first(b, 'k')
    await lost.keep('of a', 4)
    expect(seen.filter((o) => o.kind === 'idempotency.overtaken')).toHaveLength(1)
    await lost.release()
    await second.keep('of b', 4)
    expect(await a.claim(ask('k'))).toEqual({ kind: 'repeated', answer: 'of b' })
    expect(seen.filter((o) => o.kind === 'idempotency.lost')).toHaveLength(1)
  })

  test('a record that was lost is written anew with its answer', async () => {
    const [a, b] = [await one(), await one()]
    const claim = await first(a, 'k')
    await server.command('FLUSHALL')
    await claim.keep('done', 4)
    expect(await b.claim(ask('k'))).toEqual({ kind: 'repeated', answer: 'done' })
    expect(await b.claim(ask('k', 'other'))).toEqual({ kind: 'reused' })
  })

  test('requests that run are never dropped to make room', async () => {
    const records = await one({ sharedEntries: 2 })
    await first(records, 'a')
    await first(records, 'b')
    await expect(records.claim(ask('c'))).rejects.toMatchObject({
      code: 'idempotency_unavailable',
      facts: { limit: 2 },
    })
    expect((await records.claim(ask('a'))).kind).toBe('running')
    expect(await server.command('KEYS', '*record*')).toHaveLength(2)
  })

  test('a command never outlives the deadline of its request', async () => {
    const records = await one()
    server.pause()
    try {
      const began = performance.now()
      const soon = { ...ask('k'), deadline: clock.now() + 60 }
      await expect(records.claim(soon)).rejects.toMatchObject({ code: 'idempotency_unavailable' })
      expect(performance.now() - began).toBeLessThan(450)
    } finally {
      server.resume()
    }
  })
})

describeUnless(missing)('postern check', () => {
  test('says whether Redis is reached, and whether it keeps what it is given; it is no fault', async () => {
    const database = await startPostgres({ version: 18 })
    const server = await startRedis({ password: 'secret-word' })
    const check = async (...flags: string[]) => {
      const said = { stdout: '', stderr: '' }
      const code = await runCommandLine({
        argv: ['check', `--database.url=${database.url()}`, ...flags],
        env: {},
        stdout: (text) => (said.stdout += text),
        stderr: (text) => (said.stderr += text),
      })
      return { code, ...said }
    }
    try {
      const at = `127.0.0.1:${server.port}/0`
      const loose = await check(`--redis.url=${server.url}`)
      expect(loose.code).toBe(0)
      expect(loose.stdout).toContain(`\nredis: ${at}, reached\n`)
      expect(loose.stderr).toContain('warning: Redis keeps no log of its content (appendonly no)')
      await server.command('CONFIG', 'SET', 'appendonly', 'yes')
      await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
      expect((await check(`--redis.url=${server.url}`)).stderr).toMatch(
        /maxmemory-policy allkeys-lru.*noeviction is right\n$/,
      )
      const wrong = await check(`--redis.url=${server.url.replace('secret-word', 'other-word')}`)
      expect([wrong.code, wrong.stdout.includes(`\nredis: ${at}, not reached\n`)]).toEqual([0, true])
      expect(wrong.stderr).toContain('WRONGPASS')
      expect(wrong.stderr).not.toContain('other-word')
    } finally {
      await Promise.all([database.stop(), server.stop()])
    }
  })
})

/** @returns the port. One that was free a moment ago may not be any more. */
async function listenOverTls(server: TestRedis, triesLeft = 5): Promise<number> {
  const port = await freePort()
  try {
    await server.command('CONFIG', 'SET', 'tls-port', String(port))
    return port
  } catch (error) {
    if (triesLeft === 0 || !String(error).includes('Unable to listen')) throw error
    return listenOverTls(server, triesLeft - 1)
  }
}

const noTls = missing ?? opensslMissing()
describeUnless(noTls)('a login', () => {
  test('over TLS or a Unix socket, with user and password, certificate and host name verified; and refused without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-tls-'))
    const made = makeCertificate('127.0.0.1')
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    writeFileSync(key, made.key)
    writeFileSync(cert, made.cert)
    // The server runs as somebody else.
    for (const path of [folder, key, cert]) chmodSync(path, 0o755)
    const secret = randomUUID()
    // As docs/operations.md says.
    const commands = /`ACL SETUSER postern on >… ~postern:\* (.*?)`/.exec(
      readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8'),
    )?.[1]
    const acl = [
      '--unixsocket',
      'redis.sock',
      '--unixsocketperm',
      '777',
      '--user',
      'app',
      'on',
      `>${secret}`,
      '~test:*',
      ...(commands as string).split(' '),
    ]
    const server = await startRedis({
      flags: [
        '--tls-port',
        '0',
        '--tls-cert-file',
        cert,
        '--tls-key-file',
        key,
        '--tls-auth-clients',
        'no',
        ...acl,
      ],
    })
    try {
      const port = await listenOverTls(server)
      const at = { host: '127.0.0.1', port, user: 'app', password: secret }
      const good = open({ ...at, tls: { mode: 'verify-full', ca: made.cert } })
      await up(good)
      const records = recordsIn(good, { sharedEntries: 1 })
      for (const key of ['k', 'l']) {
        const claim = await records.claim(ask(key))
        if (claim.kind !== 'first') throw new Error(`the key is ${claim.kind}`)
        await claim.keep('done', 4)
      }
      const released = await records.claim(ask('m'))
      if (released.kind === 'first') await released.release()
      expect(records.stats().pending).toBe(0)
      await up(open({ ...at, tls: { mode: 'require' } }))
      const byPath = open({ host: join(server.folder, 'redis.sock'), user: 'app', password: secret })
      await up(byPath)
      expect((await recordsIn(byPath).claim(ask('n'))).kind).toBe('first')
      open({ ...at, tls: { mode: 'verify-full' } })
      await downSaying('self-signed certificate')
      open({ ...at, password: 'wrong', tls: { mode: 'require' } })
      await downSaying('WRONGPASS')
      await sleep(0)
      expect(JSON.stringify(seen)).not.toContain(secret)
    } finally {
      await server.stop()
      rmSync(folder, { recursive: true })
    }
  })
})
