/** Concurrent writers and readers with tokens under replay delay: no read may miss a write that its token stands for. */
import { Agent } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AnyCluster, clusters, type Node } from '../support/cluster.ts'
import { ask, eventually, type Postern, sleep, startPostern } from '../support/process.ts'
import { describeUnless } from '../support/unless.ts'

/** Operations and the longest time for them; POSTERN_TEST_OPERATIONS asks for more (100000 takes some minutes). */
const wanted = Number(process.env['POSTERN_TEST_OPERATIONS'] ?? 6000)
const longestMs = Math.max(180_000, wanted * 20)
const clients = 12
const rows = 24

const setUp = `CREATE TABLE registers (id int PRIMARY KEY, n bigint NOT NULL);
  INSERT INTO registers VALUES ${Array.from({ length: rows }, (_, i) => `(${i + 1}, 0)`).join()}`

/** The newest acknowledged write of a row that a client knows of, and its token. */
interface Known {
  n: number
  token: string
}

describe.each(clusters)('$kind', ({ kind, missing, start }) => {
  describeUnless(missing)('history', () => {
    let cluster: AnyCluster
    let postern: Postern

    beforeAll(async () => {
      cluster = await start({ standbys: 2, setUp })
      postern = await startPostern({
        database: cluster.url(cluster.primary),
        config: {
          'database.replicas': JSON.stringify(
            cluster.standbys.map(({ port }) => ({ host: '127.0.0.1', port })),
          ),
          'log.requests': 'errors',
          'pools.max': 8,
          // A busy machine is no fault.
          'pools.acquireTimeout': '20s',
          'pools.overload.lasting': '10m',
          'deadlines.default': '30s',
          'limits.eventLoopLag': '30s',
        },
        withinMs: 30_000,
      })
      for (const name of ['replica-1', 'replica-2'])
        await eventually(
          `${name} serves`,
          async () => (await postern.metric(`postern_replica_serving{endpoint="${name}"}`)) === 1,
        )
    })
    afterAll(async () => {
      await postern?.stop()
      await cluster?.stop()
    })

    test(`no stale read with a token in ${wanted} operations`, { timeout: longestMs + 60_000 }, async () => {
      const [one, two] = cluster.standbys as [Node, Node]
      // Each row has one writer, who counts upwards; everybody reads every row with the newest token there is.
      const known: Known[] = Array.from({ length: rows }, () => ({ n: 0, token: '' }))
      const violations: string[] = []
      const counts = { writes: 0, reads: 0 }
      const refused: string[] = []
      /** Writes whose position was not told in time. */
      let tokenless = 0
      const began = performance.now()
      const operations = () => counts.writes + counts.reads
      let over = false

      const weather = async () => {
        for (let i = 0; !over; i++) {
          // Now and then both, for longer than a read waits: then the primary must serve it.
          const slow = i % 8 === 7 ? [one, two] : [i % 2 === 0 ? one : two]
          await Promise.all(slow.map(cluster.hold))
          await sleep(slow.length > 1 ? 300 : 20 + ((i * 37) % 180))
          await Promise.all(slow.map(cluster.release))
          await sleep(10 + ((i * 53) % 120))
        }
      }
      const client = async (me: number) => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        let random = me + 1
        const next = (below: number) => {
          random = (random * 1_103_515_245 + 12_345) % 2_147_483_648
          return Math.floor((random / 2_147_483_648) * below)
        }
        while (operations() < wanted && performance.now() - began < longestMs) {
          if (next(10) < 2) {
            const row = me + clients * next(rows / clients)
            const n = (known[row] as Known).n + 1
            const answer = await ask(`${postern.api}/registers/${row + 1}`, {
              method: 'PATCH',
              body: `{"n":${n}}`,
              headers: { prefer: 'return=minimal' },
              agent,
            })
            if (answer.status !== 204) refused.push(`write: ${answer.status} ${answer.text}`)
            else if (answer.headers['postern-consistency'] === undefined) tokenless++
            else known[row] = { n, token: String(answer.headers['postern-consistency']) }
            counts.writes++
          } else {
            const row = next(rows)
            const { n, token } = known[row] as Known
            if (token === '') continue
            const answer = await ask(`${postern.api}/registers/${row + 1}`, {
              headers: { 'postern-consistency': token },
              agent,
            })
            counts.reads++
            if (answer.status !== 200) refused.push(`read: ${answer.status} ${answer.text}`)
            else if (answer.json().n < n) violations.push(`row ${row + 1}: read ${answer.text} after ${n}`)
          }
        }
        agent.destroy()
      }
      const storm = weather()
      // Before there is a token nobody reads.
      await Promise.all(Array.from({ length: clients }, (_, me) => client(me)))
      over = true
      await storm
      const outcomes = await Promise.all(
        ['replica', 'waited', 'primary'].map((o) => postern.metric(`postern_ryw_total{outcome="${o}"}`)),
      )
      const seconds = ((performance.now() - began) / 1000).toFixed(1)
      console.log(
        `${kind}: ${operations()} operations (${counts.writes} writes) in ${seconds} s; reads by replica, after waiting, by primary: ${outcomes.join(', ')}; refused: ${refused.length}; without a token: ${tokenless}; stale: ${violations.length}`,
      )
      expect(violations).toEqual([])
      expect(refused).toEqual([])
      expect(tokenless).toBeLessThan(counts.writes / 10)
      expect(operations()).toBeGreaterThanOrEqual(wanted)
      // The test is of no use when one of the ways was never taken.
      for (const count of outcomes) expect(count).toBeGreaterThan(0)
    })
  })
})
