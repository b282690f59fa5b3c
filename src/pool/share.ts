/** The share of one gateway in the connections of a server, from who else is there: never more than all may have together. Pure but for what it has seen. */
import type { PoolsOptions } from './options.ts'

type Budget = NonNullable<PoolsOptions['budget']>

/** A look at the list of sessions of the server. */
export interface View {
  /** Monotonic ms at which the server was asked: whoever came later is not in it. */
  readonly at: number
  /** Sessions the server allows in all. */
  readonly connections: number
  /** The name of this gateway's sessions. */
  readonly self: string
  /** Gateways with sessions in the server, as a rule this one among them. */
  readonly peers: readonly { readonly name: string; readonly sessions: number }[]
}

/** Sessions of a gateway beside its pool: the one that listens for schema changes. */
const besidePool = 1

/**
 * How old (ms) the latest view may be before a gateway counts as blind, and opens nothing more. Whoever comes is seen by all
 * others after that time, or they hold still.
 */
export const blindAfterMs = 2500
/** For how long (ms) all views must have allowed a growth: all others have seen this gateway by then, or are blind. */
export const holdMs = 3000

/** Sessions kept free for gateways that come: a part of those that are there, at least one, with a pool of one each. */
const roomForNewcomers = (instances: number, surge: number): number =>
  Math.max(1, Math.ceil(instances * surge)) * (1 + besidePool)

/** How large the pool may be by one view, and how many gateways share. At least 1: a gateway that is there needs one. */
export function shareBy(view: View, budget: Budget): { instances: number; share: number } {
  const free = (budget.connections === 'auto' ? view.connections : budget.connections) - budget.reserved
  if (budget.instances !== 'auto')
    return { instances: budget.instances, share: Math.max(1, Math.floor(free / budget.instances)) }
  const others = view.peers.filter(({ name }) => name !== view.self)
  const instances = others.length + 1
  const usable = free - roomForNewcomers(instances, budget.surge)
  const fair = Math.floor(usable / instances)
  // Who has more open than its share is about to give it back, and has it until then.
  const taken = others.reduce((sum, { sessions }) => sum + Math.max(fair, sessions), 0)
  return { instances, share: Math.max(1, Math.min(fair, usable - taken) - besidePool) }
}

/** The size of a pool, view by view. */
export interface Share {
  /** Less takes effect at once, more when all views of the last while agree. @returns the size from now on */
  see(view: View): number
  /** Nothing was seen for too long: others may have come. @param open connections of the pool now */
  lose(open: number): number
  /** The cap is another one. @returns the size from now on */
  again(): number
}

/**
 * Begins with a pool of one, which everybody keeps room for.
 * @param cap most connections whatever the budget says; may change
 */
export function createShare(budget: Budget, cap: () => number): Share {
  /** What the views allow. The others keep that much for this gateway whatever its cap, so a higher one need not wait. */
  let allowed = 1
  const size = () => Math.min(cap(), allowed)
  /** What each view allowed, oldest first. */
  let views: { readonly at: number; readonly share: number }[] = []
  return {
    see: (view) => {
      const { share } = shareBy(view, budget)
      if (budget.instances !== 'auto') {
        allowed = share
        return size()
      }
      views.push({ at: view.at, share })
      // The first one kept is the last that is old enough.
      const enough = views.findLastIndex(({ at }) => at <= view.at - holdMs)
      views = views.slice(Math.max(0, enough))
      if (share < allowed) allowed = share
      else if (enough >= 0) allowed = Math.max(allowed, Math.min(...views.map((v) => v.share)))
      return size()
    },
    lose: (open) => {
      if (budget.instances !== 'auto') return size()
      views = []
      allowed = Math.min(allowed, Math.max(1, open))
      return size()
    },
    again: size,
  }
}
