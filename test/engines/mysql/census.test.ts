/** The list of sessions of a real server, as a gateway counts it: by the names that sessions hold as locks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCensus } from '#engine/mysql/census.ts'
import { mariadbMissing, startMariadb } from '../../support/mariadb.ts'
import { mysqlMissing, startMysql } from '../../support/mysql.ts'
import { connect, limits, type TestConnection } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

const mariadb = async () => {
  const server = await startMariadb({ settings: { 'max-connections': 40 } })
  return { root: server.url(), sql: server.sql, stop: server.stop }
}
const mysql = async () => {
  const server = startMysql()
  return { root: await server.createDatabase(), sql: server.sql, stop: server.stop }
}

describe.each([
  { kind: 'MariaDB', missing: mariadbMissing(), start: mariadb },
  { kind: 'MySQL', missing: mysqlMissing(), start: mysql },
])('the census on $kind', ({ missing, start }) => {
  describeUnless(missing)('of sessions', () => {
    let server: Awaited<ReturnType<typeof start>>
    const open: TestConnection[] = []
    const urlOf = (user: string) => {
      const url = new URL(server.root)
      url.username = user
      url.password = 'x'
      url.pathname = ''
      return url.href
    }
    const session = async (name: string | undefined, user = 'census_guest') => {
      const c = await connect(urlOf(user), name)
      open.push(c)
      return c
    }
    const users = ['census_guest', 'census_few', 'census_all']
    const drop = users.map((user) => `DROP USER IF EXISTS ${user}@'%'`).join(';')
    beforeAll(async () => {
      server = await start()
      await server.sql(
        server.root,
        `${drop}; ${users.map((user) => `CREATE USER ${user}@'%' IDENTIFIED BY 'x'`).join(';')};
         ALTER USER census_few@'%' WITH MAX_USER_CONNECTIONS 5; GRANT PROCESS ON *.* TO census_all@'%'`,
      )
    })
    afterAll(async () => {
      await Promise.all(open.map((c) => c.close()))
      await server?.sql(server.root, drop)
      await server?.stop()
    })
    const of = async (name: string, c: TestConnection) => {
      const found = await createCensus(name, true)(c, limits())
      return { ...found, peers: found.peers.toSorted((a, b) => a.name.localeCompare(b.name)) }
    }

    it('counts the gateways of its name, and nobody else; of other users to who may see them', async () => {
      const me = await session('shop/aaaaaa')
      await session('shop/aaaaaa')
      await session('shop/000000')
      await session('shop/ffffff', 'census_few')
      for (const name of [undefined, 'shops/aaaaaa', `${'s'.repeat(300)}/aaaaaa`]) await session(name)
      const seen = [
        { name: 'shop/000000', sessions: 1 },
        { name: 'shop/aaaaaa', sessions: 2 },
      ]
      expect(await of('shop/aaaaaa', me)).toMatchObject({ self: 'shop/aaaaaa', peers: seen })
      // Whose session asks is read from the session; a session that has just come or gone is noticed.
      const other = await session('shop/123456', 'census_all')
      const all = [
        { name: 'shop/000000', sessions: 1 },
        { name: 'shop/123456', sessions: 1 },
        { name: 'shop/aaaaaa', sessions: 2 },
        { name: 'shop/ffffff', sessions: 1 },
      ]
      const ask = createCensus('shop/bbbbbb', true)
      const sorted = async (c: TestConnection) =>
        (await ask(c, limits())).peers.toSorted((a, b) => a.name.localeCompare(b.name))
      expect(await sorted(other)).toEqual(all)
      const late = await session('shop/aaaaaa')
      expect(await sorted(other)).toContainEqual({ name: 'shop/aaaaaa', sessions: 3 })
      await late.close()
      await expect.poll(() => sorted(other), { timeout: 5000 }).toEqual(all)
      expect((await ask(other, limits())).self).toBe('shop/123456')
    })

    it('says how many sessions there may be: of the server, of the user', async () => {
      const [[limit] = []] = await (await session(undefined)).ask('SELECT @@max_connections')
      expect((await of('a/000000', await session('a/000000'))).connections).toBe(Number(limit))
      expect((await of('a/000000', await session('a/000000', 'census_few'))).connections).toBe(5)
    })

    it('does not take those for absent who cannot be seen: a session without a name sees nobody', async () => {
      await expect(of('a/000000', await session(undefined))).rejects.toThrow('does not show the name')
      const numbers = createCensus('a/000000', false)
      expect((await numbers(await session(undefined), limits())).peers).toEqual([])
    })
  })
})
