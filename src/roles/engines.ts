/** Kind of engine → its code, loaded only when it is the one configured. */
import { type Clock, systemClock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import type { Engine } from '#engine/engine.ts'

export interface EngineDependencies {
  readonly clock: Clock
  readonly observe: Observe
}

/** @throws GatewayError when the options do not say where the database is */
export async function loadEngine(
  config: Config,
  d: EngineDependencies = { clock: systemClock, observe: () => {} },
): Promise<Engine> {
  const statementTimeout = config.deadlines.default + 250
  switch (config.database.engine) {
    case 'postgres': {
      const { createPostgres } = await import('#engine/postgres/index.ts')
      return createPostgres(config.database, { ...d, statementTimeout })
    }
    default:
      return config.database.engine satisfies never
  }
}
