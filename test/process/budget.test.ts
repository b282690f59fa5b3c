/** Gateways that share the connections of one server find their shares by themselves, and never have more than there are. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbMissing, startMariadb } from '../support/mariadb.ts'
import { postgresMissing, startPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, sleep, startLoad, startPostern } from '../support/process.ts'
import { watchMariadbSessions, watchSessions } from '../support/sessions.ts'
import { describeUnless } from '../support/unless.ts'

/** A server that allows 17 sessions, and a routine `nap(seconds)`. `guest` may have 9, and has no other rights. */
interface Server {
  readonly url: string
  readonly guest: string
  sessions(): { all(): Promise<number>; pooled(): Promise<number>; stop(): Promise<unknown> }
  stop(): Promise<unknown>
}
const allowed = 17

async function postgres(): Promise<Server> {
  // Three are kept for superusers.
  const server = await startPostgres({ version: 18, settings: { max_connections: allowed + 3 } })
  const url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(seconds)';
     CREATE ROLE guest LOGIN CONNECTION LIMIT 9; CREATE TABLE orders (id int PRIMARY KEY); GRANT SELECT ON orders TO guest`,
  )
  return {
    url,
    guest: url.replace('postgres@', 'guest@'),
    sessions: () => watchSessions(url),
    stop: server.stop,
  }
}

async function mariadb(): Promise<Server> {
  const server = await startMariadb({ settings: { 'max-connections': allowed } })
  const root = await server.createDatabase('shop')
  await server.sql(
    root,
    // The list of sessions shows who runs: within a routine that would be its definer, and only the superuser's are told apart.
    `CREATE FUNCTION nap(seconds double) RETURNS int READS SQL DATA SQL SECURITY INVOKER RETURN SLEEP(seconds);
     CREATE TABLE orders (id int PRIMARY KEY);
     CREATE USER app@'%'; GRANT ALL ON shop.* TO app@'%'; GRANT PROCESS ON *.* TO app@'%';
     CREATE USER guest@'%' WITH MAX_USER_CONNECTIONS 9; GRANT SELECT ON shop.orders TO guest@'%'; GRANT PROCESS ON *.* TO guest@'%'`,
  )
  return {
    url: root.replace('root@', 'app@'),
    guest: root.replace('root@', 'guest@'),
    sessions: () => watchMariadbSessions(root),
    stop: server.stop,
  }
}

describe.each([
  { kind: 'postgres', missing: postgresMissing(18), begin: postgres },
  { kind: 'mariadb', missing: mariadbMissing(), begin: mariadb },
])('$kind', ({ missing, begin }) => {
  describeUnless(missing)('shares', () => {
    let server: Server
    beforeAll(async () => {
      server = await begin()
    })
    afterAll(() => server?.stop())

    const budget = '{"connections":"auto","instances":"auto"}'
    const start = (database = server.url, shares = budget) =>
      startPostern({ database, withinMs: 60_000, config: { 'pools.budget': shares, 'log.requests': 'none' } })
    const size = async (postern: Postern) =>
      (await ask(`${postern.admin}/status`)).json().pools[0].max as number
    /** The most sessions there ever were, looked at all the time. */
    const watchMost = () => {
      const sessions = server.sessions()
      let most = 0
      let looking = true
      const observer = (async () => {
        while (looking) {
          most = Math.max(most, await sessions.all())
          await sleep(20)
        }
      })()
      return {
        most: () => most,
        pooled: sessions.pooled,
        stop: async () => {
          looking = false
          await observer
          await sessions.stop()
        },
      }
    }
    /** The server has never had to refuse a connection. */
    const noneWasRefused = async (gateways: readonly Postern[]) => {
      for (const postern of gateways)
        expect(
          await postern.metric('postern_connection_failures_total{db_client_connection_pool_name="primary"}'),
        ).toBe(0)
    }
    const sizesAre = (gateways: readonly Postern[], each: number) =>
      eventually(
        `${gateways.length} pools of ${each}`,
        async () => (await Promise.all(gateways.map(size))).every((n) => n === each),
        20_000,
      )

    test('scenario 47: a rolling update with a surge of one, twice over: never more sessions than the server allows', async () => {
      const watch = watchMost()
      const running: { postern: Postern; load: ReturnType<typeof startLoad> }[] = []
      const add = async () => {
        const postern = await start()
        // More than any share: every pool opens all it may.
        running.push({ postern, load: startLoad(`${postern.api}/rpc/nap?seconds=0.05`, 16) })
      }
      const refused = () =>
        running.flatMap(({ load }) => load.shots.filter((s) => s.code === 'database_unavailable'))
      try {
        for (let i = 0; i < 3; i++) await add()
        await sizesAre(
          running.map(({ postern }) => postern),
          4,
        )
        for (let i = 0; i < 6; i++) {
          await add()
          // Kubernetes ends an old pod as soon as a new one is ready; nobody waits for shares to settle.
          const old = running.shift()
          expect(refused()).toEqual([])
          expect(await old?.postern.stop()).toBe(0)
          await old?.load.stop()
        }
        await sizesAre(
          running.map(({ postern }) => postern),
          4,
        )
        await noneWasRefused(running.map(({ postern }) => postern))
      } finally {
        for (const { load } of running) await load.stop()
        await Promise.all(running.map(({ postern }) => postern.stop()))
        await watch.stop()
      }
      expect(watch.most()).toBeGreaterThanOrEqual(12)
      expect(watch.most()).toBeLessThanOrEqual(allowed)
    }, 300_000)

    test('two become six in one step, with room kept for that: never more sessions than the server allows', async () => {
      const watch = watchMost()
      const gateways: Postern[] = []
      const loads: ReturnType<typeof startLoad>[] = []
      const add = async () => {
        const postern = await start(server.url, '{"connections":"auto","instances":"auto","surge":2}')
        gateways.push(postern)
        loads.push(startLoad(`${postern.api}/rpc/nap?seconds=0.05`, 16))
      }
      try {
        await add()
        await add()
        // Of 17 eight are kept free for four newcomers, and each of the two has one beside its pool.
        await sizesAre(gateways, 3)
        await Promise.all([add(), add(), add(), add()])
        await sizesAre(gateways, 1)
        await noneWasRefused(gateways)
      } finally {
        for (const load of loads) await load.stop()
        await Promise.all(gateways.map((postern) => postern.stop()))
        await watch.stop()
      }
      expect(watch.most()).toBeGreaterThanOrEqual(8)
      expect(watch.most()).toBeLessThanOrEqual(allowed)
    }, 120_000)

    test('three converge, one is killed, another comes: all together stay within what the server allows', async () => {
      const watch = watchMost()
      const gateways: Postern[] = []
      const loads: { stop(): Promise<unknown> }[] = []
      const add = async () => {
        const postern = await start()
        gateways.push(postern)
        // More than any share: every pool opens all it may.
        loads.push(startLoad(`${postern.api}/rpc/nap?seconds=0.05`, 16))
      }
      try {
        await add()
        await sizesAre(gateways, 14)
        await add()
        await sizesAre(gateways, 6)
        await add()
        await sizesAre(gateways, 4)
        await eventually('every pool is full', async () => (await watch.pooled()) >= 12, 40_000)
        const [first] = gateways as [Postern]
        expect(await first.metric('postern_budget_instances')).toBe(3)
        expect(await first.metric('postern_budget_connections')).toBe(allowed)
        const status = (await ask(`${first.admin}/status`)).json()
        expect(status.budget).toEqual({
          connections: allowed,
          instances: 3,
          reserved: 0,
          share: 4,
          blind: false,
        })
        expect(status.database.session).toMatch(/^postern\/[0-9a-f]{6}$/)
        await first.line((l) => l.event === 'budget' && l['to'] === 4 && l['instances'] === 3)

        gateways.pop()?.signal('SIGKILL')
        await sizesAre(gateways, 6)
        await add()
        await sizesAre(gateways, 4)
      } finally {
        for (const load of loads) await load.stop()
        await Promise.all(gateways.map((g) => g.stop()))
        await watch.stop()
      }
      expect(watch.most()).toBeGreaterThanOrEqual(12)
      expect(watch.most()).toBeLessThanOrEqual(allowed)
    }, 240_000)

    test('gateways of several users see each other, and the limit of a user counts', async () => {
      const others = await start()
      const guest = await start(server.guest)
      try {
        // Of 9, less room for one more: 7 / 2 = 3, one of them beside the pool.
        await sizesAre([guest], 2)
        expect((await ask(`${guest.admin}/status`)).json().budget).toMatchObject({
          connections: 9,
          instances: 2,
        })
        await sizesAre([others], 6)
      } finally {
        await guest.stop()
        await others.stop()
      }
    }, 60_000)
  })
})
