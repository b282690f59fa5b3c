/** Records of this gateway in front of those that all gateways share: what is known here needs no question, and outlives an outage there. */
import type { LocalRecords, Records } from './idempotency.ts'

/** The key is claimed here first, so that of many repetitions at once one asks for all. */
export function layered<A>(near: LocalRecords<A>, far: Records<A>): Records<A> {
  return {
    claim: async (ask) => {
      const here = near.claim(ask)
      if (here.kind !== 'first') return here
      try {
        const there = await far.claim(ask)
        if (there.kind !== 'first') {
          here.release()
          return there
        }
        return {
          kind: 'first',
          keep: (answer, bytes) => {
            here.keep(answer, bytes)
            return there.keep(answer, bytes)
          },
          release: () => {
            here.release()
            return there.release()
          },
        }
      } catch (error) {
        here.release()
        throw error
      }
    },
    stats: () => ({ ...near.stats(), store: far.stats().store, pending: far.stats().pending }),
  }
}
