/** The circuit of a gateway whose database fails, and its way back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

describe.each(shopServers)('$kind', ({ start, missing }) => {
  describeUnless(missing)('the circuit', () => {
    let server: ShopServer
    let postern: Postern
    beforeAll(async () => {
      server = await start()
      postern = await startPostern({
        database: server.url(),
        config: { 'pools.max': 4, 'log.level': 'info' },
      })
    })
    afterAll(async () => {
      await postern?.stop()
      await server?.stop()
    })

    const read = () => ask(`${postern.api}/orders/1`)
    const state = (target: string, state: string) =>
      postern.metric(`postern_breaker_state{target="${target}",state="${state}"}`)

    test('scenario 2: a database that is gone opens the circuit of reads only; every refusal is quick and tells its numbers', async () => {
      expect((await read()).status).toBe(200)
      expect(await state('primary/read', 'closed')).toBe(1)
      await server.kill()
      const codes = new Set<string | undefined>()
      await eventually('the circuit opens', async () => {
        codes.add((await read()).code)
        return codes.has('breaker_open')
      })
      codes.delete('breaker_open')
      expect([...codes]).toEqual(['database_unavailable'])

      const refused = await read()
      expect(refused).toMatchObject({ status: 503, code: 'breaker_open' })
      expect(refused.ms).toBeLessThan(200)
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(refused.json()).toMatchObject({ target: 'primary/read', state: 'open' })
      expect(refused.json().calls).toBeGreaterThanOrEqual(20)

      expect(await state('primary/read', 'open')).toBe(1)
      expect(await state('primary/write', 'open')).toBe(0)
      expect(await postern.metric('postern_shed_total{reason="breaker_open"}')).toBeGreaterThan(0)
      const write = await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":3001}' })
      expect(write).toMatchObject({ status: 503, code: 'database_unavailable' })
    })

    test('it closes within seconds of the return of the database, step by step', async () => {
      await server.restart()
      await eventually('a read is let through', async () => (await read()).status === 200)
      await eventually('the circuit is closed', async () => (await state('primary/read', 'closed')) === 1)
      for (let i = 0; i < 30; i++) expect((await read()).status).toBe(200)
      const moves = await eventually('the log has told all of it', () => {
        const lines = postern.log.filter((line) => line.event === 'breaker')
        return lines.length >= 3 ? lines : undefined
      })
      expect(moves.map((line) => line['to'])).toEqual(['open', 'ramp', 'closed'])
      expect(moves[0]).toMatchObject({ level: 'warn', target: 'primary/read', why: 'failures' })
    })

    test('what clients do wrong never opens it', async () => {
      for (let i = 0; i < 40; i++) {
        expect((await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":1}' })).status).toBe(409)
        expect((await ask(`${postern.api}/orders/9999`)).status).toBe(404)
      }
      expect(await state('primary/read', 'closed')).toBe(1)
      expect(await state('primary/write', 'closed')).toBe(1)
    })
  })
})
