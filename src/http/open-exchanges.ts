/** The exchanges under way, so that all of them can be ended at once. */
import type { Cancellation } from '#base/signal.ts'

/** One of them; `at` is its place, -1 while it has none. */
export interface OpenExchange {
  readonly cancellation: Cancellation
  at: number
}

export interface OpenExchanges {
  /** Whether there is one. */
  any(): boolean
  add(entry: OpenExchange): void
  remove(entry: OpenExchange): void
  abortAll(reason: unknown): void
}

/**
 * Makes an empty collection: an array whose last entry fills the gap of one that leaves. It comes and goes with every
 * request, where one signal with a hundred listeners would be walked through each time, and a Set would leave a chain
 * of outgrown tables to the garbage collector.
 */
export function createOpenExchanges(): OpenExchanges {
  const entries: OpenExchange[] = []
  return {
    any: () => entries.length > 0,
    add: (entry) => {
      entry.at = entries.push(entry) - 1
    },
    remove: (entry) => {
      if (entry.at < 0) return
      const last = entries.pop() as OpenExchange
      if (last !== entry) {
        entries[entry.at] = last
        last.at = entry.at
      }
      entry.at = -1
    },
    abortAll: (reason) => {
      // Whoever is aborted may leave at once, and the last one takes its place: begin at the end.
      for (let i = entries.length - 1; i >= 0; i--) entries[i]?.cancellation.abort(reason)
    },
  }
}
