/** Which statements travel in company, and which resources have to do without for a while. */
import type { Clock } from '#base/clock.ts'
import type { Sharing } from '#pool/types.ts'
import type { Trip } from './execute.ts'

/** How long (ms) inserts of a resource travel alone after one of them failed its company; doubled while that goes on. */
const firstPauseMs = 1000
const longestPauseMs = 60_000

export interface Company {
  /** What the trip may share a connection with. */
  of(trip: Trip): Sharing | undefined
  /** The trip failed, or kept others waiting, and all had to be run again. */
  failed(trip: Trip): void
}

/**
 * Inserts that often meet what is there already, or locks of others, would be run twice each time. So a resource whose
 * inserts failed in company has them travel alone for a second, and for twice as long (up to a minute) when it happens
 * again soon after.
 */
export function createCompany({ now }: Pick<Clock, 'now'>): Company {
  /** As many as there are resources. */
  const pauses = new Map<string, { until: number; ms: number }>()
  return {
    of: ({ shares, resource }) => {
      if (shares !== 'inserts') return shares
      const pause = pauses.get(resource)
      return pause !== undefined && now() < pause.until ? undefined : shares
    },
    failed: ({ resource }) => {
      const at = now()
      const last = pauses.get(resource)
      const soon = last !== undefined && at < last.until + last.ms
      const ms = soon ? Math.min(last.ms * 2, longestPauseMs) : firstPauseMs
      pauses.set(resource, { until: at + ms, ms })
    },
  }
}
