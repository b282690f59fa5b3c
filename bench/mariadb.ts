/** MariaDB: the scenarios, beside a handler written by hand on mysql2. */
import { mariadbMissing, startMariadb } from '../test/support/mariadb.ts'
import { compareOn, say } from './compare.ts'
import { schema } from './mariadb-queries.ts'

export async function benchMariadb(): Promise<void> {
  const missing = mariadbMissing()
  if (missing !== undefined) {
    say(`MariaDB: not measured: ${missing}.`)
    return
  }
  const server = await startMariadb({
    settings: { 'innodb-buffer-pool-size': '256M', 'max-connections': 60, 'sync-binlog': 0 },
  })
  const url = await server.createDatabase('bench')
  await server.sql(url, schema)

  await compareOn({
    database: { name: 'MariaDB', pid: server.pid },
    url,
    yardsticks: { 'Hono + mysql2': 'mariadb-hono' },
    goals: {
      key: '>= 1.0',
      fifty: '>= 1.3',
      thousand: '>= 1.3',
      insert: '>= 0.9',
      deep: '>= 1.0',
      tail: '<= 1.0',
      calm: '',
    },
  })
  await server.stop()
}
