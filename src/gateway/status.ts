/** The gateway as one document for operators: what `GET /status` answers. Pure; no secrets can come in. */
import type { Catalog, Routine, Table } from '#catalog/model.ts'
import type { BreakerStats } from '#breaker/breaker.ts'
import type { BudgetStats } from '#pool/follower.ts'
import type { PoolStats } from '#pool/types.ts'
import type { Check, Health } from './health.ts'
import type { ServerStats } from './monitor.ts'

/** Served as JSON by the admin listener; times are RFC 3339, durations seconds. */
export interface Status {
  readonly name: 'postern'
  readonly version: string
  readonly revision: string
  readonly node: string
  readonly phase: string
  readonly uptimeSeconds: number
  readonly database: { readonly engine: string; readonly address: string; readonly session: string }
  readonly started: boolean
  readonly ready: {
    readonly ok: boolean
    readonly checks: readonly (Omit<Check, 'since'> & { readonly since: string })[]
  }
  readonly pools: readonly PoolStats[]
  /** null where the share is a number of the configuration. */
  readonly budget: BudgetStats | null
  readonly breakers: readonly BreakerStats[]
  /** Requests refused unserved since the start, by reason; reasons that never came are left out. */
  readonly shed: Readonly<Record<string, number>>
  /** null where none is configured. */
  readonly redis: { readonly address: string; readonly state: string; readonly forMs: number } | null
  /** Answers kept for repetitions: where, how many of them in memory, and what Redis has not been told yet. */
  readonly idempotency: {
    readonly store: string
    readonly entries: number
    readonly bytes: number
    readonly pending: number
  }
  /** Empty where the database is one server. */
  readonly servers: readonly ServerStats[]
  /** What became of the last change of the files; null where the configuration is not followed. */
  readonly config: {
    readonly result: string
    readonly at: string
    readonly restart: readonly string[]
    readonly faults: readonly string[]
  } | null
  /** null before the first reading. */
  readonly catalog: {
    readonly server: string
    readonly fingerprint: string
    readonly loadedAt: string
    /** `disk`: from the snapshot, not seen in the database since the start. */
    readonly from: 'database' | 'disk'
    readonly tables: number
    readonly routines: number
    readonly unmappable: readonly {
      readonly column: string
      readonly type: string
      readonly action: string
    }[]
  } | null
}

/** Puts together what the parts know at this moment. `address` is host, port and database without credentials. */
export function describeStatus(o: {
  build: { readonly version: string; readonly revision: string }
  phase: string
  uptimeMs: number
  database: Status['database']
  health: Pick<Health, 'started' | 'ready'>
  pools: readonly PoolStats[]
  budget: BudgetStats | undefined
  breakers: readonly BreakerStats[]
  shed: Status['shed']
  redis: NonNullable<Status['redis']> | undefined
  idempotency: Status['idempotency']
  servers: readonly ServerStats[]
  config:
    | {
        readonly result: string
        readonly at: number
        readonly restart: readonly string[]
        readonly faults: readonly string[]
      }
    | undefined
  catalog:
    | { readonly content: Catalog; readonly loadedAt: number; readonly from: 'database' | 'disk' }
    | undefined
}): Status {
  const ready = o.health.ready()
  return {
    name: 'postern',
    ...o.build,
    node: process.version,
    phase: o.phase,
    uptimeSeconds: Math.floor(o.uptimeMs / 1000),
    database: o.database,
    started: o.health.started().ok,
    ready: {
      ok: ready.ok,
      checks: ready.checks.map((c) => ({ ...c, since: new Date(c.since).toISOString() })),
    },
    pools: o.pools,
    budget: o.budget ?? null,
    breakers: o.breakers,
    shed: o.shed,
    redis: o.redis ?? null,
    idempotency: o.idempotency,
    servers: o.servers,
    config: o.config ? { ...o.config, at: new Date(o.config.at).toISOString() } : null,
    catalog: o.catalog
      ? {
          server: o.catalog.content.server,
          fingerprint: o.catalog.content.fingerprint,
          loadedAt: new Date(o.catalog.loadedAt).toISOString(),
          from: o.catalog.from,
          tables: o.catalog.content.tables.length,
          routines: o.catalog.content.routines.length,
          unmappable: o.catalog.content.unmappable.map(({ table, column, native, action }) => ({
            column: `${table.schema}.${table.name}.${column}`,
            type: native,
            action,
          })),
        }
      : null,
  }
}

/** What `POST /reload` answers: names of tables, views and routines as `schema.name`. */
export interface ReloadReport extends SchemaReport {
  /** What became of the files of the configuration. */
  readonly configuration: 'unchanged' | 'applied' | 'rejected' | 'postponed'
  /** What is wrong with them, one line a fault. */
  readonly faults: readonly string[]
}

/** The part of the schema. */
interface SchemaReport {
  readonly changed: boolean
  readonly fingerprint: string
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly altered: readonly string[]
}

/** Compares two readings of the schema; `before` is undefined at the first. Pure. */
export function describeReload(before: Catalog | undefined, after: Catalog): SchemaReport {
  // Routines of one name differ by their parameters; together they are one entry.
  const byName = (catalog: Catalog | undefined) => {
    const content = new Map<string, (Table | Routine)[]>()
    for (const item of catalog ? [...catalog.tables, ...catalog.routines] : []) {
      const name = `${item.schema}.${item.name}`
      const same = content.get(name)
      if (same) same.push(item)
      else content.set(name, [item])
    }
    return new Map([...content].map(([name, items]) => [name, JSON.stringify(items)]))
  }
  const old = byName(before)
  const now = byName(after)
  return {
    changed: before?.fingerprint !== after.fingerprint,
    fingerprint: after.fingerprint,
    added: [...now.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !now.has(name)),
    altered: [...now].filter(([name, text]) => old.has(name) && old.get(name) !== text).map(([name]) => name),
  }
}
