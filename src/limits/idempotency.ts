/** Answers to requests that carried an Idempotency-Key, kept so that a repetition gets the first answer instead of a second effect. */
import type { Clock } from '#base/clock.ts'

/** Whose request it is, what it asks, and until when. */
export interface Ask {
  /** The caller; keys of two callers have nothing to do with each other. */
  readonly owner: string
  readonly key: string
  /** Equal for equal requests. */
  readonly fingerprint: string
  /** Monotonic ms at which the request is over, whatever becomes of it. */
  readonly deadline: number
}

export type Claim<A> =
  /** Nobody has asked this before: run it, then call exactly one of the two. */
  | {
      readonly kind: 'first'
      /**
       * Settles when repetitions get the answer, or it is clear that they will later. Never rejects.
       * @param bytes what the answer takes in memory
       */
      keep(answer: A, bytes: number): Promise<void> | void
      /** Nothing can have happened: a repetition runs as if it were the first. Never rejects. */
      release(): Promise<void> | void
    }
  | { readonly kind: 'repeated'; readonly answer: A }
  /** The first is still running. Milliseconds. */
  | { readonly kind: 'running'; readonly forMs: number }
  /** The key was used for another request. */
  | { readonly kind: 'reused' }
  /** Whoever ran the first said nothing within its time, and will hardly do so any more. Milliseconds since it began. */
  | { readonly kind: 'unknown'; readonly forMs: number }

export interface Records<A> {
  /** @throws GatewayError idempotency_unavailable, when it cannot be told; then nothing may run */
  claim(ask: Ask): Promise<Claim<A>> | Claim<A>
  stats(): RecordStats
}

/** For /status and metrics. */
export interface RecordStats {
  readonly store: 'memory' | 'redis'
  /** Answers kept in the memory of this gateway, and the bytes they take. */
  readonly entries: number
  readonly bytes: number
  /** What the shared store has not been told yet. */
  readonly pending: number
}

/** What a store in memory answers: at once. */
export type LocalClaim<A> =
  | Exclude<Claim<A>, { kind: 'first' | 'unknown' }>
  | { readonly kind: 'first'; keep(answer: A, bytes: number): void; release(): void }

export interface LocalRecords<A> extends Records<A> {
  claim(ask: Ask): LocalClaim<A>
}

interface Entry<A> {
  readonly fingerprint: string
  readonly since: number
  answer: { readonly value: A; readonly bytes: number } | undefined
}

/**
 * Makes an empty store in memory; what is in it dies with the process.
 * @param keep milliseconds an answer is kept
 * @param entries most answers, `memory` most bytes of them together; the oldest makes room. Requests that run are not
 *   counted: there are no more of them than the gateway admits.
 */
export function createRecords<A>(o: {
  clock: Pick<Clock, 'now'>
  keep: number
  entries: number
  memory: number
}): LocalRecords<A> {
  const running = new Map<string, Entry<A>>()
  /** Oldest first. */
  const kept = new Map<string, Entry<A>>()
  let bytes = 0

  const drop = (name: string, entry: Entry<A>) => {
    kept.delete(name)
    bytes -= entry.answer?.bytes ?? 0
  }
  const makeRoom = (now: number) => {
    for (const [name, entry] of kept) {
      if (now - entry.since < o.keep && kept.size <= o.entries && bytes <= o.memory) return
      drop(name, entry)
    }
  }

  return {
    claim: ({ owner, key, fingerprint }) => {
      const now = o.clock.now()
      makeRoom(now)
      const name = JSON.stringify([owner, key])
      const known = running.get(name) ?? kept.get(name)
      if (known !== undefined) {
        if (known.fingerprint !== fingerprint) return { kind: 'reused' }
        if (known.answer === undefined) return { kind: 'running', forMs: now - known.since }
        return { kind: 'repeated', answer: known.answer.value }
      }
      const entry: Entry<A> = { fingerprint, since: now, answer: undefined }
      running.set(name, entry)
      return {
        kind: 'first',
        keep: (value, size) => {
          running.delete(name)
          kept.set(name, { ...entry, since: o.clock.now(), answer: { value, bytes: size } })
          bytes += size
          makeRoom(o.clock.now())
        },
        release: () => void running.delete(name),
      }
    },
    stats: () => ({ store: 'memory', entries: kept.size, bytes, pending: 0 }),
  }
}
