/** MariaDB: the scenarios, beside a handler written by hand on mysql2. */
import { mariadbMissing, startMariadb } from '../test/support/mariadb.ts'
import { compare, say, sayMemory, scenarios, startPostern, startYardstick } from './compare.ts'
import { schema } from './mariadb-queries.ts'
import { stop } from './processes.ts'

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

  const { running: postern, idle } = await startPostern(url)
  const others = [await startYardstick('Hono + mysql2', 'mariadb-hono', url)]
  await compare({
    database: { name: 'MariaDB', pid: server.pid },
    postern,
    others,
    scenarios: scenarios({
      key: '>= 1.0',
      fifty: '>= 1.3',
      thousand: '>= 1.3',
      insert: '>= 0.9',
      deep: '>= 1.0',
      tail: '<= 1.0',
    }),
  })
  sayMemory(idle, postern, others)
  for (const target of [postern, ...others]) await stop(target)
  await server.stop()
}
