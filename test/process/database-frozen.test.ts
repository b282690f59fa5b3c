/** The database stands still: connections stay open and nothing answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, ask, eventually, type Postern, sleep, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

const deadlineMs = 1000

describe.each(shopServers)('$kind', ({ start, missing }) => {
  describeUnless(missing)('a database that stands still', () => {
    let server: ShopServer
    let postern: Postern
    beforeAll(async () => {
      server = await start()
      postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 3, 'deadlines.default': `${deadlineMs}ms` },
      })
    })
    afterAll(async () => {
      await postern?.stop()
      await server?.stop()
    })

    test('scenario 4: a frozen server: requests end at their deadline, and the pool refills when it is over', async () => {
      const read = () => ask(`${postern.api}/orders?limit=5`)
      await Promise.all([read(), read(), read()])
      await server.pause()
      const frozen = performance.now()
      try {
        // The first three still get a connection that was used a moment ago; all others wait for one.
        const write = ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":3001}' })
        const first = await Promise.all([...Array.from({ length: 8 }, read), write])
        const later: Answer[] = []
        while (performance.now() - frozen < 3500) {
          later.push(await read())
          await sleep(50)
        }
        for (const answer of [...first, ...later]) {
          expect(['statement_timeout', 'outcome_unknown', 'pool_timeout', 'database_unavailable']).toContain(
            answer.code,
          )
          expect(answer.ms).toBeLessThan(deadlineMs + 300)
        }
        expect((await ask(`${postern.observe}/livez`)).status).toBe(200)
      } finally {
        await server.resume()
      }
      const resumed = performance.now()
      await eventually('an answer', async () => (await read()).status === 200, 8000)
      expect(performance.now() - resumed).toBeLessThan(3000)
      const again = await Promise.all([read(), read(), read()])
      expect(again.map((a) => a.status)).toEqual([200, 200, 200])
      await eventually('readiness', async () => (await ask(`${postern.observe}/readyz`)).status === 200, 5000)
    })

    test('it can be stopped while the database stands still', async () => {
      const other = await startPostern({ database: server.url() })
      await server.pause()
      try {
        const hanging = ask(`${other.api}/nothing`).catch(() => undefined)
        const asked = performance.now()
        expect(await other.stop()).toBe(0)
        expect(performance.now() - asked).toBeLessThan(8000)
        await hanging
      } finally {
        await server.resume()
      }
    })
  })
})
