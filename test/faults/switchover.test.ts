/** A planned change of the primary, where the old one becomes read-only under sessions that stay; and who is not taken for one. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnyCluster, clusters, type Node } from '../support/cluster.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { describeUnless } from '../support/unless.ts'

// A primary of PostgreSQL becomes a standby by a restart, which closes all sessions.
const [mariadb] = clusters.filter(({ kind }) => kind === 'mariadb')
if (mariadb === undefined) throw new Error('no cluster of MariaDB')
const { missing, start } = mariadb

describeUnless(missing)('switchover on MariaDB', () => {
  let cluster: AnyCluster
  let a: Node
  let b: Node
  let c: Node
  let postern: Postern

  beforeAll(async () => {
    cluster = await start({
      standbys: 2,
      setUp: `CREATE TABLE orders (id int PRIMARY KEY);
        CREATE FUNCTION who() RETURNS int READS SQL DATA RETURN @@port`,
    })
    a = cluster.primary
    ;[b, c] = cluster.standbys as [Node, Node]
    postern = await startPostern({
      database: cluster.url(a, b),
      config: {
        'database.replicas': JSON.stringify([a, b, c].map(({ port }) => ({ host: '127.0.0.1', port }))),
        'consistency.window': '0s',
        'pools.max': 4,
      },
      withinMs: 60_000,
    })
  })
  afterAll(async () => {
    await postern?.stop()
    await cluster?.stop()
  })

  let id = 0
  const write = () => ask(`${postern.api}/orders`, { method: 'POST', body: `{"id":${++id}}` })
  const has = async (server: Node, key: number) =>
    (await cluster.query(server, `SELECT id FROM orders WHERE id = ${key}`)).length === 1
  const tokenOf = async () => {
    const written = await write()
    expect(written.status).toBe(201)
    return String(written.headers['postern-consistency'])
  }
  const who = async (token: string) => {
    const answer = await ask(`${postern.api}/rpc/who`, { headers: { 'postern-consistency': token } })
    expect(answer.status).toBe(200)
    return Number(answer.text)
  }
  const serving = (name: string, yes: 0 | 1) =>
    eventually(
      `${name} ${yes ? 'serves' : 'does not serve'}`,
      async () => (await postern.metric(`postern_replica_serving{endpoint="${name}"}`)) === yes,
      30_000,
    )
  /** From one to the other, nothing lost; everybody follows the new one. */
  const switchOver = async (from: Node, to: Node) => {
    await cluster.demote?.(from)
    await cluster.caughtUp(to, from)
    await cluster.promote(to)
    for (const other of [a, b, c]) if (other !== to) await cluster.follow(other, to)
  }
  const tokens: string[] = []

  test('a server that stands in both lists serves reads as long as it is a replica', async () => {
    await serving('replica-1', 0)
    await serving('replica-2', 1)
    await serving('replica-3', 1)
    tokens.push(await tokenOf())
    await cluster.caughtUp(b)
    await cluster.caughtUp(c)
    expect([b.port, c.port]).toContain(await who(tokens[0] as string))
  })

  test('while all are read-only writes are refused; the first one after the promotion finds the new primary', async () => {
    // All connections of the pool have been in use, and know the old primary.
    await Promise.all(Array.from({ length: 8 }, write))
    await cluster.demote?.(a)
    const refused = await write()
    expect(refused).toMatchObject({ status: 503, code: 'database_unavailable' })
    expect(await has(a, id)).toBe(false)
    await switchOver(a, b)
    const promoted = performance.now()
    await eventually('a write', async () => (await write()).status === 201, 10_000)
    expect(performance.now() - promoted).toBeLessThan(2000)
    expect(await has(b, id)).toBe(true)
    // None of them goes to a connection of before.
    for (const answer of await Promise.all(Array.from({ length: 12 }, write))) expect(answer.status).toBe(201)
    tokens.push(await tokenOf())
  })

  test('back again: tokens of all three reigns are good, and replicas serve them', async () => {
    await switchOver(b, a)
    await eventually('a write', async () => (await write()).status === 201, 10_000)
    expect(await has(a, id)).toBe(true)
    tokens.push(await tokenOf())
    await serving('replica-1', 0)
    await serving('replica-2', 1)
    await serving('replica-3', 1)
    await cluster.caughtUp(b, a)
    await cluster.caughtUp(c, a)
    for (const token of tokens) expect([b.port, c.port]).toContain(await who(token))
  })

  test('a replica that nobody made read-only is no second primary', async () => {
    await cluster.query(c, 'SET GLOBAL read_only = 0')
    await cluster.query(b, 'SET GLOBAL read_only = 0')
    const servers = async () =>
      (await ask(`${postern.admin}/status`)).json().servers as { name: string; role: string }[]
    await eventually('it is seen', async () =>
      (await servers()).every(({ name, role }) => name === 'host-1' || role === 'primary'),
    )
    for (let i = 0; i < 5; i++) {
      expect((await write()).status).toBe(201)
      expect(await has(a, id)).toBe(true)
    }
    await serving('replica-3', 1)
    expect(postern.log.filter((l) => l.event === 'writer' && l['why'] === 'several')).toEqual([])
  })
})
