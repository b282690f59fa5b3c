/** How many connections this gateway may open, and the settings of a pool made from its options. Pure. */
import { defaultMax, type PoolsOptions } from './options.ts'
import type { PoolSettings } from './types.ts'

type Budget = NonNullable<PoolsOptions['budget']>

/** Connections one gateway may open when all of them share the server evenly: 200, 20 reserved, 4 instances → 45. */
export const shareOf = (budget: Budget): number =>
  Math.floor((budget.connections - budget.reserved) / budget.instances)

/** The size a pool really gets: `max` or the share of the budget, with both the smaller, with neither 10; at least 1. */
export const effectiveMax = ({ max, budget }: Pick<PoolsOptions, 'max' | 'budget'>): number =>
  budget ? Math.max(1, Math.min(max ?? Number.POSITIVE_INFINITY, shareOf(budget))) : (max ?? defaultMax)

/** Options of all pools → settings of one. The queue grows with the size; `min` never exceeds it. */
export function poolSettings(name: string, options: PoolsOptions): PoolSettings {
  const max = effectiveMax(options)
  return {
    name,
    min: Math.min(options.min, max),
    max,
    acquireTimeout: options.acquireTimeout,
    queue: options.queuePerConnection * max,
    maxLifetime: options.maxLifetime,
    idleTimeout: options.idleTimeout,
    validateAfter: options.validateAfter,
    validateTimeout: options.validateTimeout,
    maxConnecting: options.maxConnecting,
    overload: options.overload,
    leakGrace: options.leakGrace,
  }
}
