/** `postern openapi`: prints the OpenAPI 3.1 document of the database as the gateway would serve it. */
import { systemClock as clock } from '#base/clock.ts'
import { loadConfig } from '#config/load.ts'
import { resolveContract } from '#contract/resolve.ts'
import { authenticate } from '#http/authenticate.ts'
import { describeApi } from './describe-api.ts'
import { loadEngine } from './engines.ts'
import { reportFaults } from './faults.ts'
import { exitCodes, type RoleIo } from './role.ts'

/** Exit code 0; 1 when the database cannot be read; 64 for a wrong configuration. */
export async function run(io: RoleIo): Promise<number> {
  const loaded = loadConfig(io)
  if ('faults' in loaded) return reportFaults(io, loaded.faults)
  const { config } = loaded
  const engine = await loadEngine(config)
  const limits = { deadline: clock.now() + config.schema.loadTimeout, signal: new AbortController().signal }
  const connection = await engine.connect(limits)
  try {
    const catalog = await engine.readCatalog(connection, {
      ...limits,
      schemas: config.api.schemas,
      unmappable: config.schema.unmappable,
    })
    io.stdout(
      `${JSON.stringify(describeApi(resolveContract(catalog, config.api), authenticate(), config.api), undefined, 2)}\n`,
    )
    return exitCodes.ok
  } finally {
    await connection.close()
  }
}
