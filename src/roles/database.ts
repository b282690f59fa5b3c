/** The database for commands that end: the same choice among several hosts as the gateway makes, without pools and watches. */
import { systemClock as clock } from '#base/clock.ts'
import type { Config } from '#config/schema.ts'
import type { Engine } from '#engine/engine.ts'
import type { ServerStats } from '#gateway/monitor.ts'
import { replicasOf } from '#engine/hosts.ts'
import { createServers } from './lanes.ts'

export interface Database {
  /** Connects to the primary where there are several hosts, else to the one there is, whatever its role. */
  readonly engine: Engine
  /** Looks at every server once; empty where there is only one. */
  servers(): Promise<readonly ServerStats[]>
  close(): Promise<void>
}

/** @throws GatewayError when the options ask for what the kind of database cannot do */
export async function openDatabase(config: Config): Promise<Database> {
  const { engine, monitor } = await createServers(config, { clock, observe: () => {} }, () => {})
  return {
    engine,
    servers: async () => {
      if (monitor === undefined) return []
      const replicas = replicasOf(config.database).map(({ name }) => monitor.refresh(name))
      await Promise.allSettled([monitor.lookAround(), ...replicas])
      return monitor.stats()
    },
    close: async () => monitor?.stop(),
  }
}
