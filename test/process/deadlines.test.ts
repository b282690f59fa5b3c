/** Deadlines: which one counts, what the client is told, and that the database stops too. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'
import { describeUnless } from '../support/unless.ts'

/** What each kind says in words of its own. */
const words = {
  postgres: {
    sessions: `SELECT pid AS id FROM pg_stat_activity WHERE application_name LIKE 'postern/%' ORDER BY 1`,
    lock: 'BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE',
    unlock: 'ROLLBACK',
  },
  mariadb: {
    sessions: `SELECT id FROM information_schema.processlist WHERE user = 'gate' ORDER BY 1`,
    lock: 'LOCK TABLES orders WRITE',
    unlock: 'UNLOCK TABLES',
  },
}

describe.each(shopServers)('$kind', ({ kind, start, missing }) => {
  describeUnless(missing)('deadlines', () => {
    let server: ShopServer
    let postern: Postern
    beforeAll(async () => {
      server = await start()
      postern = await startPostern({
        database: server.url(),
        config: {
          'pools.max': 1,
          'deadlines.default': '1s',
          'deadlines.rules':
            '[{"methods":["POST"],"path":"/rpc/work","deadline":"30s"},{"path":"/rpc/*","deadline":"600ms"}]',
        },
      })
    })
    afterAll(async () => {
      await postern?.stop()
      await server?.stop()
    })

    /** Milliseconds a loaded machine may be late. */
    const slack = 300

    test('scenario 26: a statement that outlasts the deadline is a 504, and ends in the database', async () => {
      const answer = await ask(`${postern.api}/rpc/nap?seconds=20`)
      expect(answer.status).toBe(504)
      expect(answer.code).toBe('statement_timeout')
      expect(answer.json().detail).toMatch(/ within the ([1-5]\d\d|600) ms /)
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect(answer.ms).toBeGreaterThanOrEqual(590)
      expect(answer.ms).toBeLessThan(600 + slack)
      await eventually('the backend has stopped', async () => (await server.running('nap')) === 0, 1000)
    })

    test('the connection of a cancelled statement serves the next one', async () => {
      await ask(`${postern.api}/orders?limit=1`)
      const before = await server.sql(words[kind].sessions)
      expect((await ask(`${postern.api}/rpc/nap?seconds=20`)).status).toBe(504)
      expect((await ask(`${postern.api}/orders?id=1&select=id`)).json()).toEqual([{ id: 1 }])
      expect(await server.sql(words[kind].sessions)).toEqual(before)
    })

    test('the first rule that fits method and path counts', async () => {
      await server.sql('DELETE FROM orders WHERE id = 3001')
      const began = performance.now()
      const answer = await ask(`${postern.api}/rpc/work`, { method: 'POST', body: '{"new_id":3001}' })
      expect(answer.status).toBe(200)
      expect(answer.json()).toBe(3001)
      expect(performance.now() - began).toBeGreaterThan(2990)
    })

    test('Prefer: wait shortens it, and never lengthens it', async () => {
      const short = await ask(`${postern.api}/rpc/work`, {
        method: 'POST',
        body: '{"new_id":3002}',
        headers: { prefer: 'wait=1' },
      })
      expect(short.code).toBe('statement_timeout')
      expect(short.ms).toBeGreaterThanOrEqual(990)
      expect(short.ms).toBeLessThan(1000 + slack)
      const long = await ask(`${postern.api}/rpc/nap?seconds=20`, { headers: { prefer: 'wait=60' } })
      expect(long.code).toBe('statement_timeout')
      expect(long.ms).toBeLessThan(600 + slack)
    })

    test('a lock that is held is waited for no longer than the deadline', async () => {
      await server.sql(words[kind].lock)
      try {
        const read = await ask(`${postern.api}/orders?limit=1`)
        expect(read.code).toBe('statement_timeout')
        expect(read.ms).toBeLessThan(1000 + slack)
        const write = await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":3003}' })
        expect(write.code).toBe('statement_timeout')
      } finally {
        await server.sql(words[kind].unlock)
      }
      // No cancelled write was applied.
      expect((await ask(`${postern.api}/orders?id[gt]=3001`)).json()).toEqual([])
    })

    test('the log has the time-out with its cause, and the metrics count it', async () => {
      const before = await postern.metric('postern_statement_cancels_total{outcome="sent"}')
      await ask(`${postern.api}/rpc/nap?seconds=20`)
      const line = await postern.line((l) => l['code'] === 'statement_timeout')
      expect(line).toMatchObject({
        level: 'warn',
        status: 504,
        route: '/api/{version}/rpc/{routine}',
        resource: 'nap',
      })
      expect(await postern.metric('postern_statement_cancels_total{outcome="sent"}')).toBe((before ?? 0) + 1)
      const text = (await ask(`${postern.observe}/metrics`)).text
      expect(text).toMatch(
        /db_client_operation_duration_seconds_count\{[^}]*db_operation_name="call"[^}]*error_type="timeout"\} \d+/,
      )
    })
  })
})
