/** A gateway before a PostgreSQL of its own, for tests that need nothing but a schema. */
import { startGateway } from '../../support/gateway.ts'
import { postgresVersions, startPostgres } from '../../support/postgres.ts'

export type Served = Awaited<ReturnType<typeof startServed>>

/** @param schema SQL that makes it */
export async function startServed(schema: string, version = postgresVersions[0]) {
  const server = await startPostgres({ version })
  const url = await server.createDatabase()
  await server.sql(url, schema)
  const gateway = await startGateway({ url })
  return {
    ...gateway,
    sql: (text: string) => server.sql(url, text),
    stop: async () => {
      await gateway.stop()
      await server.stop()
    },
  }
}
