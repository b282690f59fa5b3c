/** More work than connections: who waits, who is refused, and with which numbers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, ask, eventually, sleep, startLoad, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

describe.each(shopServers)('$kind', ({ kind, start, missing }) => {
  describeUnless(missing)('more work than connections', () => {
    let server: ShopServer
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server?.stop())

    test('scenario 22: who waits too long, and who finds the queue full, is told the numbers', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 2, 'pools.queuePerConnection': 1, 'deadlines.default': '3s' },
      })
      try {
        // The last that the gateway itself asks of the pool after its start: a look for what it missed before it listened.
        // In MariaDB it has nothing to listen to.
        if (kind === 'postgres')
          await eventually('it listens', async () => (await server.all()) > (await server.pooled()))
        await sleep(400)
        const holders = [1, 2].map(() => ask(`${postern.api}/rpc/nap?seconds=1.5`))
        await eventually('both connections are busy', async () => (await server.running('nap')) === 2)
        const waiters = [1, 2].map(() => ask(`${postern.api}/orders?limit=1`))
        await eventually(
          'two wait',
          async () =>
            (await postern.metric(
              'db_client_connection_pending_requests{db_client_connection_pool_name="primary"}',
            )) === 2,
          450,
        )
        const full = await ask(`${postern.api}/orders?limit=1`)
        expect(full.status).toBe(503)
        expect(Number(full.headers['retry-after'])).toBeGreaterThanOrEqual(1)
        expect(full.json()).toMatchObject({
          code: 'queue_full',
          pool: 'primary',
          size: 2,
          inUse: 2,
          idle: 0,
          waiting: 2,
          queueLimit: 2,
          waitedMs: 0,
        })
        for (const late of await Promise.all(waiters)) {
          expect(late.status).toBe(503)
          expect(late.json()).toMatchObject({ code: 'pool_timeout', size: 2, inUse: 2 })
          expect(late.json().waitedMs).toBeGreaterThanOrEqual(490)
          expect(late.ms).toBeLessThan(500 + 300)
        }
        for (const holder of await Promise.all(holders)) expect(holder.status).toBe(200)
        expect(await postern.metric('postern_shed_total{reason="queue_full"}')).toBe(1)
        expect(await postern.metric('postern_shed_total{reason="pool_timeout"}')).toBe(2)
        // Being busy is no reason to be called unready.
        expect((await ask(`${postern.observe}/readyz`)).status).toBe(200)
      } finally {
        await postern.stop()
      }
    })

    test('the looks of the gateway itself, which find no connection either, are no refused requests', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 1, 'pools.acquireTimeout': '50ms', 'schema.poll': '250ms' },
      })
      try {
        const timeouts = 'db_client_connection_timeouts_total{db_client_connection_pool_name="primary"}'
        const nap = ask(`${postern.api}/rpc/nap?seconds=1.5`)
        await eventually('a look found none', async () => ((await postern.metric(timeouts)) ?? 0) > 0)
        expect((await nap).status).toBe(200)
        expect((await ask(`${postern.admin}/status`)).json().shed).toEqual({})
      } finally {
        await postern.stop()
      }
    })

    test('scenario 22: a thousand requests at once are all answered, and no more sessions than the pool allows are opened', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: {
          'pools.max': 8,
          'limits.eventLoopLag': '10s',
          'pools.acquireTimeout': '20s',
          // Who has a place in the line is to be served, however slowly the turns of a busy machine's event loop go.
          'pools.overload.lasting': '1m',
          'deadlines.default': '30s',
        },
      })
      try {
        const answers: Promise<Answer>[] = []
        for (let i = 0; i < 1000; i++) answers.push(ask(`${postern.api}/orders?limit=20`))
        let most = 0
        let done = false
        const watching = (async () => {
          while (!done) most = Math.max(most, await server.all())
        })()
        const all = await Promise.all(answers)
        done = true
        await watching
        const outcomes = new Set(all.map((a) => a.code ?? a.status))
        for (const outcome of outcomes)
          expect([200, 'queue_full', 'pool_timeout', 'overloaded']).toContain(outcome)
        expect(all.filter((a) => a.status === 200).length).toBeGreaterThanOrEqual(40)
        // And the one that listens for schema changes, on PostgreSQL.
        expect(most).toBeLessThanOrEqual(8 + 1)
        expect((await ask(`${postern.api}/orders?limit=1`)).status).toBe(200)
        await eventually('every request is in the log', () => postern.requests().length === 1001)
      } finally {
        await postern.stop()
      }
    })

    test('a line that does not get shorter gives up on those who wait longest; the others are served in time', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 2, 'pools.queuePerConnection': 50 },
      })
      try {
        // 2 connections do 40 naps of 50 ms a second; 16 clients ask for all they can.
        const load = startLoad(`${postern.api}/rpc/nap?seconds=0.05`, 16, 0)
        await sleep(2500)
        const settled = performance.now()
        await sleep(1500)
        const shots = (await load.stop()).filter((shot) => shot.began > settled)
        expect(new Set(shots.map((shot) => shot.code ?? shot.status))).toEqual(new Set([200, 'overloaded']))
        const served = shots.filter((shot) => shot.status === 200)
        expect(served.length).toBeGreaterThan(20)
        // 100 ms in the line, 50 of work, and what a busy machine adds.
        const late = served.map((shot) => shot.ended - shot.began).sort((a, b) => a - b)
        expect(late[Math.floor(late.length / 2)]).toBeLessThan(300)
        expect(await postern.metric('postern_shed_total{reason="overload"}')).toBeGreaterThan(0)
      } finally {
        await postern.stop()
      }
    })
  })
})
