/** The engine of MySQL and MariaDB: its six parts put together. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Capabilities, Connection, Engine } from '#engine/engine.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import { nameSessions } from '#engine/session-name.ts'
import { createPollingWatch } from '#engine/polling.ts'
import { fingerprint, readCatalog } from './catalog.ts'
import { createCensus } from './census.ts'
import { compile, readEstimate } from './dialect.ts'
import { connectMysql, type MysqlConnection } from './driver.ts'
import { classify } from './faults.ts'
import { flavourOf, mariadb } from './flavour.ts'
import { createReplication } from './replication.ts'
import { readTarget } from './target.ts'
import { unseen } from './unseen.ts'

const capabilities: Capabilities = {
  // The count of parameters in the answer to COM_STMT_PREPARE is an unsigned 16-bit integer.
  maxParameters: 65_535,
  listParameters: true,
  returning: true,
  arrays: false,
  fullText: true,
  estimatedCount: true,
}

export interface MysqlDependencies {
  readonly clock: Clock
  readonly observe: Observe
  /** Milliseconds; the deadline most requests have, so that sessions start with it. */
  readonly statementTimeout: number
  /** Name of the pool that its sessions belong to; default primary. */
  readonly pool?: string
  /** Gateways are to see each other in the census. */
  readonly counted?: boolean
}

const shareReads = (connection: Connection, borrowers: number) =>
  (connection as MysqlConnection).share(borrowers)

export function createMysql(options: DatabaseOptions, d: MysqlDependencies): Engine {
  const sessionName = nameSessions(options.applicationName)
  const named = (given: DatabaseOptions) => ({
    options: { ...given, applicationName: sessionName },
    target: readTarget(given),
  })
  let now = named(options)
  const { clock, observe, statementTimeout, pool = 'primary', counted = false } = d
  const base = { clock, observe, pool, statementTimeout, takeName: counted }
  // Told by every connection. A statement is compiled after the catalogue was read, hence after the first of them.
  let flavour = mariadb
  return {
    kind: 'mysql',
    get system() {
      return flavour.mariadb ? 'mariadb' : 'mysql'
    },
    capabilities,
    get address() {
      return now.target.address
    },
    sessionName,
    compile: (statement) => compile(statement, flavour),
    readEstimate,
    classify,
    readCatalog,
    fingerprint,
    replication: createReplication(),
    census: createCensus(sessionName, counted),
    unseen: (connection, o) => (flavour.mariadb ? Promise.resolve([]) : unseen(connection, o)),
    connect: async (o) => {
      const connection = await connectMysql(now.target, now.options, base, o)
      flavour = flavourOf(connection.serverVersion)
      return connection
    },
    share: options.pipelining ? { reads: shareReads } : {},
    redirect: (to) => {
      now = named(to)
    },
    // Neither of them announces changes of its schema.
    watchSchema: ({ pollMs }) => createPollingWatch({ clock, pollMs }),
  }
}
