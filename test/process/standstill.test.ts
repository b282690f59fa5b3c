/** The process itself stands still, or gets hardly any time: the database and its connections are not blamed for it. */
import { Agent } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ask,
  blockable,
  eventually,
  type Postern,
  sleep,
  startLoad,
  startPostern,
} from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

/** Connections closed for other reasons than age: each reason that there was, and how often. */
const evictions = async (postern: Postern) => {
  const reasons = ['broken', 'validation', 'leak', 'readonly', 'generation']
  const counts = await Promise.all(
    reasons.map((reason) => postern.metric(`postern_pool_evictions_total{reason="${reason}"}`)),
  )
  return Object.fromEntries(reasons.map((reason, i) => [reason, counts[i] ?? 0]).filter(([, n]) => n !== 0))
}

describe.each(shopServers)('$kind', ({ start, missing }) => {
  describeUnless(missing)('a process that stands still', () => {
    let server: ShopServer
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server?.stop())

    test('scenario 45: a loop blocked beyond all deadlines: what is under way is answered, what comes is refused, the pool lives', async () => {
      const postern = await startPostern({
        database: server.url(),
        // Three calls under way, slower than slowCall if the standstill were theirs.
        config: { 'pools.max': 8, 'breaker.minCalls': 3, 'breaker.slowCall': '1500ms' },
        preload: blockable(2500),
      })
      try {
        // Five sessions: three that will be at work when the loop stands still, two idle.
        await Promise.all(Array.from({ length: 5 }, () => ask(`${postern.api}/rpc/nap?seconds=0.3`)))
        // Connections that are open when it stands still: their requests are read as soon as it turns again.
        const agents = Array.from({ length: 10 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
        for (const agent of agents) await ask(`${postern.api}/orders/1`, { agent })
        const before = await server.pooled()
        expect(before).toBeGreaterThanOrEqual(5)
        const atWork = Array.from({ length: 3 }, () => ask(`${postern.api}/rpc/nap?seconds=1`))
        await sleep(300)
        postern.signal('SIGUSR2')
        await eventually('the loop stands still', () => postern.output.stderr.includes('blocked'))
        const came = agents.map((agent) => ask(`${postern.api}/orders/1`, { agent }))
        const alive = ask(`${postern.observe}/livez`)

        expect((await alive).status).toBe(200)
        for (const answer of await Promise.all(atWork)) expect(answer.status).toBe(200)
        for (const refused of await Promise.all(came)) {
          expect([refused.status, refused.code]).toEqual([503, 'overloaded'])
          expect(refused.headers['retry-after']).toBe('1')
          expect(refused.json()).toMatchObject({ limitMs: 1000, lagMs: expect.any(Number) })
        }
        expect(await postern.metric('postern_shed_total{reason="event_loop"}')).toBe(10)
        for (const agent of agents) agent.destroy()
        await eventually(
          'all is well',
          async () => (await ask(`${postern.api}/orders/1`)).status === 200,
          1000,
        )
        expect(await evictions(postern)).toEqual({})
        expect(await server.pooled()).toBe(before)
        expect((await ask(`${postern.observe}/readyz`)).status).toBe(200)
        expect(postern.log.filter((l) => l.event === 'breaker' || l.event === 'database.down')).toEqual([])
      } finally {
        expect(await postern.stop()).toBe(0)
      }
    }, 60_000)

    test('scenario 46: a process that runs for a twentieth of the time closes no connection for it', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 4, 'breaker.minCalls': 5, 'breaker.slowCall': '200ms' },
      })
      try {
        await ask(`${postern.api}/orders/1`)
        const load = startLoad(`${postern.api}/orders/1`, 2, 20)
        // What a quota of CPU does: 5 ms of work, then nothing until the next period.
        for (const end = performance.now() + 5000; performance.now() < end; ) {
          postern.signal('SIGSTOP')
          await sleep(95)
          postern.signal('SIGCONT')
          await sleep(5)
        }
        const shots = await load.stop()
        expect(shots.filter((s) => s.status === 200).length).toBeGreaterThan(5)
        // Where others leave it even less, it may have to say that it cannot keep up.
        for (const { code, status } of shots)
          expect([200, 'overloaded', 'pool_timeout']).toContain(code ?? status)
        expect(await evictions(postern)).toEqual({})
        expect(postern.log.filter((l) => l.event === 'database.down' || l.event === 'breaker')).toEqual([])
      } finally {
        postern.signal('SIGCONT')
        expect(await postern.stop()).toBe(0)
      }
    }, 60_000)
  })
})
