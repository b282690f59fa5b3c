/** A primary and its replicas, for tests of replicas and failovers: the same of every engine. */
import { mariadbMissing } from './mariadb.ts'
import { startMariadbCluster } from './mariadb-cluster.ts'
import { postgresMissing, type TestPostgres } from './postgres.ts'
import { startPostgresCluster } from './postgres-cluster.ts'

/** One server of a cluster. */
export interface Node {
  readonly port: number
  kill(signal: 'SIGKILL'): Promise<unknown>
  /** Starts again on the same port and data. */
  restart(): Promise<unknown>
  /** Freezes it: connections stay open and nothing answers. */
  pause(): Promise<void> | void
  /** Undoes `pause`. */
  resume(): Promise<void> | void
}

export interface Cluster<N extends Node = TestPostgres> {
  readonly primary: N
  readonly standbys: readonly N[]
  /** Where a gateway reaches them, as one database. */
  url(...servers: readonly N[]): string
  /** Runs statements in that database, as a superuser. */
  query(server: N, text: string): Promise<Record<string, unknown>[]>
  /** The standby goes on receiving, and applies nothing. */
  hold(standby: N): Promise<void>
  /** Undoes `hold`. */
  release(standby: N): Promise<void>
  /** Makes a standby a primary. Whoever was it is not asked. */
  promote(standby: N): Promise<void>
  /** Makes a primary read-only while its sessions stay; left out where that takes a restart. */
  demote?(server: N): Promise<void>
  /** Ends a server in an orderly way; `restart` begins it again. */
  shutDown(server: N): Promise<void>
  /** Makes `standby` follow `primary`. Where that takes a copy of its data, both are restarted. */
  follow(standby: N, primary: N): Promise<void>
  /** Sessions of gateways in that server. */
  sessions(server: N): Promise<number>
  /** Ends these sessions, as an administrator does. */
  endSessions(server: N): Promise<void>
  /** Resolves when the standby has applied what the primary has written by now. */
  caughtUp(standby: N, primary?: N): Promise<void>
  stop(): Promise<void>
}

/** Of an engine that does not matter. */
export type AnyCluster = Cluster<Node>

export interface ClusterOptions {
  readonly standbys: number
  /** Statements run on the primary, which its standbys get. */
  readonly setUp: string
  readonly settings?: Readonly<Record<string, string | number>>
}

/** A cluster of PostgreSQL. @public */
export const startCluster: (o: ClusterOptions) => Promise<Cluster> = startPostgresCluster

/** Each kind of cluster: why this machine has none, if so, and how one is started. */
export const clusters: readonly {
  readonly kind: 'postgres' | 'mariadb'
  readonly missing: string | undefined
  readonly start: (o: ClusterOptions) => Promise<AnyCluster>
}[] = [
  { kind: 'postgres', missing: postgresMissing(18), start: startPostgresCluster },
  { kind: 'mariadb', missing: mariadbMissing(), start: startMariadbCluster },
]
