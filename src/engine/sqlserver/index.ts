/** The SQL Server engine: its six parts put together. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Capabilities, Engine } from '#engine/engine.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import { nameSessions } from '#engine/session-name.ts'
import { fingerprint, readCatalog } from './catalog.ts'
import { census } from './census.ts'
import { createSchemaWatch } from './changes.ts'
import { compile, readEstimate } from './dialect.ts'
import { connectSqlServer } from './driver.ts'
import { classify } from './faults.ts'
import { createReplication } from './replication.ts'
import { unseen } from './server-state.ts'
import { readTarget } from './target.ts'

const capabilities: Capabilities = {
  // An RPC has at most 2,100; sp_executesql takes two of them for the statement and the declaration of the others.
  maxParameters: 2098,
  listParameters: true,
  returning: true,
  arrays: false,
  fullText: true,
  estimatedCount: true,
}

export interface SqlServerDependencies {
  readonly clock: Clock
  readonly observe: Observe
  /** Milliseconds; the deadline most requests have, so that sessions start with it. */
  readonly statementTimeout: number
  /** Name of the pool that its sessions belong to; default primary. */
  readonly pool?: string
  /** Its sessions say that they only read, so that a secondary lets them in. */
  readonly readOnly?: boolean
}

export function createSqlServer(options: DatabaseOptions, d: SqlServerDependencies): Engine {
  const { clock, observe, statementTimeout, pool = 'primary', readOnly = false } = d
  const sessionName = nameSessions(options.applicationName)
  const named = (given: DatabaseOptions) => ({
    options: { ...given, applicationName: sessionName },
    target: readTarget(given),
  })
  let now = named(options)
  return {
    kind: 'sqlserver',
    system: 'microsoft.sql_server',
    capabilities,
    get address() {
      return now.target.address
    },
    sessionName,
    compile,
    readEstimate,
    classify,
    readCatalog,
    fingerprint,
    replication: createReplication(),
    census,
    unseen,
    connect: (o) =>
      connectSqlServer(now.target, now.options, { clock, observe, pool, statementTimeout, readOnly }, o),
    redirect: (to) => {
      now = named(to)
    },
    watchSchema: ({ pollMs }) => createSchemaWatch({ clock, pollMs }),
  }
}
