/** Procedures whose calls this user may not stop are found, and what helps does. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { unseen } from '#engine/mysql/unseen.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { describeUnless } from '../../support/unless.ts'
import { connect, limits } from './connection.ts'
import { asUser, databaseOf, flavours } from './servers.ts'

const procedure = (name: string, security = '') =>
  `CREATE PROCEDURE ${name}() MODIFIES SQL DATA ${security} DO SLEEP(1);`

for (const { name, missing, start } of flavours) {
  describeUnless(missing)(`calls that cannot be stopped on ${name}`, () => {
    let server: TestMysql
    let url: string
    let database: string
    let user: string
    beforeAll(async () => {
      server = await start()
      url = await server.createDatabase()
      database = databaseOf(url)
      user = `u${database.slice(-20)}`
      await server.sql(url, procedure('as_caller', 'SQL SECURITY INVOKER'))
      await server.sql(url, 'CREATE FUNCTION nap() RETURNS int READS SQL DATA RETURN SLEEP(1)')
      await server.sql(
        url,
        `CREATE USER ${user}@'%' IDENTIFIED BY 'x'; GRANT EXECUTE ON ${database}.* TO ${user}@'%'`,
      )
    })
    afterAll(async () => {
      await server?.sql(url, `DROP USER ${user}@'%'`)
      await server?.stop()
    })

    const found = async () => {
      const c = await connect(asUser(url, user, 'x'))
      try {
        return await unseen(c, limits())
      } finally {
        await c.close()
      }
    }

    it('are none where procedures run as their callers, and functions in a SELECT', async () => {
      expect(await found()).toEqual([])
    })

    it('are named, with what would help', async () => {
      await server.sql(url, procedure('b_as_owner') + procedure('c_as_owner'))
      expect(await found()).toEqual([
        {
          what: 'calls',
          remedy: `GRANT CONNECTION_ADMIN ON *.* TO '${user}'@'%', or make ${database}.b_as_owner and 1 more SQL SECURITY INVOKER`,
        },
      ])
    })

    it('are none any more with the privilege', async () => {
      const privilege = name === 'MariaDB' ? 'CONNECTION ADMIN' : 'CONNECTION_ADMIN'
      await server.sql(url, `GRANT ${privilege} ON *.* TO ${user}@'%'`)
      expect(await found()).toEqual([])
    })
  })
}
