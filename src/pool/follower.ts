/** Keeps a pool at its share of the budget: asks the server now and then who else is there, and resizes. */
import type { Clock, Timer } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { PoolsOptions } from './options.ts'
import { blindAfterMs, createShare, shareBy, type View } from './share.ts'
import type { PoolStats } from './types.ts'
import { within } from './within.ts'

/** Milliseconds between two looks, less or more by up to `jitter` of them, so that gateways do not ask in step. */
const periodMs = 1000
const jitter = 0.2
/** Pause after a look that failed, and the longest time of one (ms). */
const retryMs = 250
const longestLookMs = 1000

/** What is known of the budget; for /status and metrics. */
export interface BudgetStats {
  /** Connections of the server that gateways and others share; 0 before the first look. */
  readonly connections: number
  readonly reserved: number
  /** Gateways that share, this one included; 0 before the first look. */
  readonly instances: number
  /** Most connections the pool may have. */
  readonly share: number
  /** Nobody could be asked for a while: the pool opens no more than it has. */
  readonly blind: boolean
}

export interface Follower {
  start(): void
  stop(): void
  /** pools.max has changed: what is known of the budget counts with the new one at once. */
  adjust(): void
  stats(): BudgetStats
}

/**
 * Follows a budget of which `connections` or `instances` is `auto`.
 * @param o.max pools.max as it is now, if there is one
 * @param o.ask one trip to the server; throws when it cannot be reached
 */
export function createFollower(o: {
  clock: Clock
  observe: Observe
  random: () => number
  pool: { stats(): PoolStats; resize(max: number): void }
  budget: NonNullable<PoolsOptions['budget']>
  max: () => number | undefined
  ask: (until: { deadline: number; signal: AbortSignal }) => Promise<Omit<View, 'at'>>
}): Follower {
  const { clock, pool, budget } = o
  const share = createShare(budget, () => o.max() ?? Number.POSITIVE_INFINITY)
  let known = { connections: 0, instances: 0 }
  let blind = true
  let stopped = false
  let timer: Timer | undefined
  let watch: Timer | undefined

  const resize = (to: number) => {
    const { name, max: from, draining } = pool.stats()
    if (to === from || draining) return
    pool.resize(to)
    o.observe({ kind: 'budget', pool: name, from, to, ...known, blind })
  }

  const lose = () => {
    blind = true
    const { inUse, idle, connecting } = pool.stats()
    resize(share.lose(inUse + idle + connecting))
  }

  const seen = (view: View) => {
    blind = false
    known = {
      connections: budget.connections === 'auto' ? view.connections : budget.connections,
      instances: shareBy(view, budget).instances,
    }
    watch?.cancel()
    watch = clock.after(view.at + blindAfterMs - clock.now(), lose)
    resize(share.see(view))
  }

  const look = () => {
    const at = clock.now()
    const again = (ms: number) => {
      if (!stopped) timer = clock.after(ms, look)
    }
    within({ clock, ms: longestLookMs, run: o.ask }).then(
      (answer) => {
        if (!stopped) seen({ ...answer, at })
        again(periodMs * (1 - jitter + 2 * jitter * o.random()))
      },
      // The health checks tell of a database that is away; here it only means that nobody else can be seen.
      () => again(retryMs),
    )
  }

  return {
    start: look,
    stop: () => {
      stopped = true
      timer?.cancel()
      watch?.cancel()
    },
    adjust: () => resize(share.again()),
    stats: () => ({ ...known, reserved: budget.reserved, share: pool.stats().max, blind }),
  }
}
