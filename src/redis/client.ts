/** The connection to Redis over ioredis: kept alive and watched, every command bounded in time, nothing queued while it is away. */
import { createHash } from 'node:crypto'
import { Redis as Client } from 'ioredis'
import type { Clock, Timer } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { RedisTarget } from './target.ts'
import { type Redis, RedisFault, type RedisStats, type Script } from './redis.ts'

/** Pause (ms) between two looks: an outage is known, and its end, about a second later. */
const beatMs = 1000
/** Longest wait (ms) for the answer to a look; a Redis that is busier than that is of no use to a request. */
const beatTimeoutMs = 1000
/** So many commands in a row without an answer, and the next ones are refused at once. */
const strikes = 3
/** Looks whose clock readings are kept; the one that travelled fastest is the truest. */
const readings = 8
/** Pause (ms) before a new connection: doubled from the first to the second, less up to a half by chance. */
const backOffMs = { first: 100, most: 2000 }

export interface ClientDependencies {
  readonly clock: Clock
  readonly observe: Observe
  readonly random: () => number
  /** How the connection names itself (CLIENT SETNAME). */
  readonly name: string
  readonly connectTimeout: number
  readonly commandTimeout: number
}

/** Connects with `start`, and for ever again until `stop`. */
export function createRedis(target: RedisTarget, d: ClientDependencies): Redis {
  const { clock } = d
  const client = new Client({
    ...target.place,
    db: target.database,
    ...(target.user === undefined ? {} : { username: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls === undefined ? {} : { tls: tlsOf(target.tls) }),
    connectionName: d.name,
    connectTimeout: d.connectTimeout,
    protocol: 2,
    disableClientInfo: true,
    lazyConnect: true,
    // A look of our own says when it is ready; until then, and whenever it is away, nothing waits in a queue here.
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) =>
      Math.min(backOffMs.most, backOffMs.first * 2 ** Math.min(times - 1, 10)) * (1 - d.random() / 2),
    // After a failover the old server may go on answering, and refuse all writes.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  const ups: (() => void)[] = []
  let state: RedisStats['state'] = 'connecting'
  let since = clock.now()
  let unanswered = 0
  let lastError: unknown
  let dialled = clock.now()
  let timer: Timer | undefined
  let looking = false
  let stopped = false
  /** Differences between Redis's clock and ours, the newest last. */
  const offsets: number[] = []

  const turn = (to: 'up' | 'down', error?: unknown) => {
    if (stopped || state === to) return
    const forMs = clock.now() - since
    state = to
    since = clock.now()
    d.observe({
      kind: 'redis',
      state: to,
      address: target.address,
      forMs,
      ...(error === undefined ? {} : { error }),
    })
    if (to === 'up') for (const listener of ups) listener()
  }

  /** Settles with the command, or rejects when its time is over; what comes later is dropped. */
  const bounded = async <T>(ms: number, command: () => Promise<T>): Promise<T> => {
    const late = Promise.withResolvers<never>()
    // When it is this process that was late, the answer lies in the socket: it is read before the verdict.
    const alarm = clock.after(ms, () =>
      clock.soon(() =>
        late.reject(
          Object.assign(new Error(`Redis did not answer within ${Math.round(ms)} ms`), { code: 'TIMEOUT' }),
        ),
      ),
    )
    try {
      const work = command()
      work.catch(() => {})
      return await Promise.race([work, late.promise])
    } finally {
      alarm.cancel()
    }
  }

  /** Asks for the time: says that Redis answers, and what its clock shows. */
  const look = async () => {
    if (looking || stopped || client.status !== 'ready') return
    looking = true
    try {
      const [seconds = '0', micros = '0'] = (await bounded(beatTimeoutMs, () => client.time())).map(String)
      offsets.push(Number(seconds) * 1000 + Number(micros) / 1000 - clock.now())
      if (offsets.length > readings) offsets.shift()
      unanswered = 0
      turn('up')
    } catch (error) {
      turn('down', error)
      // Nothing comes through any more, or not to this server: another connection may do better.
      if (isTimeout(error)) client.disconnect(true)
    } finally {
      looking = false
    }
  }
  const beat = () => {
    // ioredis bounds the connecting, but not the login behind it.
    if (client.status === 'connect' && clock.now() - dialled > d.connectTimeout) client.disconnect(true)
    void look()
    timer = clock.after(beatMs, beat)
  }

  client.on('connect', () => {
    dialled = clock.now()
  })
  client.on('ready', () => void look())
  client.on('error', (error: unknown) => {
    lastError = error
    if (state === 'connecting') turn('down', error)
  })
  client.on('close', () => turn('down', lastError ?? new Error('Redis closed the connection')))

  const send = async (
    script: Script,
    keys: readonly string[],
    values: readonly (string | Buffer | number)[],
  ) => {
    const args = [String(keys.length), ...keys, ...values]
    try {
      return await client.callBuffer('EVALSHA', hashOf(script), ...args)
    } catch (error) {
      // The first time, and after a restart: it has certainly not run.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return client.callBuffer('EVAL', script.text, ...args)
    }
  }
  const giveUpAt = (deadline: number) => Math.min(clock.now() + d.commandTimeout, deadline)

  return {
    start: () => {
      client.connect().catch(() => {})
      timer = clock.after(beatMs, beat)
    },
    stop: () => {
      stopped = true
      timer?.cancel()
      client.disconnect()
    },
    run: async (script, keys, values, o) => {
      const began = clock.now()
      const note = (outcome: 'ok' | 'error' | 'timeout' | 'away') =>
        d.observe({ kind: 'redis.command', command: script.name, outcome, ms: clock.now() - began })
      if (state !== 'up') {
        note('away')
        throw new RedisFault(`Redis at ${target.address} is not reached`, 'no', lastError)
      }
      const ms = giveUpAt(o.deadline) - began
      if (ms <= 0) throw new RedisFault('the deadline had passed before Redis was asked', 'no')
      try {
        const answer = await bounded(ms, () => send(script, keys, values))
        unanswered = 0
        note('ok')
        return answer
      } catch (error) {
        const late = isTimeout(error)
        note(late ? 'timeout' : 'error')
        if (late && ++unanswered >= strikes) turn('down', error)
        // What Redis refuses, it has not done.
        const refused = error instanceof Error && error.name === 'ReplyError'
        throw new RedisFault(
          refused ? 'Redis refused the command' : (error as Error).message,
          refused ? 'no' : 'unknown',
          error,
        )
      }
    },
    clockAt: (at) => at + Math.max(...offsets),
    giveUpAt,
    onUp: (listener) => void ups.push(listener),
    stats: () => ({ address: target.address, state, forMs: Math.round(clock.now() - since) }),
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'TIMEOUT'

const hashes = new WeakMap<Script, string>()
/** Scripts are few and made once. */
function hashOf(script: Script): string {
  let hash = hashes.get(script)
  if (hash === undefined) {
    hash = createHash('sha1').update(script.text).digest('hex')
    hashes.set(script, hash)
  }
  return hash
}

const tlsOf = ({ verify, ...pem }: NonNullable<RedisTarget['tls']>) => ({
  ...pem,
  rejectUnauthorized: verify,
})
