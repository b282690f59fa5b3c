/** The PostgreSQL engine: its parts put together. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Capabilities, Connection, Engine } from '#engine/engine.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import { nameSessions } from '#engine/session-name.ts'
import { announcer } from './announcer.ts'
import { fingerprint, readCatalog } from './catalog.ts'
import { census } from './census.ts'
import { createSchemaWatch } from './changes.ts'
import { compile, readEstimate } from './dialect.ts'
import { connectPostgres, type PostgresConnection } from './driver.ts'
import { classify } from './faults.ts'
import { createReplication } from './replication.ts'
import { readTarget } from './target.ts'

const capabilities: Capabilities = {
  // The count in a Bind message is an unsigned 16-bit integer.
  maxParameters: 65_535,
  listParameters: true,
  returning: true,
  arrays: true,
  fullText: true,
  estimatedCount: true,
}

export interface PostgresDependencies {
  readonly clock: Clock
  readonly observe: Observe
  /** Milliseconds; the deadline most requests have, so that sessions start with it. */
  readonly statementTimeout: number
  /** Name of the pool that its sessions belong to; default primary. */
  readonly pool?: string
}

const shareFor = (sharing: 'reads' | 'inserts') => (connection: Connection, borrowers: number) =>
  (connection as PostgresConnection).share(borrowers, sharing)

export function createPostgres(options: DatabaseOptions, d: PostgresDependencies): Engine {
  let now = { options, target: readTarget(options) }
  /** The session that listens for changes of the schema. */
  let listening: Connection | undefined
  const replication = createReplication()
  const sessionName = nameSessions(options.applicationName)
  const base = {
    clock: d.clock,
    observe: d.observe,
    pool: d.pool ?? 'primary',
    sessionName,
    statementTimeout: d.statementTimeout,
  }
  return {
    kind: 'postgres',
    system: 'postgresql',
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
    announcer,
    replication,
    census,
    spare: () => (listening?.isUsable() ? listening : undefined),
    connect: (o) => connectPostgres(now.target, now.options, base, o),
    redirect: (to) => {
      const before = now
      now = { options: to, target: readTarget(to) }
      if (now.target.address === before.target.address) return
      replication.forget()
      // The watch begins another one, and that where `now` leads.
      void listening?.close()
      listening = undefined
    },
    // Every connection the pool holds was made by `connect` above.
    share: options.pipelining ? { reads: shareFor('reads'), inserts: shareFor('inserts') } : {},
    watchSchema: ({ pollMs }) =>
      createSchemaWatch({
        clock: d.clock,
        pollMs,
        listen: async (channel, onNotify, onLost) => {
          const never = new AbortController().signal
          const until = () => ({ deadline: d.clock.now() + now.options.connectTimeout, signal: never })
          const { target, options: used } = now
          const connection = await connectPostgres(
            target,
            used,
            { ...base, onNotify: () => onNotify(), onClosed: onLost },
            until(),
          )
          try {
            await connection.query(`LISTEN "${channel.replaceAll('"', '""')}"`, [], until())
            if (now.target.address !== target.address) throw new Error('the database has moved')
          } catch (error) {
            await connection.close()
            throw error
          }
          listening = connection
          return () => {
            if (listening === connection) listening = undefined
            return connection.close()
          }
        },
      }),
  }
}
