/** Gauges that are read at each scrape from what the parts know: circuits, servers, the budget, Redis and its records. */
import type { BreakerWord } from '#base/observation.ts'
import type { Registry } from './series.ts'

/** What the gauges of a circuit breaker need to know. */
export interface BreakerNumbers {
  readonly target: string
  readonly state: BreakerWord
}

/** What the gauges of a server need to know. */
export interface EndpointNumbers {
  readonly name: string
  readonly role: 'primary' | 'replica' | 'unknown'
  readonly kind: 'host' | 'replica'
  readonly lagMs: number | undefined
  readonly serves: boolean
}

/** What the gauges of the connection budget need to know. */
export interface BudgetNumbers {
  readonly connections: number
  readonly instances: number
}

export interface GaugeOptions {
  /** Read at each scrape. */
  readonly breakers: () => readonly BreakerNumbers[]
  /** Read at each scrape; none where nobody watches the servers. */
  readonly endpoints: () => readonly EndpointNumbers[]
  /** Read at each scrape; undefined where the share is a number of the configuration. */
  readonly budget: () => BudgetNumbers | undefined
  /** Read at each scrape; undefined where no Redis is configured. */
  readonly redis: () => { readonly state: 'connecting' | 'up' | 'down' } | undefined
  /** Read at each scrape. */
  readonly records: () => { readonly entries: number; readonly bytes: number; readonly pending: number }
}

const roles = ['primary', 'replica', 'unknown'] as const satisfies readonly EndpointNumbers['role'][]
const breakerStates = ['closed', 'open', 'ramp'] as const satisfies readonly BreakerWord[]

/** Adds them to the registry. */
export function registerGauges(registry: Registry, o: GaugeOptions): void {
  const gauge = (name: string, help: string, read: () => number) =>
    registry.gauge({ name, help, labels: [], read: () => [[read()]] })
  registry.gauge({
    name: 'postern_breaker_state',
    help: 'Of each circuit breaker one series per state, 1 for the one it is in.',
    labels: ['target', 'state'],
    read: () =>
      o.breakers().flatMap((b) => breakerStates.map((s) => [b.state === s ? 1 : 0, b.target, s] as const)),
  })
  registry.gauge({
    name: 'postern_endpoint_role',
    help: 'Of each server of the database one series per role, 1 for the one it says it has.',
    labels: ['endpoint', 'role'],
    read: () => o.endpoints().flatMap((e) => roles.map((r) => [e.role === r ? 1 : 0, e.name, r] as const)),
  })
  const replicas = () => o.endpoints().filter((e) => e.kind === 'replica')
  registry.gauge({
    name: 'postern_replica_serving',
    help: '1 while the replica serves reads.',
    labels: ['endpoint'],
    read: () => replicas().map((e) => [e.serves ? 1 : 0, e.name] as const),
  })
  registry.gauge({
    name: 'postern_replica_lag_seconds',
    help: 'How far the replica is behind the primary, as far as it is known.',
    labels: ['endpoint'],
    read: () => replicas().flatMap((e) => (e.lagMs === undefined ? [] : [[e.lagMs / 1000, e.name] as const])),
  })
  const budgetGauge = (name: string, help: string, read: (b: BudgetNumbers) => number) =>
    registry.gauge({
      name,
      help,
      labels: [],
      read: () => {
        const budget = o.budget()
        return budget === undefined ? [] : [[read(budget)]]
      },
    })
  budgetGauge('postern_budget_instances', 'Gateways that share the connections.', (b) => b.instances)
  budgetGauge('postern_budget_connections', 'Connections the server allows.', (b) => b.connections)
  registry.gauge({
    name: 'postern_redis_up',
    help: '1 while Redis answers.',
    labels: [],
    read: () => {
      const redis = o.redis()
      return redis === undefined ? [] : [[redis.state === 'up' ? 1 : 0]]
    },
  })
  gauge('postern_idempotency_entries', 'Answers kept in memory for repetitions.', () => o.records().entries)
  gauge('postern_idempotency_bytes', 'Memory of their bodies together.', () => o.records().bytes)
  gauge(
    'postern_idempotency_pending',
    'Outcomes that Redis has not been told yet.',
    () => o.records().pending,
  )
}
