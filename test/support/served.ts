/** A gateway before a database of its own, for tests that need nothing but a schema. */
import { startGateway } from './gateway.ts'

/** A database server of any kind. */
interface Server {
  createDatabase(): Promise<string>
  sql(url: string, text: string): Promise<Record<string, unknown>[]>
  stop(): Promise<unknown>
}

export type Served = Awaited<ReturnType<typeof serve>>

/**
 * @param server ends with the gateway
 * @param schema SQL that makes it
 */
export async function serve(server: Server, schema: string) {
  const url = await server.createDatabase()
  const gateway = await server
    .sql(url, schema)
    .then(() => startGateway({ url }))
    .catch(async (error: unknown) => {
      // Nobody has it to stop it.
      await server.stop()
      throw error
    })
  return {
    ...gateway,
    sql: (text: string) => server.sql(url, text),
    stop: async () => {
      await gateway.stop()
      await server.stop()
    },
  }
}
