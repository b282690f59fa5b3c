/** A gateway before a PostgreSQL of its own, for tests that need nothing but a schema. */
import { postgresVersions, startPostgres } from '../../support/postgres.ts'
import { serve } from '../../support/served.ts'

export type { Served } from '../../support/served.ts'

/** @param schema SQL that makes it */
export const startServed = async (schema: string, version = postgresVersions[0]) =>
  serve(await startPostgres({ version }), schema)
