/** The end of the process: what is under way is finished, what takes too long is cancelled, and nothing stays behind. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, eventually, sleep, startLoad, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

/** A read of it takes 20 ms at least. */
const slow = {
  postgres: 'CREATE VIEW slow AS SELECT o.id FROM orders o, pg_sleep(0.02)',
  mariadb:
    'CREATE SQL SECURITY INVOKER VIEW slow AS SELECT o.id FROM orders o, (SELECT sleep(0.02) AS slept) once',
}

describe.each(shopServers)('$kind', ({ kind, start, missing }) => {
  describeUnless(missing)('the end of the process', () => {
    let server: ShopServer
    beforeAll(async () => {
      server = await start()
      await server.sql(slow[kind])
    })
    afterAll(() => server?.stop())

    const nothingLeft = () => eventually('no session is left', async () => (await server.all()) === 0, 2000)

    test('scenario 42: under load: no request fails, the exit code is 0, and no session is left', async () => {
      const postern = await startPostern({ database: server.url() })
      const load = startLoad(`${postern.api}/slow?limit=5`, 8, 0)
      await eventually('there is load', () => load.shots.length > 50)
      const asked = performance.now()
      postern.signal('SIGTERM')
      expect(await postern.ended).toBe(0)
      expect(performance.now() - asked).toBeLessThan(5000)
      const shots = await load.stop()

      const answered = shots.filter((s) => s.error === undefined)
      expect(new Set(answered.map((s) => s.status))).toEqual(new Set([200]))
      // Who asked before the end got an answer. Later ones could not connect any more.
      const failed = shots.filter((s) => s.error !== undefined)
      expect(failed.filter((s) => s.error?.code !== 'ECONNREFUSED')).toEqual([])
      // Each of the clients was told, so that none of them met a closed connection.
      expect(answered.filter((s) => s.lastOfConnection)).toHaveLength(8)
      await nothingLeft()
      expect(postern.log.at(-1)).toMatchObject({ event: 'lifecycle', phase: 'stopped' })
      expect(postern.requests()).toHaveLength(answered.length)
    })

    test('while it drains: unready, metrics still there, and requests under way are finished', async () => {
      const postern = await startPostern({ database: server.url() })
      const nap = ask(`${postern.api}/rpc/nap?seconds=1.2`)
      await eventually('it runs', async () => (await server.running('nap')) === 1)
      postern.signal('SIGTERM')
      await postern.line((l) => l['phase'] === 'draining')
      const ready = await ask(`${postern.observe}/readyz`)
      expect(ready.status).toBe(503)
      expect(ready.text).toContain('shutting down')
      expect(await postern.metric('postern_draining')).toBe(1)
      await expect(ask(`${postern.api}/orders`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      expect((await ask(`${postern.observe}/readyz`)).text).toContain(
        'listening: accepting no new connections',
      )
      expect((await ask(`${postern.observe}/startupz`)).status).toBe(200)
      const answer = await nap
      expect(answer.status).toBe(200)
      expect(answer.headers.connection).toBe('close')
      expect(await postern.ended).toBe(0)
      await nothingLeft()
    })

    test('scenario 42: a drain delay goes on serving new connections first', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: { 'lifecycle.drainDelay': '800ms' },
      })
      const asked = performance.now()
      postern.signal('SIGTERM')
      await postern.line((l) => l['phase'] === 'draining')
      const unready = await ask(`${postern.observe}/readyz?verbose`)
      expect(unready.status).toBe(503)
      if (performance.now() - asked < 500) {
        expect(unready.text).toContain('[+]listening')
        expect((await ask(`${postern.api}/orders?limit=1`)).status).toBe(200)
      }
      expect(await postern.ended).toBe(0)
      expect(performance.now() - asked).toBeGreaterThanOrEqual(790)
    })

    test('what outlasts drainTimeout is cancelled in the server, and told that this gateway shuts down', async () => {
      const postern = await startPostern({
        database: server.url(),
        config: { 'lifecycle.drainTimeout': '700ms', 'deadlines.default': '30s' },
      })
      const nap = ask(`${postern.api}/rpc/nap?seconds=25`)
      await eventually('it runs', async () => (await server.running('nap')) === 1)
      const asked = performance.now()
      postern.signal('SIGTERM')
      const answer = await nap
      expect(answer.status).toBe(503)
      expect(answer.code).toBe('draining')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(performance.now() - asked).toBeGreaterThanOrEqual(690)
      expect(await postern.ended).toBe(0)
      expect(performance.now() - asked).toBeLessThan(3000)
      await nothingLeft()
    })

    test('a second signal does not wait', async () => {
      const postern = await startPostern({ database: server.url(), config: { 'deadlines.default': '30s' } })
      const nap = ask(`${postern.api}/rpc/nap?seconds=25`)
      await eventually('it runs', async () => (await server.running('nap')) === 1)
      postern.signal('SIGTERM')
      await postern.line((l) => l['phase'] === 'draining')
      const again = performance.now()
      postern.signal('SIGINT')
      expect((await nap).code).toBe('draining')
      expect(await postern.ended).toBe(0)
      expect(performance.now() - again).toBeLessThan(2000)
      await nothingLeft()
    })

    test('connections that never asked for anything hold up nothing', async () => {
      const postern = await startPostern({ database: server.url() })
      const { hostname, port } = new URL(postern.data)
      const idle = connect(Number(port), hostname)
      const begun = connect(Number(port), hostname, () =>
        begun.write('GET /api/v1/orders HTTP/1.1\r\nhost: x\r\n'),
      )
      for (const socket of [idle, begun]) socket.on('error', () => {})
      await sleep(200)
      const asked = performance.now()
      postern.signal('SIGTERM')
      expect(await postern.ended).toBe(0)
      expect(performance.now() - asked).toBeLessThan(2000)
    })

    test('scenario 43: a killed gateway leaves no session behind: the server notices', async () => {
      const postern = await startPostern({ database: server.url(), config: { 'deadlines.default': '1s' } })
      const nap = ask(`${postern.api}/rpc/nap?seconds=25`).catch((error: unknown) => error)
      await eventually('it runs', async () => (await server.running('nap')) === 1)
      postern.signal('SIGKILL')
      expect(await postern.ended).toBe('SIGKILL')
      expect(await nap).toBeInstanceOf(Error)
      // A running statement does not look at its connection: its own time-out ends it.
      await eventually('no session is left', async () => (await server.all()) === 0, 5000)
      const next = await startPostern({ database: server.url() })
      expect((await ask(`${next.api}/orders?limit=1`)).status).toBe(200)
      expect(await next.stop()).toBe(0)
    })

    test('POST /quitquitquit ends it like a signal, where it is allowed', async () => {
      const postern = await startPostern({ database: server.url(), config: { 'lifecycle.quit': true } })
      expect((await ask(`${postern.admin}/quitquitquit`, { method: 'POST' })).status).toBe(200)
      expect(await postern.ended).toBe(0)
    })
  })
})
