/** What operators change under a running gateway: passwords, certificates, configuration, good and bad. */
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificate, opensslMissing } from '../support/certificates.ts'
import { mariadbMissing, startMariadb } from '../support/mariadb.ts'
import { type Mounted, mountFolder } from '../support/mounted.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, startLoad, startPostern } from '../support/process.ts'

const orders = 'CREATE TABLE orders (id int PRIMARY KEY, note text)'

/** PEM texts. */
interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A server on which the user `app` logs in with a password; with TLS, where it was given a certificate at its start. */
interface Guarded {
  url(password: string): string
  /** From now on only this one; sessions that are open stay. */
  setPassword(password: string): Promise<void>
  endSessions(): Promise<void>
  /** What a URL says to have certificate and name verified. */
  readonly verified: string
  /** From now on it shows this certificate to whoever connects. */
  present(certificate: Certificate): Promise<void>
  /** Whether there are sessions of `app`, all of them encrypted. */
  encrypted(): Promise<boolean>
  stop(): Promise<void>
}

const serverFiles = ({ cert, key }: Certificate) => ({ 'server.crt': cert, 'server.key': key })

async function guardedPostgres(certificate?: Certificate): Promise<Guarded> {
  const server = await startPostgres({ version: 18 })
  const url = await server.createDatabase('shop')
  await server.sql(url, `CREATE ROLE app LOGIN PASSWORD 'one'; ${orders}; GRANT ALL ON orders TO app`)
  const rules = join(server.dataDir, 'pg_hba.conf')
  const before = await readFile(rules, 'utf8')
  await writeFile(rules, `host all app 127.0.0.1/32 scram-sha-256\n${before}`)
  const present = async (next: Certificate) => {
    const { uid, gid } = await stat(server.dataDir)
    for (const [name, text] of Object.entries(serverFiles(next))) {
      await writeFile(join(server.dataDir, name), text, { mode: 0o600 })
      await chown(join(server.dataDir, name), uid, gid)
    }
    await server.sql(url, `ALTER SYSTEM SET ssl = 'on'`)
    await server.sql(url, 'SELECT pg_reload_conf()')
  }
  await (certificate ? present(certificate) : server.sql(url, 'SELECT pg_reload_conf()'))
  return {
    url: (password) => `postgres://app:${password}@127.0.0.1:${server.port}/shop`,
    setPassword: async (password) => void (await server.sql(url, `ALTER ROLE app PASSWORD '${password}'`)),
    endSessions: async () =>
      void (await server.sql(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'`,
      )),
    verified: 'sslmode=verify-full',
    present,
    encrypted: async () => {
      const [row] = await server.sql(
        url,
        `SELECT bool_and(s.ssl) AS all FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.usename = 'app'`,
      )
      return row?.['all'] === true
    },
    stop: () => server.stop(),
  }
}

async function guardedMariadb(certificate?: Certificate): Promise<Guarded> {
  const files = certificate && (await mountFolder(serverFiles(certificate)))
  // The server runs as somebody else.
  if (files) await chmod(files.path, 0o755)
  const settings = files && { 'ssl-cert': `${files.path}/server.crt`, 'ssl-key': `${files.path}/server.key` }
  const server = await startMariadb({ ...(settings && { settings }) })
  const url = await server.createDatabase('shop')
  await server.sql(
    url,
    `CREATE USER app IDENTIFIED BY 'one' ${files ? 'REQUIRE SSL' : ''}; ${orders}; GRANT ALL ON shop.* TO app`,
  )
  const sessions = () => server.sql(url, `SELECT id FROM information_schema.processlist WHERE user = 'app'`)
  return {
    url: (password) => `mysql://app:${password}@127.0.0.1:${server.port}/shop`,
    setPassword: async (password) =>
      void (await server.sql(url, `ALTER USER app IDENTIFIED BY '${password}'`)),
    endSessions: async () => {
      for (const { id } of await sessions()) await server.sql(url, `KILL ${String(id)}`).catch(() => {})
    },
    verified: 'ssl-mode=VERIFY_IDENTITY',
    present: async (next) => {
      await files?.write(serverFiles(next))
      await server.sql(url, 'FLUSH SSL')
    },
    // The server lets `app` in with TLS only.
    encrypted: async () => files !== undefined && (await sessions()).length > 0,
    stop: async () => {
      await server.stop()
      await files?.remove()
    },
  }
}

describe.each([
  { kind: 'postgres', start: guardedPostgres, missing: undefined },
  { kind: 'mariadb', start: guardedMariadb, missing: mariadbMissing() },
])('$kind', ({ start, missing }) => {
  test('scenario 39: a password replaced under load: no request fails, whatever comes first, Secret or server', async (context) => {
    context.skip(missing !== undefined, missing)
    const server = await start()
    const secret = await mountFolder({ uri: server.url('one') })
    const postern = await startPostern({
      config: {
        'database.url': `file:${secret.path}/uri`,
        'pools.max': 4,
        'lifecycle.reloadInterval': '500ms',
        'log.requests': 'errors',
      },
      withinMs: 20_000,
    })
    try {
      const load = startLoad(`${postern.api}/orders?limit=1`, 3)
      const more = async (n = 20) => {
        const asked = load.shots.length
        await eventually('more requests', () => load.shots.length > asked + n, 10_000)
      }
      await more()
      // The Secret first: the server refuses the new password, and the old sessions work on.
      await secret.write({ uri: server.url('two') })
      const postponed = await postern.line((l) => l.event === 'config' && l['result'] === 'postponed')
      // PostgreSQL's and MariaDB's words.
      const refusal = /(authentication failed|Access denied) for user/
      expect(postponed['error']).toMatchObject({ message: expect.stringMatching(refusal) })
      await more()
      expect((await ask(`${postern.admin}/status`)).json().config).toMatchObject({
        result: 'postponed',
        faults: [expect.stringMatching(refusal)],
      })
      expect(await postern.metric('postern_config_last_reload_successful')).toBe(0)
      await server.setPassword('two')
      await postern.line((l) => l.event === 'config' && l['result'] === 'applied')
      expect(await postern.metric('postern_config_last_reload_successful')).toBe(1)
      await server.endSessions()
      await more()

      // The server first: the old password is dead at once for new sessions, until the Secret follows.
      await server.setPassword('three')
      await more()
      await secret.write({ uri: server.url('three') })
      const written = performance.now()
      await eventually(
        'it is applied',
        () => postern.log.filter((l) => l.event === 'config' && l['result'] === 'applied').length === 2,
      )
      expect(performance.now() - written).toBeLessThan(3000)
      await server.endSessions()
      await more()
      const shots = await load.stop()
      // Ended sessions are repeated once on a new one; only who is hit twice may be told.
      expect(shots.filter((s) => s.status !== 200).length).toBeLessThanOrEqual(2)
      expect(postern.log.filter((l) => l.event === 'breaker')).toEqual([])
      for (const password of ['one', 'two', 'three'])
        expect(postern.output.stdout).not.toContain(`app:${password}`)
    } finally {
      await postern.stop()
      await secret.remove()
      await server.stop()
    }
  })

  test('scenario 39: sessions lost while the Secret is old: refused by name, and well as soon as it is new', async (context) => {
    context.skip(missing !== undefined, missing)
    const server = await start()
    const secret = await mountFolder({ uri: server.url('one') })
    // Nothing but a login that fails makes it look at the files.
    const postern = await startPostern({
      config: { 'database.url': `file:${secret.path}/uri`, 'lifecycle.reloadInterval': '0s' },
      withinMs: 20_000,
    })
    const read = () => ask(`${postern.api}/orders?limit=1`)
    try {
      await eventually('it works', async () => (await read()).status === 200)
      await server.setPassword('two')
      await server.endSessions()
      const refused = await eventually('a refusal', async () => {
        const answer = await read()
        return answer.status === 503 ? answer : undefined
      })
      expect(['database_unavailable', 'pool_timeout', 'breaker_open']).toContain(refused.code)
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      await secret.write({ uri: server.url('two') })
      const written = performance.now()
      await eventually('it works again', async () => (await read()).status === 200, 15_000)
      // The health checks knock every 2 s while the pool has nothing, and the circuit tries every 0.6 s.
      expect(performance.now() - written).toBeLessThan(6000)
    } finally {
      await postern.stop()
      await secret.remove()
      await server.stop()
    }
  })

  test('scenario 41: the server changes to a certificate of another authority: the file of authorities is read anew, no restart', async (context) => {
    const lacking = missing ?? opensslMissing()
    context.skip(lacking !== undefined, lacking)
    const [one, two] = await Promise.all([makeCertificate('one'), makeCertificate('two')])
    const server = await start(one)
    const secret = await mountFolder({ 'ca.pem': one.ca })
    const postern = await startPostern({
      config: {
        'database.url': `${server.url('one')}?${server.verified}`,
        'database.tls.ca': `file:${secret.path}/ca.pem`,
        'lifecycle.reloadInterval': '0s',
      },
      withinMs: 20_000,
    })
    const read = () => ask(`${postern.api}/orders`)
    try {
      expect((await read()).status).toBe(200)
      expect(await server.encrypted()).toBe(true)
      await server.present(two)
      const refused = await eventually('a refusal', async () => {
        // The server reads its certificate anew when it comes to it: sessions made before that are good ones.
        await server.endSessions()
        const answer = await read()
        return answer.status === 503 ? answer : undefined
      })
      expect(refused.code).toMatch(/database_unavailable|pool_timeout|breaker_open/)
      const line = await postern.line((l) => l.event === 'pool.create' && l['level'] === 'warn')
      expect(JSON.stringify(line)).toMatch(
        /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED|unable to|self.signed/i,
      )
      await secret.write({ 'ca.pem': two.ca })
      await eventually('it works again', async () => (await read()).status === 200, 15_000)
      expect(postern.log.filter((l) => l.event === 'config')).toMatchObject([
        { result: 'applied', changed: ['database.tls.ca'] },
      ])
    } finally {
      await postern.stop()
      await secret.remove()
      await server.stop()
    }
  })
})

// The database has no part in these.
describe('the configuration', () => {
  let server: TestPostgres
  let folder: Mounted
  let postern: Postern
  const yaml = (more = '') =>
    `database: {url: '${server.url()}'}\nlifecycle: {reloadInterval: 500ms}\n${more}`
  beforeAll(async () => {
    server = await startPostgres({ version: 18 })
    await server.sql(
      server.url(),
      `${orders}; CREATE TABLE secrets (id int PRIMARY KEY);
       CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(seconds)'`,
    )
    folder = await mountFolder({ 'postern.yaml': yaml() })
    postern = await startPostern({ config: { 'config-dir': folder.path } })
  })
  afterAll(async () => {
    await postern?.stop()
    await folder?.remove()
    await server?.stop()
  })
  const outcomes = () => postern.log.filter((l) => l.event === 'config')
  const outcome = async (n: number) => {
    await eventually(`outcome ${n}`, () => outcomes().length >= n)
    return outcomes()[n - 1]
  }

  test('a good change takes effect without a restart and without a failed request', async () => {
    const load = startLoad(`${postern.api}/orders?limit=1`, 3)
    await eventually('load', () => load.shots.length > 20)
    await folder.write({
      'postern.yaml': yaml(
        'pools: {max: 3}\ndeadlines: {default: 700ms}\napi: {hide: [secrets], maxLimit: 7}\nlimits: {batchItems: 2}\nlog: {level: debug}\nschema: {poll: 7s}\n',
      ),
    })
    expect(await outcome(1)).toMatchObject({
      result: 'applied',
      changed: [
        'api.hide',
        'api.maxLimit',
        'deadlines.default',
        'limits.batchItems',
        'log.level',
        'pools.max',
      ],
      restart: ['schema.poll'],
    })
    expect((await ask(`${postern.api}/secrets`)).status).toBe(404)
    expect((await ask(`${postern.admin}/status`)).json()).toMatchObject({
      pools: [{ max: 3 }],
      config: { result: 'applied', restart: ['schema.poll'] },
    })
    await postern.line((l) => l['level'] === 'debug')
    const late = await ask(`${postern.api}/rpc/nap?seconds=20`)
    expect(late.code).toBe('statement_timeout')
    expect(late.ms).toBeLessThan(2000)
    expect((await ask(`${postern.api}/orders?limit=8`)).status).toBe(400)
    expect(await postern.metric('postern_config_restart_pending_keys')).toBe(1)
    const shots = await load.stop()
    expect(shots.filter((s) => s.status !== 200)).toEqual([])
  })

  test('a changed pools.max takes effect where the budget is asked for, too', async () => {
    const automatic = (max: number) =>
      yaml(`pools: {max: ${max}, budget: {connections: auto, instances: auto}}\n`)
    const own = await mountFolder({ 'postern.yaml': automatic(6) })
    const other = await startPostern({ config: { 'config-dir': own.path } })
    const sized = (max: number) =>
      eventually(
        `a pool of ${max}`,
        async () => (await ask(`${other.admin}/status`)).json().pools[0].max === max,
        10_000,
      )
    try {
      await sized(6)
      for (const max of [3, 8]) {
        await own.write({ 'postern.yaml': automatic(max) })
        await sized(max)
      }
      const told = () => other.log.filter((l) => l.event === 'config')
      await eventually('both changes are told', () => told().length === 2)
      for (const line of told()) expect(line).toMatchObject({ result: 'applied', changed: ['pools.max'] })
    } finally {
      await other.stop()
      await own.remove()
    }
  })

  test('scenario 40: a broken ConfigMap is rejected whole; the old one stays, and metric, log and /status say so', async () => {
    const before = outcomes().length
    const size = async () => (await ask(`${postern.admin}/status`)).json().pools[0].max as number
    const was = await size()
    expect(was).not.toBe(2)
    await folder.write({ 'postern.yaml': yaml('pools: {max: 2, mx: 5}\n') })
    const line = await outcome(before + 1)
    expect(line).toMatchObject({ level: 'error', result: 'rejected', changed: [] })
    expect(JSON.stringify(line)).toContain('pools.mx: unknown key, did you mean pools.max?')
    expect(await postern.metric('postern_config_last_reload_successful')).toBe(0)
    const status = (await ask(`${postern.admin}/status`)).json()
    expect(status.pools[0].max).toBe(was)
    expect(status.config.result).toBe('rejected')
    expect(status.config.faults[0]).toContain('pools.mx')
    expect((await ask(`${postern.api}/orders`)).status).toBe(200)
    // Also for who asks when it has been looked at already, and while the database is away.
    const again = { configuration: 'rejected', faults: [expect.stringContaining('pools.mx')] }
    expect((await ask(`${postern.admin}/reload`, { method: 'POST' })).json()).toMatchObject(again)
    await server.kill('SIGINT')
    const away = await ask(`${postern.admin}/reload`, { method: 'POST' })
    await server.restart()
    expect(away.json()).toMatchObject({ code: 'database_unavailable', ...again })
    await eventually('it is back', async () => (await ask(`${postern.api}/orders`)).status === 200)

    // What is right by form, and cannot be applied, is rejected whole as well.
    await folder.write({
      'postern.yaml': yaml('pools: {max: 2}\n').replace(/@([^/]+)/, '@$1,$1'),
    })
    expect(await outcome(before + 2)).toMatchObject({ result: 'rejected' })
    expect(await size()).toBe(was)

    await folder.write({ 'postern.yaml': yaml('pools: {max: 2}\n') })
    expect(await outcome(before + 3)).toMatchObject({ result: 'applied' })
    expect(await postern.metric('postern_config_last_reload_successful')).toBe(1)
    expect(await size()).toBe(2)
    expect((await ask(`${postern.api}/secrets`)).status).toBe(200)
    expect((await ask(`${postern.admin}/reload`, { method: 'POST' })).json().configuration).toBe('unchanged')
  })
})
