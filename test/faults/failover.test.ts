/** A primary that moves: found again within one look, never two at once, and what was lost on the way is said. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnyCluster, clusters, type Node } from '../support/cluster.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { describeUnless } from '../support/unless.ts'

describe.each(clusters)('$kind', ({ missing, start }) => {
  describeUnless(missing)('failover', () => {
    let cluster: AnyCluster
    let a: Node
    let b: Node
    let c: Node
    let postern: Postern

    beforeAll(async () => {
      cluster = await start({ standbys: 2, setUp: 'CREATE TABLE orders (id int PRIMARY KEY)' })
      a = cluster.primary
      ;[b, c] = cluster.standbys as [Node, Node]
      postern = await startPostern({
        database: cluster.url(a, b),
        config: {
          'database.replicas': JSON.stringify([{ host: '127.0.0.1', port: c.port }]),
          'consistency.window': '0s',
        },
        withinMs: 30_000,
      })
    })
    afterAll(async () => {
      await postern?.stop()
      await cluster?.stop()
    })

    let id = 0
    const write = () => ask(`${postern.api}/orders`, { method: 'POST', body: `{"id":${++id}}` })
    const read = (token: unknown) =>
      ask(`${postern.api}/orders/1`, { headers: { 'postern-consistency': String(token) } })
    const has = async (server: Node, key: number) =>
      (await cluster.query(server, `SELECT id FROM orders WHERE id = ${key}`)).length === 1

    let kept: unknown
    let lost: unknown

    test('before: the first host is written to, and the replica serves', async () => {
      const written = await write()
      expect(written.status).toBe(201)
      kept = written.headers['postern-consistency']
      await cluster.caughtUp(b)
      expect((await read(kept)).status).toBe(200)
      expect(await postern.metric('postern_endpoint_role{endpoint="host-1",role="primary"}')).toBe(1)
      expect(await postern.metric('postern_endpoint_role{endpoint="host-2",role="replica"}')).toBe(1)
    })

    test('after a promotion the next write is well within one look', async () => {
      await cluster.shutDown(b)
      const written = await write()
      expect(written.status).toBe(201)
      lost = written.headers['postern-consistency']
      await a.kill('SIGKILL')
      await b.restart()
      expect((await write()).status).toBe(503)
      await cluster.promote(b)
      const promoted = performance.now()
      await eventually('a write', async () => (await write()).status === 201, 10_000)
      expect(performance.now() - promoted).toBeLessThan(2000)
      expect(await has(b, id)).toBe(true)
    })

    test('a token of a write that survived is good, one of a write that did not says so', async () => {
      expect(await read(kept)).toMatchObject({ status: 200, text: '{"id":1}' })
      const refused = await read(lost)
      expect(refused).toMatchObject({ status: 409, code: 'consistency_lost' })
      expect(refused.headers['postern-consistency']).toBeUndefined()
      const fresh = (await write()).headers['postern-consistency']
      expect((await read(fresh)).status).toBe(200)
    })

    test('the old primary comes back as one: it gets no writes, and the log says so', async () => {
      await a.restart()
      const line = await postern.line(
        (l) => l.event === 'writer' && l['level'] === 'error' && String(l['primaries']).includes('host-1'),
      )
      expect(line).toMatchObject({ to: 'host-2', primaries: ['host-1', 'host-2'] })
      for (let i = 0; i < 10; i++) {
        expect((await write()).status).toBe(201)
        expect(await has(b, id)).toBe(true)
      }
      expect(await has(a, id)).toBe(false)
    })

    test('two primaries of equally young histories: nothing is written until one is gone', async () => {
      await cluster.promote(c)
      // For a moment it may only be known that the sessions of the one before are gone.
      const refused = await eventually('a refusal that says why', async () => {
        const answer = await write()
        const why = answer.status === 503 ? String(answer.json().detail) : ''
        return why.includes('Several servers say that they are the primary') ? answer : undefined
      })
      expect(refused.code).toBe('database_unavailable')
      expect(refused.json().primaries).toContain('replica-1')
      await postern.line((l) => l.event === 'writer' && l['why'] === 'several' && l['level'] === 'error')
      await c.kill('SIGKILL')
      await eventually('a write', async () => (await write()).status === 201, 10_000)
      expect(await has(b, id)).toBe(true)
    })
  })
})
