/** A replica that stands still: connections stay open and nothing answers, the worst way for a server to fail. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnyCluster, clusters, type Node } from '../support/cluster.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { describeUnless } from '../support/unless.ts'

describe.each(clusters)('$kind', ({ missing, start }) => {
  describeUnless(missing)('a replica that stands still', () => {
    let cluster: AnyCluster
    let frozen: Node
    let postern: Postern
    beforeAll(async () => {
      cluster = await start({
        standbys: 2,
        setUp: 'CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1)',
      })
      frozen = cluster.standbys[0] as Node
      postern = await startPostern({
        database: cluster.url(cluster.primary),
        withinMs: 30_000,
        config: {
          'database.replicas': JSON.stringify(
            cluster.standbys.map(({ port }) => ({ host: '127.0.0.1', port })),
          ),
          'deadlines.default': '1s',
        },
      })
    })
    afterAll(async () => {
      await postern?.stop()
      await frozen?.resume()
      await cluster?.stop()
    })

    test('scenario 17: a frozen replica leaves the rotation within seconds, costs at most three of 25 requests, and comes back', async () => {
      const serving = (yes: number) =>
        eventually(
          yes ? 'it serves' : 'it serves no more',
          async () => (await postern.metric('postern_replica_serving{endpoint="replica-1"}')) === yes,
          15_000,
        )
      const read = () => ask(`${postern.api}/orders/1`)
      await serving(1)
      for (let i = 0; i < 6; i++) expect((await read()).status).toBe(200)
      await frozen.pause()
      const began = performance.now()
      const answers = []
      for (let i = 0; i < 25; i++) answers.push(await read())
      // One in two goes there until three have failed, looks of the monitor among them.
      const failed = answers.filter((a) => a.status !== 200)
      expect(failed.length).toBeLessThanOrEqual(3)
      for (const answer of failed) {
        expect(['statement_timeout', 'pool_timeout', 'database_unavailable', 'deadline_exceeded']).toContain(
          answer.code,
        )
        expect(answer.ms).toBeLessThan(1000 + 200 + 500)
      }
      await serving(0)
      expect(performance.now() - began).toBeLessThan(10_000)
      expect((await ask(`${postern.observe}/readyz`)).status).toBe(200)
      const line = await postern.line((l) => l.event === 'replica' && l['serves'] === false)
      expect(line).toMatchObject({ endpoint: 'replica-1', why: 'unreachable' })
      await frozen.resume()
      await serving(1)
      for (let i = 0; i < 10; i++) expect((await read()).status).toBe(200)
    })
  })
})
