/** What a pool says when it lends nothing: each with the numbers that made it. Pure. */
import { GatewayError } from '#base/errors.ts'
import type { Signal } from '#base/signal.ts'
import type { Trouble } from './connector.ts'
import type { PoolStats } from './types.ts'

const numbers = (stats: PoolStats) => ({
  pool: stats.name,
  size: stats.max,
  inUse: stats.inUse,
  idle: stats.idle,
  connecting: stats.connecting,
  waiting: stats.waiting,
})

const sentence = (s: PoolStats) =>
  `${s.inUse} of ${s.max} connections in use, ${s.idle} idle, ${s.connecting} connecting, ${s.waiting} waiting`

/** The line is full. `retryAfter` in seconds. */
export const queueFull = (stats: PoolStats, retryAfter: number): GatewayError =>
  new GatewayError(
    'queue_full',
    `The queue of pool ${stats.name} is full (limit ${stats.queueLimit}): ${sentence(stats)}.`,
    { facts: { ...numbers(stats), queueLimit: stats.queueLimit, waitedMs: 0 }, retryAfter },
  )

/** Nothing came free in time. `cause` is the last connect failure, when connecting is what fails. */
export function timedOut(
  stats: PoolStats,
  o: { waitedMs: number; bound: 'acquireTimeout' | 'deadline'; cause: unknown; retryAfter: number },
): GatewayError {
  const waitedMs = Math.round(o.waitedMs)
  const bound = o.bound === 'deadline' ? 'the deadline of the request' : 'pools.acquireTimeout'
  return new GatewayError(
    'pool_timeout',
    `No connection of pool ${stats.name} came free within ${waitedMs} ms (${bound}): ${sentence(stats)}.`,
    { facts: { ...numbers(stats), waitedMs }, retryAfter: o.retryAfter, cause: o.cause },
  )
}

/** The line no longer gets shorter, and this caller has waited longest. */
export function overloaded(
  stats: PoolStats,
  o: { waitedMs: number; waitMs: number; lastsMs: number; retryAfter: number },
): GatewayError {
  const waitedMs = Math.round(o.waitedMs)
  const lastsMs = Math.round(o.lastsMs)
  return new GatewayError(
    'overloaded',
    `Pool ${stats.name} is overloaded: for ${lastsMs} ms there always was somebody waiting, and this request has waited for ${waitedMs} ms (limit ${o.waitMs}): ${sentence(stats)}.`,
    { facts: { ...numbers(stats), waitedMs, lastsMs }, retryAfter: o.retryAfter },
  )
}

/** No connection is open and none can be opened. Retry-After is the time of the next attempt. */
export function unavailable(
  stats: PoolStats,
  trouble: Trouble,
  o: { now: number; waitedMs: number },
): GatewayError {
  const nextAttemptMs = Math.max(0, Math.round(trouble.until - o.now))
  const attempts = trouble.failures === 1 ? 'the last attempt' : `${trouble.failures} attempts in a row`
  return new GatewayError(
    'database_unavailable',
    `Pool ${stats.name} cannot connect to the database: ${attempts} failed, the next one follows in ${nextAttemptMs} ms.`,
    {
      facts: {
        ...numbers(stats),
        waitedMs: Math.round(o.waitedMs),
        failures: trouble.failures,
        nextAttemptMs,
      },
      retryAfter: Math.max(1, Math.ceil(nextAttemptMs / 1000)),
      cause: trouble.error,
    },
  )
}

/** The pool is shutting down. */
export const shuttingDown = (stats: PoolStats): GatewayError =>
  new GatewayError('draining', `Pool ${stats.name} is shutting down: ${sentence(stats)}.`, {
    facts: numbers(stats),
    retryAfter: 1,
  })

/** The caller's time was over before it asked. */
export const tooLate = (name: string, overdueMs: number): GatewayError =>
  new GatewayError(
    'deadline_exceeded',
    `The deadline of the request had passed ${Math.round(overdueMs)} ms before it asked pool ${name} for a connection.`,
  )

/** The caller hung up while it waited; a GatewayError it was aborted with says more and is kept. */
export const hungUp = (name: string, signal: Signal): GatewayError =>
  signal.reason instanceof GatewayError
    ? signal.reason
    : new GatewayError('client_closed', `The caller hung up before pool ${name} could lend a connection.`, {
        cause: signal.reason,
      })
