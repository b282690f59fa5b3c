/** Where real servers say they stand, to a user without privileges. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createReplication } from '#engine/mysql/replication.ts'
import { mariadbMissing, startMariadb, type TestMariadb } from '../../support/mariadb.ts'
import { mysqlMissing, startMysql, type TestMysql } from '../../support/mysql.ts'
import { connect, limits, type TestConnection } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

const missing = mariadbMissing()
const user = "CREATE USER IF NOT EXISTS plain@'%' IDENTIFIED BY 'x'"
const urlOf = (root: string, database = '') => {
  const url = new URL(root)
  url.username = 'plain'
  url.password = 'x'
  url.pathname = database
  return url.href
}

describeUnless(missing)('where MariaDB stands', () => {
  const servers: TestMariadb[] = []
  const open: TestConnection[] = []
  const begin = async (settings: Record<string, string | number>) => {
    const server = await startMariadb({ settings })
    servers.push(server)
    await server.sql(server.url(), `${user}; CREATE DATABASE shop; GRANT ALL ON shop.* TO plain@'%'`)
    const c = await connect(urlOf(server.url(), 'shop'))
    open.push(c)
    return { server, c }
  }
  afterAll(async () => {
    await Promise.all(open.map((c) => c.close()))
    await Promise.all(servers.map((server) => server.stop()))
  })

  it('with a binary log: a mark lies behind every write, in all domains; the role follows read_only', async () => {
    const { server, c } = await begin({ 'server-id': 7, 'log-bin': 'log', 'binlog-format': 'ROW' })
    const replication = createReplication()
    const at = await replication.standing(c, limits())
    expect(at).toMatchObject({ line: '7', role: 'primary', fed: false, behindMs: undefined })
    await server.sql(
      server.url('shop'),
      'CREATE TABLE t (id int); SET gtid_domain_id = 3; INSERT INTO t VALUES (1)',
    )
    const mark = await replication.mark(c, limits())
    expect(mark.position).toMatch(/^0-7-\d+,3-7-1$/)
    expect(replication.holds(at, mark)).toBe('not_yet')
    expect(replication.holds(await replication.standing(c, limits()), mark)).toBe('yes')
    expect(replication.exact).toBe(true)
    // What changes nothing is no transaction.
    await server.sql(server.url('shop'), 'UPDATE t SET id = 1')
    expect(await replication.mark(c, limits())).toEqual(mark)
    await server.sql(server.url(), 'SET GLOBAL read_only = 1')
    expect((await replication.standing(c, limits())).role).toBe('replica')
  })

  it('without one: marks are not exact, and no token is made of nothing', async () => {
    const { c } = await begin({})
    const replication = createReplication()
    expect(await replication.standing(c, limits())).toMatchObject({ role: 'primary', position: '' })
    expect(replication.exact).toBe(false)
    await expect(replication.mark(c, limits())).rejects.toThrow('its position has 0 characters')
  })
})

const noMysql = mysqlMissing()
describeUnless(noMysql)('where MySQL stands', () => {
  let server: TestMysql
  let root: string
  let c: TestConnection
  beforeAll(async () => {
    server = startMysql()
    root = await server.createDatabase()
    await server.sql(root, user)
    c = await connect(urlOf(root))
  })
  afterAll(async () => {
    await c?.close()
    await server?.sql(root, "DROP USER plain@'%'")
    await server?.stop()
  })

  it('by all its GTIDs, or not at all where they are off', async () => {
    const replication = createReplication()
    const standing = await replication.standing(c, limits())
    const [row] = await server.sql(root, 'SELECT @@server_uuid AS id, @@gtid_mode AS mode')
    expect(standing).toMatchObject({ line: row?.['id'], role: 'primary', fed: false })
    expect(replication.exact).toBe(row?.['mode'] === 'ON')
    if (row?.['mode'] !== 'ON') {
      expect(standing.position).toBe('')
      await expect(replication.mark(c, limits())).rejects.toThrow('its position has 0 characters')
      return
    }
    await server.sql(root, 'CREATE TABLE t (id int)')
    const mark = await replication.mark(c, limits())
    expect(replication.holds(standing, mark)).toBe('not_yet')
    expect(replication.holds(await replication.standing(c, limits()), mark)).toBe('yes')
  })
})
