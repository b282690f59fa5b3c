/** Kind of engine → its code, loaded only when it is the one configured. */
import { type Clock, systemClock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import type { Engine } from '#engine/engine.ts'
import { hostsOf } from '#engine/hosts.ts'
import { type DatabaseOptions, engineOf } from '#engine/options.ts'

export interface EngineDependencies {
  readonly clock: Clock
  readonly observe: Observe
  /** Name of the pool that its sessions belong to; default primary. */
  readonly pool?: string
  /** Its sessions only read. Engines that have a word for it tell the server. */
  readonly readOnly?: boolean
}

/** @param database one server's options; default: the first host of the configuration */
export async function loadEngine(
  config: Config,
  d: EngineDependencies = { clock: systemClock, observe: () => {} },
  database: DatabaseOptions = hostsOf(config.database)[0],
): Promise<Engine> {
  const statementTimeout = config.deadlines.default + 250
  const engine = engineOf(database)
  switch (engine) {
    case 'postgres': {
      const { createPostgres } = await import('#engine/postgres/index.ts')
      return createPostgres(database, { ...d, statementTimeout })
    }
    case 'mysql': {
      const { createMysql } = await import('#engine/mysql/index.ts')
      const counted = config.pools.budget?.instances === 'auto'
      return createMysql(database, { ...d, statementTimeout, counted })
    }
    case 'sqlserver': {
      const { createSqlServer } = await import('#engine/sqlserver/index.ts')
      return createSqlServer(database, { ...d, statementTimeout })
    }
    default:
      return engine satisfies never
  }
}
