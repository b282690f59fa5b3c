/** Logins of MySQL's own kind: the long way, with the server's key or over TLS, and the short one when it knows the password. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectMysql } from '#engine/mysql/driver.ts'
import { readTarget } from '#engine/mysql/target.ts'
import { mysqlMissing, startMysql, type TestMysql } from '../../support/mysql.ts'
import { limits } from './connection.ts'
import { databaseOf } from './servers.ts'
import { describeUnless } from '../../support/unless.ts'

const missing = mysqlMissing()
describeUnless(missing)('caching_sha2_password', () => {
  const password = 'pässwörd/"ß'
  let server: TestMysql
  let url: string
  let user: string
  beforeAll(async () => {
    server = startMysql()
    url = await server.createDatabase()
    user = `u${databaseOf(url).slice(-20)}`
  })
  afterAll(() => server?.stop())

  const open = (mode: string, secret = password) => {
    const options = databaseOptions.parse({ url, user, password: secret, tls: { mode } })
    const dependencies = { clock, observe: () => {}, pool: 'primary', statementTimeout: 2000 }
    return connectMysql(readTarget(options), options, dependencies, limits())
  }

  it.each(['disable', 'prefer', 'require'])(
    'is done with tls.mode %s, by a user with no rights',
    async (mode) => {
      // The server knows no password of a user that is new.
      await server.sql(
        url,
        `CREATE USER ${user}@'%' IDENTIFIED WITH caching_sha2_password BY '${password}';
       GRANT SELECT ON ${databaseOf(url)}.* TO ${user}@'%'`,
      )
      try {
        for (const way of ['long', 'short']) {
          const c = await open(mode)
          const [[who] = []] = await c.query('SELECT USER()', [], limits())
          expect(who, way).toMatch(user)
          const [[, cipher] = []] = await c.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'", [], limits())
          expect(cipher === '', way).toBe(mode === 'disable')
          await c.close()
        }
        await expect(open(mode, 'wrong')).rejects.toMatchObject({ name: 'ServerError', errno: 1045 })
      } finally {
        await server.sql(url, `DROP USER ${user}@'%'`)
      }
    },
  )

  it('takes no certificate that nobody vouches for', async () => {
    await expect(open('verify-full')).rejects.toThrow(/certificate/)
  })
})
