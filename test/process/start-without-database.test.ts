/** The start while the database is away: degraded, never a crash, and back at once. */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, eventually, type Postern, sleep, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

const probe = (postern: Postern, name: string) => ask(`${postern.observe}/${name}`)

describe.each(shopServers)('$kind', ({ start, missing }) => {
  describeUnless(missing)('a start without the database', () => {
    let server: ShopServer
    beforeAll(async () => {
      server = await start()
      await server.shutDown()
    })
    afterAll(() => server?.stop())

    test('scenario 1: until the start deadline it is not started, then it is, and serves degraded', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: { 'lifecycle.startDeadline': '2s' },
        until: 'listening',
      })
      const listening = performance.now()
      try {
        const early = await probe(postern, 'startupz')
        // Both say the time: a machine that stood still for two seconds proves nothing.
        if (performance.now() - listening < 1500) expect(early.status).toBe(503)
        expect((await probe(postern, 'livez')).status).toBe(200)
        await eventually(
          'startupz passes',
          async () => (await probe(postern, 'startupz')).status === 200,
          8000,
        )
        expect(performance.now() - listening).toBeGreaterThan(1000)

        const ready = await probe(postern, 'readyz?verbose')
        expect(ready.status).toBe(503)
        expect(ready.text).toMatch(/^\[-\]database failed: not reached/m)
        const refused = await ask(`${postern.api}/orders`)
        expect(refused.status).toBe(503)
        expect(['starting', 'database_unavailable']).toContain(refused.code)
        expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
        expect(refused.ms).toBeLessThan(1000)
      } finally {
        expect(await postern.stop()).toBe(0)
      }
    })

    test('the outage is told once, not at every attempt', async () => {
      const postern = await startPostern({ database: server.url(), until: 'listening' })
      try {
        await postern.line((l) => l.event === 'database.down', 10_000)
        await sleep(2000)
        expect(postern.log.filter((l) => l.event === 'database.down')).toHaveLength(1)
        // The reason may be put in two ways: refused by the server, or by the pool that knows of it.
        expect(postern.log.filter((l) => l.event === 'catalog.failed').length).toBeLessThanOrEqual(2)
      } finally {
        expect(await postern.stop()).toBe(0)
      }
    })

    test('scenario 1: it serves within two seconds of the database being there', async () => {
      const postern = await startPostern({ database: server.url(), until: 'listening' })
      try {
        // Long enough for back-offs to grow.
        await sleep(4000)
        await server.restart()
        const up = performance.now()
        await eventually(
          'an answer',
          async () => (await ask(`${postern.api}/orders?limit=1`)).status === 200,
          5000,
        )
        expect(performance.now() - up).toBeLessThan(2000)
        await eventually('readiness', async () => (await probe(postern, 'readyz')).status === 200, 2000)
        expect((await probe(postern, 'startupz')).status).toBe(200)
      } finally {
        expect(await postern.stop()).toBe(0)
        await server.shutDown()
      }
    })

    test('a database that takes connections and says nothing changes none of it', async () => {
      const silent = createServer(() => {})
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      const { port } = silent.address() as AddressInfo
      const postern = await startPostern({
        database: server.url(port),
        config: { 'lifecycle.startDeadline': '1s' },
        until: 'listening',
      })
      try {
        await eventually(
          'startupz passes',
          async () => (await probe(postern, 'startupz')).status === 200,
          5000,
        )
        await postern.line((l) => l.event === 'database.down', 10_000)
        expect((await ask(`${postern.api}/orders`)).status).toBe(503)
        expect((await probe(postern, 'livez')).status).toBe(200)
      } finally {
        const asked = performance.now()
        expect(await postern.stop()).toBe(0)
        expect(performance.now() - asked).toBeLessThan(5000)
        silent.close()
      }
    })
  })
})
