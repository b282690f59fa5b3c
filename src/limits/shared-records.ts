/** Records in Redis, shared by all gateways of one database: one of them runs a request, the others wait for its answer or give it again. */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock, Timer } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'
import { type Redis, RedisFault, type Script } from '#redis/redis.ts'
import type { Ask, Claim, Records } from './idempotency.ts'
import { claimScript, keepScript, releaseScript } from './record-scripts.ts'

/** An answer as bytes and back. */
export interface Codec<A> {
  write(answer: A): Buffer
  /** Undefined for bytes that are none of ours. */
  read(bytes: Buffer): A | undefined
}

export interface SharedOptions<A> {
  readonly clock: Clock
  readonly observe: Observe
  readonly redis: Redis
  readonly codec: Codec<A>
  readonly keyPrefix: string
  /** The same for all gateways of one database, and for no others. */
  readonly scope: string
  /** Milliseconds an answer is kept. */
  readonly keep: number
  /** Most records of the scope; the oldest makes room. */
  readonly sharedEntries: number
  /** Most bytes of answers that wait for Redis. */
  readonly memory: number
}

/**
 * How long (ms) after the deadline of its request a gateway may still report the outcome, before it counts as unknown:
 * time for the answer of a database that stands still (0.2 s), a record that is written late, and a process that was
 * throttled. Nothing is lost when it is longer: repetitions are told `busy` meanwhile.
 */
const leaseGraceMs = 10_000
/** Most records whose outcome Redis has not been told yet. Beyond it the oldest stays `unknown` for others: safe. */
const mostPending = 1000
/** Pause (ms) before what Redis did not take is offered again while it is up. */
const retryMs = 500

/** Something that Redis still has to be told. */
interface Pending {
  readonly script: Script
  readonly name: string
  readonly values: readonly (string | Buffer | number)[]
  readonly bytes: number
}

/** Makes the store. `owner` and `key` leave this process as a hash; answers as they are. */
export function createSharedRecords<A>(o: SharedOptions<A>): Records<A> {
  const { clock, redis } = o
  // Braces: all keys of a scope belong to one slot of a cluster, should one ever be used.
  const base = `${o.keyPrefix}:idempotency:1:{${hash(o.scope).slice(0, 16)}}`
  const recordPrefix = `${base}:record:`
  const keysOf = (name: string) => [recordPrefix + name, `${base}:index`]
  /** By token, the oldest first. */
  const pending = new Map<string, Pending>()
  let pendingBytes = 0
  let mark: string | undefined
  let timer: Timer | undefined

  const drop = (token: string) => {
    pendingBytes -= pending.get(token)?.bytes ?? 0
    pending.delete(token)
  }
  const postpone = (token: string, what: Pending) => {
    drop(token)
    pending.set(token, what)
    pendingBytes += what.bytes
    for (const [oldest] of pending) {
      if (pending.size <= mostPending && pendingBytes <= o.memory) break
      drop(oldest)
    }
    schedule()
  }
  const schedule = () => {
    if (pending.size === 0) return
    timer ??= clock.after(retryMs, () => {
      timer = undefined
      void settleAll()
    })
  }
  let settling = false
  /** One after the other; ends when Redis does not answer. What it refuses, if for ever, must not keep the others. */
  const settleAll = async () => {
    if (settling) return
    settling = true
    for (const [token, what] of pending) {
      const outcome = await tell(what, Number.POSITIVE_INFINITY)
      if (outcome === 'unanswered') break
      if (outcome === 'told' && pending.get(token) === what) drop(token)
    }
    settling = false
    schedule()
  }
  redis.onUp(() => void settleAll())

  const tell = async (
    { script, name, values }: Pending,
    deadline: number,
  ): Promise<'told' | 'refused' | 'unanswered'> => {
    try {
      const [word] = texts(await redis.run(script, keysOf(name), values, { deadline }))
      if (word === 'overtaken') o.observe({ kind: 'idempotency.overtaken' })
      return 'told'
    } catch (error) {
      const answered = error instanceof RedisFault && error.applied === 'no' && redis.stats().state === 'up'
      return answered ? 'refused' : 'unanswered'
    }
  }
  const settle = async (token: string, what: Pending, deadline: number): Promise<void> => {
    if ((await tell(what, deadline)) !== 'told') postpone(token, what)
  }

  /** The content of Redis has a mark; another one means that the content is another. */
  const see = (seen: string) => {
    if (mark !== undefined && mark !== seen) o.observe({ kind: 'idempotency.lost' })
    mark = seen
  }

  const claimed = (ask: Ask, name: string, token: string): Extract<Claim<A>, { kind: 'first' }> => {
    // The work is done, whatever the deadline says now.
    const soon = () => Math.max(ask.deadline, clock.now() + graceMs)
    return {
      kind: 'first',
      keep: (answer) => {
        const bytes = o.codec.write(answer)
        const values = [ask.fingerprint, token, bytes, o.keep, name]
        return settle(token, { script: keepScript, name, values, bytes: bytes.length }, soon())
      },
      release: () => settle(token, { script: releaseScript, name, values: [token, name], bytes: 0 }, soon()),
    }
  }

  return {
    claim: async (ask) => {
      const name = hash(JSON.stringify([ask.owner, ask.key]))
      const token = randomBytes(12).toString('base64url')
      const leaseMs = Math.ceil(Math.max(0, ask.deadline - clock.now()) + leaseGraceMs)
      let answer: readonly unknown[]
      try {
        const giveUp = redis.giveUpAt(ask.deadline)
        // Redis may have stood still, and do it when nobody waits for it any more: then it must not.
        const latest = Math.floor(redis.clockAt(giveUp))
        const values = [
          ask.fingerprint,
          token,
          leaseMs,
          o.keep,
          latest,
          o.sharedEntries,
          randomBytes(9).toString('base64url'),
          name,
          recordPrefix,
        ]
        answer = (await redis.run(claimScript, [...keysOf(name), `${base}:mark`], values, ask)) as unknown[]
      } catch (error) {
        // It may be ours all the same, and would keep the repetition from running.
        if (error instanceof RedisFault && error.applied === 'unknown')
          postpone(token, { script: releaseScript, name, values: [token, name], bytes: 0 })
        throw unavailable(error)
      }
      const [word = '', seen = ''] = texts(answer)
      if (word === 'late') throw unavailable(undefined)
      see(seen)
      switch (word) {
        case 'first':
          return claimed(ask, name, token)
        case 'running':
        case 'unknown':
          return { kind: word, forMs: Math.max(0, Number(answer[2])) }
        case 'reused':
          return { kind: 'reused' }
        case 'repeated': {
          const kept = o.codec.read(answer[2] as Buffer)
          if (kept !== undefined) return { kind: 'repeated', answer: kept }
          throw new GatewayError('internal', 'The record of this Idempotency-Key cannot be read.')
        }
        case 'full':
          throw new GatewayError(
            'idempotency_unavailable',
            `There are ${o.sharedEntries} records (idempotency.sharedEntries), and the oldest are of requests that run: the request was not run.`,
            { facts: { limit: o.sharedEntries } },
          )
        default:
          throw new GatewayError(
            'internal',
            'Redis gave an unforeseen answer to the claim of an Idempotency-Key.',
          )
      }
    },
    stats: () => ({ store: 'redis', entries: 0, bytes: 0, pending: pending.size }),
  }
}

/** Least time (ms) to report an outcome when the deadline is over. */
const graceMs = 250

const unavailable = (cause: unknown) =>
  new GatewayError(
    'idempotency_unavailable',
    'The store of Idempotency-Keys does not answer, so nobody can tell whether this request has run before: it was not run.',
    { cause, retryAfter: 1 },
  )

const hash = (text: string) => createHash('sha256').update(text).digest('base64url')
const texts = (answer: unknown): readonly string[] => (answer as readonly unknown[]).slice(0, 2).map(String)
