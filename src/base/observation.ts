/** Everything that happens and somebody may want to see, as one union; only src/telemetry decides what becomes a log line, a metric or a span. */
import type { ErrorCode } from './errors.ts'

/** Why a connection left a pool. */
export type EvictionReason =
  | 'lifetime'
  | 'idle'
  | 'broken'
  | 'readonly'
  | 'leak'
  | 'generation'
  | 'resize'
  | 'validation'
  | 'drain'

/** The states of a circuit breaker. */
export type BreakerWord = 'closed' | 'open' | 'ramp'

/** Why a replica serves reads, or does not. */
export type ReplicaWord = 'well' | 'unreachable' | 'lag' | 'primary'

/** One thing that happened. Durations are milliseconds. Label-like fields are bounded sets, never user input. */
export type Observation =
  | {
      kind: 'request'
      method: string
      /** Route template such as `/api/{version}/{resource}/{key}`, never the raw path. */
      route: string
      version?: string | undefined
      resource?: string | undefined
      status: number
      code?: ErrorCode | undefined
      ms: number
      poolMs: number
      dbMs: number
      bytes: number
      requestId: string
      /** Of the trace that the request is a part of, where requests are traced. */
      traceId?: string
      /** The fault behind a 5xx, for the log only. */
      cause?: unknown
    }
  | {
      kind: 'statement'
      pool: string
      operation: 'select' | 'insert' | 'update' | 'delete' | 'call' | 'transaction'
      resource: string
      ms: number
      /** How long its connection was waited for, before. */
      waitMs: number
      error?: string
      /** SQL text with its placeholders, never values; for the log at level debug only. */
      text?: string
    }
  | { kind: 'pool.wait'; pool: string; ms: number }
  | { kind: 'pool.timeout'; pool: string; ms: number }
  | { kind: 'pool.create'; pool: string; ms: number; error?: unknown }
  | { kind: 'pool.use'; pool: string; ms: number }
  | { kind: 'pool.evict'; pool: string; reason: EvictionReason }
  | { kind: 'pool.leak'; pool: string; heldMs: number }
  | {
      kind: 'shed'
      reason:
        | 'queue_full'
        | 'pool_timeout'
        | 'overload'
        | 'event_loop'
        | 'breaker_open'
        | 'draining'
        | 'starting'
    }
  | {
      kind: 'budget'
      pool: string
      /** Size of the pool before and now. */
      from: number
      to: number
      instances: number
      connections: number
      /** The server could not be asked: the pool may keep what it has open. */
      blind: boolean
    }
  | {
      kind: 'idempotency'
      /** `unknown`: another gateway was lost while it ran the first; `unavailable`: the shared store did not answer. */
      result: 'first' | 'repeated' | 'running' | 'reused' | 'unknown' | 'unavailable'
    }
  /** The shared records are not those of before: a Redis that was restarted empty, or flushed. */
  | { kind: 'idempotency.lost' }
  /** An outcome came for a record that meanwhile is another gateway's: both have run the request. */
  | { kind: 'idempotency.overtaken' }
  /** Redis is reached, or no more; `forMs`: how long it was otherwise. */
  | { kind: 'redis'; state: 'up' | 'down'; address: string; forMs: number; error?: unknown }
  | {
      kind: 'redis.command'
      /** Name of the script. */
      command: string
      /** `away`: refused here, as Redis is not reached. */
      outcome: 'ok' | 'error' | 'timeout' | 'away'
      ms: number
    }
  | {
      kind: 'breaker'
      /** `primary/read`: endpoint and direction. */
      target: string
      from: BreakerWord
      to: BreakerWord
      /** Why, with the counts that made it. */
      detail: Readonly<Record<string, unknown>>
    }
  | {
      kind: 'cancel'
      pool: string
      why: 'deadline' | 'client' | 'patience' | 'drain'
      outcome: 'sent' | 'failed'
    }
  /** Spans left for the collector, or were lost as it did not take them. */
  | {
      kind: 'traces'
      result: 'exported' | 'failed'
      /** The export before went otherwise. */
      changed: boolean
      spans: number
      error?: unknown
    }
  | { kind: 'stream.cut'; reason: 'slow' | 'deadline' | 'client' | 'database' | 'drain' }
  | { kind: 'catalog.loaded'; tables: number; routines: number; ms: number; changed: boolean }
  | { kind: 'catalog.failed'; error: unknown }
  | {
      kind: 'snapshot'
      /** `refused`: a file that is not believed, or cannot be read; `failed`: it could not be written. */
      action: 'written' | 'restored' | 'refused' | 'failed'
      /** Of `restored`: when it was read from the database, wall clock ms. */
      readAt?: number
      tables?: number
      error?: unknown
    }
  | { kind: 'catalog.unmappable'; table: string; column: string; native: string; action: 'omit' | 'text' }
  | {
      kind: 'config'
      /** `postponed`: the database refuses the new place or credentials, and the old ones still work. */
      result: 'applied' | 'rejected' | 'postponed'
      /** Keys that are in effect now, or would be. */
      changed: readonly string[]
      /** Keys that take effect at the next start. */
      restart: readonly string[]
      /** What is wrong, one line a fault. */
      faults?: readonly string[]
      error?: unknown
    }
  | { kind: 'database.up'; ms: number }
  | { kind: 'database.down'; error: unknown }
  /** A replica begins or ceases to serve reads. */
  | { kind: 'replica'; endpoint: string; serves: boolean; why: ReplicaWord; lagMs: number | undefined }
  /** Another server is written to, or none because it is unclear which (then `to` is undefined). */
  | {
      kind: 'writer'
      from: string | undefined
      to: string | undefined
      why: 'found' | 'lost' | 'several' | 'superseded'
      /** Servers that say they are the primary. */
      primaries: readonly string[]
    }
  /** The database user may not see or do what the gateway would make use of. */
  | { kind: 'unseen'; endpoint: string; what: 'peers' | 'limit' | 'lag' | 'calls'; remedy: string }
  | { kind: 'ryw'; outcome: 'replica' | 'waited' | 'primary' }
  | {
      kind: 'lifecycle'
      phase: 'starting' | 'listening' | 'ready' | 'draining' | 'stopped'
      detail?: Readonly<Record<string, unknown>>
    }
  | { kind: 'fault'; where: string; error: unknown }

/** Takes one observation; must not throw and must be cheap. */
export type Observe = (observation: Observation) => void
