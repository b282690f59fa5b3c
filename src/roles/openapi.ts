/** `postern openapi`: prints the OpenAPI 3.1 document of the database as the gateway would serve it. */
import { systemClock as clock } from '#base/clock.ts'
import type { Catalog } from '#catalog/model.ts'
import { loadConfig } from '#config/load.ts'
import { resolveContract } from '#contract/resolve.ts'
import type { Connection } from '#engine/engine.ts'
import { authenticate } from '#http/authenticate.ts'
import { describeApi } from './describe-api.ts'
import { databaseTrouble } from './database-trouble.ts'
import { openDatabase } from './database.ts'
import { reportFaults } from './faults.ts'
import { exitCodes, type RoleIo } from './role.ts'

/** Exit code 0; 1 when the database cannot be read; 64 for a wrong configuration. */
export async function run(io: RoleIo): Promise<number> {
  const loaded = loadConfig(io)
  if ('faults' in loaded) return reportFaults(io, loaded.faults)
  const { config } = loaded
  const database = await openDatabase(config)
  const { engine } = database
  const limits = { deadline: clock.now() + config.schema.loadTimeout, signal: new AbortController().signal }
  let connection: Connection | undefined
  let catalog: Catalog
  try {
    connection = await engine.connect(limits)
    catalog = await engine.readCatalog(connection, {
      ...limits,
      schemas: config.api.schemas,
      unmappable: config.schema.unmappable,
    })
  } catch (error) {
    io.stderr(`postern: ${engine.address}: ${databaseTrouble(engine, error)}\n`)
    return exitCodes.failed
  } finally {
    await connection?.close()
    await database.close()
  }
  const document = describeApi(resolveContract(catalog, config.api), authenticate(), config.api)
  io.stdout(`${JSON.stringify(document, undefined, 2)}\n`)
  return exitCodes.ok
}
