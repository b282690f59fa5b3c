/** How many connections this gateway may open, and the settings of a pool made from its options. Pure. */
import { defaultMax, type PoolsOptions } from './options.ts'
import type { PoolSettings } from './types.ts'

type Budget = NonNullable<PoolsOptions['budget']>

/** A budget all in numbers. */
interface FixedBudget {
  readonly connections: number
  readonly reserved: number
  readonly instances: number
}

/** Whether the budget is known without asking anybody. */
export const isFixed = (budget: Budget): budget is Budget & FixedBudget =>
  budget.connections !== 'auto' && budget.instances !== 'auto'

/** Connections one gateway may open when all of them share the server evenly: 200, 20 reserved, 4 instances → 45. */
export const shareOf = (budget: FixedBudget): number =>
  Math.floor((budget.connections - budget.reserved) / budget.instances)

/**
 * The size a pool really gets: `max` or the share of the budget, with both the smaller, with neither 10; at least 1.
 * Where the share has to be asked for, the pool begins with 1; see follower.ts.
 */
export function effectiveMax({ max, budget }: Pick<PoolsOptions, 'max' | 'budget'>): number {
  if (budget === undefined) return max ?? defaultMax
  const share = isFixed(budget) ? shareOf(budget) : 1
  return Math.max(1, Math.min(max ?? Number.POSITIVE_INFINITY, share))
}

/** Options of all pools → settings of one. The queue grows with the size; `min` never exceeds it. */
export function poolSettings(name: string, options: PoolsOptions): PoolSettings {
  const max = effectiveMax(options)
  return {
    name,
    // A pool that is resized keeps `min` within its size by itself.
    min: options.budget && !isFixed(options.budget) ? options.min : Math.min(options.min, max),
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
