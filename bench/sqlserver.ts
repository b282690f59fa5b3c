/** SQL Server, where POSTERN_TEST_SQLSERVER_URL names one: the scenarios, beside a handler written by hand on tedious. */
import { sqlServerMissing, startSqlServer } from '../test/support/sqlserver.ts'
import { compareOn, say } from './compare.ts'
import { schema } from './sqlserver-queries.ts'

export async function benchSqlServer(): Promise<void> {
  const missing = sqlServerMissing()
  if (missing !== undefined) {
    say(`SQL Server: not measured: ${missing}.`)
    return
  }
  const server = await startSqlServer()
  try {
    const url = await server.createDatabase()
    await server.sql(url, schema)
    await compareOn({
      database: { name: 'SQL Server' },
      url,
      yardsticks: { 'Hono + tedious': 'sqlserver-hono' },
      goals: {
        key: '>= 1.0',
        fifty: '>= 1.0',
        thousand: '>= 1.0',
        insert: '>= 0.9',
        deep: '>= 1.0',
        tail: '<= 1.0',
        calm: '',
      },
    })
  } finally {
    await server.stop()
  }
}
