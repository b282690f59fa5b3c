/** Kind of engine → its code, loaded only when it is the one configured. */
import { type Clock, systemClock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import type { Engine } from '#engine/engine.ts'
import { engineOf } from '#engine/options.ts'

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
  const engine = engineOf(config.database)
  switch (engine) {
    case 'postgres': {
      const { createPostgres } = await import('#engine/postgres/index.ts')
      return createPostgres(config.database, { ...d, statementTimeout })
    }
    case 'mysql': {
      const { createMysql } = await import('#engine/mysql/index.ts')
      return createMysql(config.database, { ...d, statementTimeout })
    }
    case 'sqlserver': {
      const { createSqlServer } = await import('#engine/sqlserver/index.ts')
      return createSqlServer(config.database, { ...d, statementTimeout })
    }
    default:
      return engine satisfies never
  }
}
