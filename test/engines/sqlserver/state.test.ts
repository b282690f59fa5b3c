/** What a SQL Server tells of itself: its role, who has sessions in it, and what a user without permissions does not see. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Compiled, Connection } from '#engine/engine.ts'
import { census } from '#engine/sqlserver/census.ts'
import { classify } from '#engine/sqlserver/faults.ts'
import { createReplication } from '#engine/sqlserver/replication.ts'
import { unseen } from '#engine/sqlserver/server-state.ts'
import { sqlServerMissing, startSqlServer, type TestSqlServer } from '../../support/sqlserver.ts'
import { connect, limits } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

const missing = sqlServerMissing()

describeUnless(missing)('a SQL Server', () => {
  let server: TestSqlServer
  let url: string
  let guestUrl: string
  const login = `postern_guest_${randomUUID().slice(0, 8)}`
  const open: Connection[] = []
  const session = async (name: string, at = url) => {
    const c = await connect(at, name)
    open.push(c)
    return c
  }
  beforeAll(async () => {
    server = await startSqlServer()
    url = await server.createDatabase()
    const password = `Aa1-${randomUUID()}`
    await server.sql(
      url,
      `CREATE TABLE notes (id int PRIMARY KEY);
CREATE LOGIN ${login} WITH PASSWORD = '${password}';
CREATE USER ${login} FOR LOGIN ${login};
GRANT SELECT ON notes TO ${login}`,
    )
    const guest = new URL(url)
    guest.username = login
    guest.password = password
    guestUrl = guest.href
  })
  afterAll(async () => {
    await Promise.all(open.map((c) => c.close()))
    if (url !== undefined) await server.sql(url, `DROP USER ${login}; DROP LOGIN ${login}`)
    await server?.stop()
  })

  it('counts the gateways of a name, whoever owns their sessions, and nobody else', async () => {
    const me = await session('shop/aaaaaa')
    await session('shop/aaaaaa')
    await session('shop/bbbbbb', guestUrl)
    for (const name of ['shop', 'shop/', 'shop/zzzzzz', 'shop/aaaaaaa', 'shops/aaaaaa', 'SHOP/aaaaaa'])
      await session(name)
    const found = await census(me, limits())
    expect(found.self).toBe('shop/aaaaaa')
    expect(found.peers.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'shop/aaaaaa', sessions: 2 },
      { name: 'shop/bbbbbb', sessions: 1 },
    ])
    // As many as there are workers, far fewer than there may be sessions.
    expect(found.connections).toBeGreaterThan(10)
    expect(found.connections).toBeLessThan(32_767)
    expect(await unseen(me, limits())).toEqual([])
  })

  it('tells a user without permissions its role and its own name, and what it would take to see more', async () => {
    const guest = await session('shop/cccccc', guestUrl)
    const found = await census(guest, limits())
    expect(found).toMatchObject({ self: 'shop/cccccc', peers: [], blind: true })
    expect(found.connections).toBeGreaterThan(10)
    expect(await createReplication().standing(guest, limits())).toMatchObject({
      role: 'primary',
      position: '',
    })
    const remedy = `GRANT VIEW SERVER STATE TO [${login}], in master`
    expect(await unseen(guest, limits())).toEqual([
      { what: 'peers', remedy },
      { what: 'limit', remedy },
      { what: 'lag', remedy },
    ])
  })

  it('is a replica while its database is read-only, and refuses writes as one', async () => {
    const c = await session('shop/dddddd')
    const before = await createReplication().standing(c, limits())
    expect(before.role).toBe('primary')
    expect(before.server).not.toBe('')
    for (const other of open.splice(0)) if (other !== c) await other.close()
    open.push(c)
    await server.sql(url, 'ALTER DATABASE CURRENT SET READ_ONLY WITH NO_WAIT').catch(async () => {
      await server.sql(url, 'ALTER DATABASE CURRENT SET READ_ONLY WITH ROLLBACK IMMEDIATE')
    })
    try {
      const again = await session('shop/eeeeee')
      expect(await again.role(limits())).toBe('replica')
      expect(await createReplication().standing(again, limits())).toMatchObject({
        role: 'replica',
        server: before.server,
      })
      const insert: Compiled = {
        text: 'INSERT INTO notes VALUES (1)',
        operation: 'insert',
        bind: () => [],
        columns: [],
        prepare: true,
      }
      const refusal = await again.run(insert, [], { ...limits(), format: 'array' }).catch(classify)
      expect(refusal).toMatchObject({ kind: 'read_only', applied: 'no' })
      expect(again.isUsable()).toBe(true)
    } finally {
      await server.sql(url, 'ALTER DATABASE CURRENT SET READ_WRITE WITH ROLLBACK IMMEDIATE')
    }
  })
})
