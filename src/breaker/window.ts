/** Calls of the last seconds, counted: a ring of buckets by monotonic time. Knows no states. */

/** What a window holds. */
export interface Counts {
  readonly calls: number
  readonly failures: number
  /** Calls that did not fail, but took too long. */
  readonly slow: number
}

export type Outcome = 'ok' | 'slow' | 'failure'

export interface Window {
  /** @param now monotonic milliseconds, never less than before */
  note(outcome: Outcome, now: number): void
  counts(now: number): Counts
  clear(): void
}

/** Grains of a window: the counts are exact to a tenth of its length. */
const grains = 10

/**
 * Makes an empty window.
 * @param ms its length
 */
export function createWindow(ms: number): Window {
  const grain = ms / grains
  const calls = new Float64Array(grains)
  const failures = new Float64Array(grains)
  const slow = new Float64Array(grains)
  /** Number of the newest grain since time began. */
  let newest = 0

  /** Empties every grain that has left the window, however long nobody looked: after an idle hour nothing old may count. */
  const advance = (now: number) => {
    const current = Math.floor(now / grain)
    const gone = Math.min(grains, current - newest)
    for (let i = 1; i <= gone; i++) {
      const at = (newest + i) % grains
      calls[at] = 0
      failures[at] = 0
      slow[at] = 0
    }
    newest = Math.max(newest, current)
  }
  const sum = (ring: Float64Array) => ring.reduce((total, n) => total + n, 0)

  return {
    note: (outcome, now) => {
      advance(now)
      const at = newest % grains
      calls[at] = (calls[at] as number) + 1
      if (outcome === 'failure') failures[at] = (failures[at] as number) + 1
      else if (outcome === 'slow') slow[at] = (slow[at] as number) + 1
    },
    counts: (now) => {
      advance(now)
      return { calls: sum(calls), failures: sum(failures), slow: sum(slow) }
    },
    clear: () => {
      calls.fill(0)
      failures.fill(0)
      slow.fill(0)
    },
  }
}
