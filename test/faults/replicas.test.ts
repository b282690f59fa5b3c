/** Reads on replicas: who serves them, how far behind they may be, and what is left when they die. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AnyCluster, clusters, type Node } from '../support/cluster.ts'
import {
  type Answer,
  type Ask,
  ask,
  eventually,
  type Postern,
  sleep,
  startPostern,
} from '../support/process.ts'
import { describeUnless } from '../support/unless.ts'

/** `who()` tells the port of the server that runs it: the one thing in which a replica differs from its primary. */
const setUp = {
  postgres: `
    CREATE TABLE orders (id int PRIMARY KEY, n int);
    INSERT INTO orders SELECT g, 0 FROM generate_series(1, 50) g;
    CREATE FUNCTION who() RETURNS int STABLE LANGUAGE sql AS 'SELECT inet_server_port()';
    CREATE FUNCTION who_writes() RETURNS int VOLATILE LANGUAGE sql AS 'SELECT inet_server_port()';`,
  mariadb: `
    CREATE TABLE orders (id int PRIMARY KEY, n int);
    INSERT INTO orders WITH RECURSIVE g AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM g WHERE id < 50) SELECT id, 0 FROM g;
    CREATE FUNCTION who() RETURNS int READS SQL DATA RETURN @@port;
    CREATE FUNCTION who_writes() RETURNS int MODIFIES SQL DATA RETURN @@port;`,
}

describe.each(clusters)('$kind', ({ kind, missing, start }) => {
  describeUnless(missing)('replicas', () => {
    let cluster: AnyCluster
    let primary: Node
    let one: Node
    let two: Node
    let postern: Postern

    beforeAll(async () => {
      cluster = await start({ standbys: 2, setUp: setUp[kind] })
      primary = cluster.primary
      ;[one, two] = cluster.standbys as [Node, Node]
    })
    afterAll(() => cluster?.stop())
    beforeEach(async () => {
      postern = await startPostern({
        database: cluster.url(primary),
        withinMs: 30_000,
        config: {
          'database.replicas': JSON.stringify([
            { host: '127.0.0.1', port: one.port },
            { url: `${new URL(cluster.url(two)).protocol}//127.0.0.1:${two.port}` },
          ]),
          'database.maxLag': '2s',
          'pools.max': 4,
        },
      })
      await serving('replica-1')
      await serving('replica-2')
    })
    afterEach(() => postern.stop())

    const serving = (name: string, yes = 1, withinMs = 5000) =>
      eventually(
        `${name} ${yes ? 'serves' : 'serves no more'}`,
        async () => (await postern.metric(`postern_replica_serving{endpoint="${name}"}`)) === yes,
        withinMs,
      )
    const request = (path: string, o: Ask = {}): Promise<Answer> => ask(`${postern.api}${path}`, o)
    /** Ports of the servers that answered so many reads. */
    const whoServes = async (times: number): Promise<Set<number>> => {
      const ports = new Set<number>()
      for (let i = 0; i < times; i++) ports.add(Number((await request('/rpc/who')).text))
      return ports
    }
    const ready = async () => (await ask(`${postern.observe}/readyz`)).status

    test('reads go to the replicas in turn, writes and routines that may write to the primary', async () => {
      expect(await whoServes(10)).toEqual(new Set([one.port, two.port]))
      expect((await request('/rpc/who_writes', { method: 'POST', body: '{}' })).text).toBe(
        String(primary.port),
      )
      const pools = (await ask(`${postern.admin}/status`)).json().pools as { name: string }[]
      expect(pools.map((pool) => pool.name)).toEqual(['primary', 'replica-1', 'replica-2'])
    })

    test('paused replay puts a replica out of the rotation and catching up brings it back; an idle primary is no lag', async () => {
      await sleep(1500)
      expect(await postern.metric('postern_replica_lag_seconds{endpoint="replica-1"}')).toBe(0)
      await cluster.hold(one)
      try {
        await request('/orders/1', { method: 'PATCH', body: '{"n":1}' })
        await serving('replica-1', 0, 10_000)
        expect(await postern.metric('postern_replica_lag_seconds{endpoint="replica-1"}')).toBeGreaterThan(2)
        await sleep(5000)
        expect(await whoServes(6)).toEqual(new Set([two.port]))
      } finally {
        await cluster.release(one)
      }
      await serving('replica-1')
      expect(await whoServes(10)).toEqual(new Set([one.port, two.port]))
      const moves = () => postern.log.filter((l) => l.event === 'replica' && l['endpoint'] === 'replica-1')
      await eventually('the log has all three moves', () => moves().length >= 3)
      expect(moves().map((l) => [l['serves'], l['why']])).toEqual([
        [true, 'well'],
        [false, 'lag'],
        [true, 'well'],
      ])
    })

    test('a replica that is killed costs at most three of 25 requests, never readiness, and comes back by itself', async () => {
      await whoServes(4)
      await one.kill('SIGKILL')
      let failed = 0
      for (let i = 0; i < 25; i++) if ((await request('/orders/1')).status !== 200) failed++
      expect(failed).toBeLessThanOrEqual(3)
      expect(await ready()).toBe(200)
      await serving('replica-1', 0)
      expect(await ready()).toBe(200)
      await one.restart()
      await serving('replica-1')
      await eventually('it is asked again', async () => (await whoServes(4)).has(one.port))
    })

    test('both replicas dead: the primary serves', async () => {
      await Promise.all([one.kill('SIGKILL'), two.kill('SIGKILL')])
      try {
        const answers = await Promise.all(Array.from({ length: 8 }, () => request('/rpc/who')))
        expect(answers.filter((a) => a.status !== 200).length).toBeLessThanOrEqual(3)
        await serving('replica-1', 0)
        await serving('replica-2', 0)
        expect(await whoServes(5)).toEqual(new Set([primary.port]))
        expect(await ready()).toBe(200)
      } finally {
        await Promise.all([one.restart(), two.restart()])
      }
    })

    test('a primary that is gone leaves the reads to the replicas, and the gateway ready', async () => {
      await primary.kill('SIGKILL')
      try {
        for (let i = 0; i < 10; i++) expect((await request('/orders/1')).status).toBe(200)
        await sleep(7000)
        expect(await ready()).toBe(200)
        expect((await request('/orders/1')).status).toBe(200)
        expect((await request('/orders/1', { method: 'PATCH', body: '{"n":2}' })).status).toBe(503)
      } finally {
        await primary.restart()
        await cluster.caughtUp(one)
        await cluster.caughtUp(two)
      }
    })

    test('after a write the reads of that caller go to the primary, those of others do not', async () => {
      const me = { 'postern-client': 'me' }
      const written = await request('/orders/1', { method: 'PATCH', body: '{"n":3}', headers: me })
      expect(written.headers['postern-consistency']).toMatch(/^c1\.[\w-]+$/)
      for (let i = 0; i < 4; i++)
        expect((await request('/rpc/who', { headers: me })).text).toBe(String(primary.port))
      expect(await whoServes(6)).toEqual(new Set([one.port, two.port]))
      expect(await postern.metric('postern_ryw_total{outcome="primary"}')).toBe(4)
    })

    test('a read with a token goes to a replica that has the write, waits a little for one, or goes to the primary', async () => {
      const written = await request('/orders/2', { method: 'PATCH', body: '{"n":4}' })
      const token = { 'postern-consistency': String(written.headers['postern-consistency']) }
      await cluster.caughtUp(one)
      await cluster.caughtUp(two)
      const near = await request('/rpc/who', { headers: token })
      expect([String(one.port), String(two.port)]).toContain(near.text)
      expect(near.headers['postern-consistency']).toBe(token['postern-consistency'])

      await Promise.all([one, two].map(cluster.hold))
      try {
        const next = await request('/orders/2', { method: 'PATCH', body: '{"n":5}' })
        const fresh = { 'postern-consistency': String(next.headers['postern-consistency']) }
        const far = await request('/orders/2', { headers: fresh })
        expect(far.json().n).toBe(5)
        expect(far.ms).toBeLessThan(600)
        expect((await request('/rpc/who', { headers: fresh })).text).toBe(String(primary.port))
        expect(Number((await request('/rpc/who', { headers: token })).text)).not.toBe(primary.port)
      } finally {
        await Promise.all([one, two].map(cluster.release))
      }
    })

    test('batches, routines and streams take part; a token that is none is refused', async () => {
      const body = '[{"method":"PATCH","path":"/orders/3","body":{"n":6}}]'
      const batch = await request('/batch', { method: 'POST', body })
      expect(batch.headers['postern-consistency']).toBeDefined()
      const called = await request('/rpc/who_writes', { method: 'POST', body: '{}' })
      const token = String(called.headers['postern-consistency'])
      const stream = await request('/orders?id=3', {
        headers: { accept: 'application/x-ndjson', 'postern-consistency': token },
      })
      expect(stream.text).toBe('{"id":3,"n":6}\n')
      expect(stream.headers['postern-consistency']).toBe(token)
      for (const bad of ['x', `${token.slice(0, -1)}~`, `c1.${'A'.repeat(40)}`]) {
        const headers = { 'postern-consistency': bad }
        expect(await request('/orders/3', { headers })).toMatchObject({
          status: 400,
          code: 'malformed_header',
        })
        const write = await request('/orders/3', { method: 'PATCH', body: '{"n":9}', headers })
        expect(write).toMatchObject({ status: 400, code: 'malformed_header' })
      }
      expect((await request('/orders/3')).json().n).toBe(6)
    })
  })
})
