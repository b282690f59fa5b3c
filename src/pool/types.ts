/** What the pool lends and what it promises; it knows no SQL. */
import type { EvictionReason, Observe } from '#base/observation.ts'
import type { Clock } from '#base/clock.ts'
import type { Signal } from '#base/signal.ts'

/** What a pool needs of the thing it lends. */
export interface Poolable {
  isUsable(): boolean
  close(): Promise<void>
}

/** One connection lent to several borrowers. */
export interface Shared<C> {
  /** One for each of them; closing it gives the seat back. */
  readonly seats: readonly C[]
  /** Resolves when the connection is free again, which needs every seat to be used or closed; never rejects. */
  readonly over: Promise<void>
}

/** Who may share with whom: only callers of one kind. */
export type Sharing = 'reads' | 'inserts'

export interface PoolStats {
  readonly name: string
  readonly max: number
  readonly min: number
  readonly inUse: number
  readonly idle: number
  readonly connecting: number
  readonly waiting: number
  readonly queueLimit: number
  readonly generation: number
  readonly draining: boolean
}

export interface PoolSettings {
  readonly name: string
  readonly min: number
  readonly max: number
  /** Milliseconds for waiting, connecting and validating together. */
  readonly acquireTimeout: number
  /** Waiters beyond this many are refused at once. */
  readonly queue: number
  /** Milliseconds a connection lives at most; each gets up to 25 % less. */
  readonly maxLifetime: number
  /** Milliseconds an unused connection above `min` is kept. */
  readonly idleTimeout: number
  /** A connection unused for longer than this many milliseconds, or since another one broke, is validated before it is lent. */
  readonly validateAfter: number
  /** Milliseconds a validation may take. */
  readonly validateTimeout: number
  /** Connects under way at the same time. */
  readonly maxConnecting: number
  /** Once the line has not been empty for `lasting` ms, callers who have waited longer than `wait` ms are refused. */
  readonly overload: { readonly wait: number; readonly lasting: number }
  /** Milliseconds beyond the borrower's deadline after which a connection counts as leaked: it is destroyed and counted. */
  readonly leakGrace: number
}

/** What goes in: how to connect, and how to look at a connection that lay unused. */
export interface PoolDependencies<C extends Poolable> {
  readonly clock: Clock
  readonly observe: Observe
  readonly random: () => number
  connect(o: { deadline: number; signal: AbortSignal }): Promise<C>
  /** Resolves to why the connection must not be lent any more, if there is a reason; rejects when it does not answer. */
  validate(
    connection: C,
    o: { deadline: number; signal: AbortSignal },
  ): Promise<Extract<EvictionReason, 'readonly'> | undefined>
  /** Seats for so many borrowers of a kind, where they can share a connection. */
  readonly share?:
    | Readonly<Partial<Record<Sharing, (connection: C, borrowers: number) => Shared<C>>>>
    | undefined
}

/** No acquire/release pair, so nothing can leak. */
export interface Pool<C extends Poolable> {
  /**
   * Lends one connection to `body` until it settles, alone or, with `shares`, perhaps together with others of its kind:
   * it is then what `PoolDependencies.share` makes of it, and is lent at the end of the turn, when all have come who can share.
   * @param deadline monotonic ms; bounds waiting, connecting and validating together with acquireTimeout
   * @throws GatewayError pool_timeout, queue_full, draining, database_unavailable — each with the numbers that made it;
   * client_closed (or the GatewayError it was aborted with) when `signal` aborts first; deadline_exceeded when
   * `deadline` has already passed. While `body` runs, both are its own affair.
   */
  use<T>(signal: Signal, deadline: number, body: (connection: C) => Promise<T>, shares?: Sharing): Promise<T>
  stats(): PoolStats
  /** Takes effect at once: surplus idle connections close now, surplus busy ones on return. */
  resize(max: number): void
  /** Other settings from now on, the size among them; the name stays. What waits already waits as it began to. */
  adjust(to: PoolSettings): void
  /** Every connection that exists now is closed: idle ones at once, busy ones on return. */
  renew(): void
  /** The database is known to answer again: connects now, whatever failed or hangs. */
  retry(): void
  /**
   * No new callers (`draining`); those already in line are still served. Resolves when all connections are
   * returned or `signal` aborts; then everything is closed.
   */
  drain(signal: AbortSignal): Promise<void>
}
