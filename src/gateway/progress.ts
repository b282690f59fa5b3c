/** How far a replica is behind: by positions first, by time only between two of them, so that an idle primary is no lag. */
import type { Mark, Replication, Standing } from '#engine/engine.ts'

/** The primary stood there from `first` to `last` (monotonic ms), as far as was seen. */
interface Sample {
  readonly mark: Mark
  readonly first: number
  last: number
}

/** Samples kept; one a second while the primary is written to. */
const kept = 120

export interface Progress {
  /** The primary was seen there. */
  primaryAt(mark: Mark, now: number): void
  /** Milliseconds; undefined while the primary has not been seen, and where nobody may see positions. */
  lagOf(replica: Standing, now: number): number | undefined
}

export function createProgress(replication: Pick<Replication, 'holds'>): Progress {
  let samples: Sample[] = []
  // A replica tells its line late; whether it follows another one is not asked here.
  const has = (replica: Standing, { mark }: Sample) =>
    replication.holds({ ...replica, line: mark.line }, mark) === 'yes'

  return {
    primaryAt: (mark, now) => {
      const last = samples.at(-1)
      if (last?.mark.line !== mark.line) samples = []
      if (last !== undefined && last.mark.line === mark.line && last.mark.position === mark.position)
        last.last = now
      else samples.push({ mark, first: now, last: now })
      if (samples.length > kept) samples.shift()
    },
    lagOf: (replica, now) => {
      const newest = samples.at(-1)
      if (newest === undefined) return undefined
      // Nothing to compare: a replica without positions has its own word, and without those of the primary lag is not known.
      if (replica.position === '') return replica.behindMs
      if (newest.mark.position === '') return undefined
      if (has(replica, newest)) return 0
      const missing = samples.findIndex((sample) => !has(replica, sample))
      // What it lacks was written after the sample before was last seen, and before the next was first seen.
      const atLeast = now - (samples[missing] as Sample).first
      const before = samples[missing - 1]
      const atMost = before === undefined ? Number.POSITIVE_INFINITY : now - before.last
      return Math.min(atMost, Math.max(atLeast, replica.behindMs ?? 0))
    },
  }
}
