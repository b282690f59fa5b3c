/** Transactions that stand in each other's way: rolled back by the server, repeated as a whole, and nobody's circuit opens. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ask, type Postern, startPostern } from '../support/process.ts'
import { type ShopServer, shopServers } from '../support/shop-server.ts'

describe.each(shopServers)('$kind', ({ kind, start, missing }) => {
  let server: ShopServer
  let postern: Postern
  beforeAll(async () => {
    if (missing !== undefined) return
    // A deadlock is looked for at once, and not after a second.
    server = await start(kind === 'postgres' ? { deadlock_timeout: '20ms' } : {})
    await server.sql('CREATE TABLE marks (id int PRIMARY KEY, n int)')
    await server.sql('INSERT INTO marks VALUES (1, 0), (2, 0)')
    postern = await startPostern({
      database: server.url(),
      config: { 'pools.max': 4, 'deadlines.default': '10s', 'pools.acquireTimeout': '10s' },
    })
  })
  beforeEach((context) => context.skip(missing !== undefined, missing))
  afterAll(async () => {
    await postern?.stop()
    await server?.stop()
  })
  const deadlocks = async () => {
    const [row] = await server.sql(
      kind === 'postgres'
        ? `SELECT deadlocks AS n FROM pg_stat_database WHERE datname = 'shop'`
        : `SELECT variable_value AS n FROM information_schema.global_status WHERE variable_name = 'Innodb_deadlocks'`,
    )
    return Number(row?.['n'])
  }

  test('scenario 27: deadlocks: the whole transaction is repeated, or 409; both rows always agree, and no circuit opens', async () => {
    const mark = (id: number, n: number) => ({ method: 'PATCH', path: `/marks/${id}`, body: { n } })
    const statuses: (string | number)[] = []
    let n = 0
    const client = async (order: readonly [number, number]) => {
      for (let i = 0; i < 30; i++) {
        const value = ++n
        const answer = await ask(`${postern.api}/batch`, {
          method: 'POST',
          body: JSON.stringify(order.map((id) => mark(id, value))),
        })
        statuses.push(answer.code ?? answer.status)
      }
    }
    // Each pair takes the two rows in opposite order.
    await Promise.all([client([1, 2]), client([2, 1]), client([1, 2]), client([2, 1])])
    // On a machine without time for it the gateway may be behind.
    for (const status of new Set(statuses)) expect([200, 'conflict', 'overloaded']).toContain(status)
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(statuses.length * 0.75)
    const rows = await server.sql('SELECT n FROM marks')
    expect(rows[0]?.['n']).toBe(rows[1]?.['n'])
    // Without any the test says nothing.
    expect(await deadlocks()).toBeGreaterThan(0)
    expect(postern.log.filter((l) => l.event === 'breaker')).toEqual([])
  })
})
