/** Opens connections for a pool: how many at a time, and how long to hold back after a failure. */
import type { Timer } from '#base/clock.ts'
import type { Poolable, PoolDependencies, PoolSettings } from './types.ts'
import { within } from './within.ts'

/**
 * Milliseconds no connect may exceed. The engine's own `connectTimeout` is shorter; a caller's deadline plays
 * no part, because a connection that comes too late for one caller serves the next.
 */
const longestConnect = 60_000
const firstBackOff = 100
const longestBackOff = 5000

/** Why and until when (monotonic ms) no connect is tried. */
export interface Trouble {
  readonly error: unknown
  /** Attempts that failed one after the other. */
  readonly failures: number
  /** When the latest of those that failed began. */
  readonly began: number
  readonly until: number
}

interface ConnectorEvents<C> {
  connected(connection: C): void
  failed(): void
  /** The back-off is over. */
  ready(): void
}

interface Connector {
  /** Connects under way. */
  readonly underWay: number
  /** The failures since the last success; undefined when there are none. */
  readonly trouble: Trouble | undefined
  /** Whether one more connect may begin at `now`. */
  mayStart(now: number): boolean
  start(): void
  /** Gives up all connects under way; what still arrives is closed. */
  abandon(): void
  /** Ends the back-off at once. */
  forget(): void
}

/** Makes a connector that has nothing under way. */
export function createConnector<C extends Poolable>(
  settings: Pick<PoolSettings, 'name' | 'maxConnecting'>,
  dependencies: PoolDependencies<C>,
  events: ConnectorEvents<C>,
): Connector {
  const { clock, observe } = dependencies
  const attempts = new Set<AbortController>()
  let trouble: Trouble | undefined
  let backOff: Timer | undefined

  const forget = () => {
    trouble = undefined
    backOff?.cancel()
  }

  const fail = (error: unknown, since: number) => {
    // Connects that fail side by side are one failure; only a try after the back-off makes it longer.
    if (trouble && since < trouble.until) {
      trouble = { ...trouble, error, began: Math.max(trouble.began, since) }
      return
    }
    const failures = (trouble?.failures ?? 0) + 1
    const full = Math.min(longestBackOff, firstBackOff * 2 ** (failures - 1))
    // Half fixed, half random, so that the pods of a restarted database do not come back in step.
    const wait = full / 2 + (full / 2) * dependencies.random()
    trouble = { error, failures, began: since, until: clock.now() + wait }
    backOff?.cancel()
    backOff = clock.after(wait, () => {
      // Timers may fire a fraction of a millisecond early.
      if (trouble) trouble = { ...trouble, until: clock.now() }
      events.ready()
    })
  }

  const discard = (connection: C) =>
    void connection.close().catch((error: unknown) => observe({ kind: 'fault', where: 'pool.close', error }))

  const open = async (o: { deadline: number; signal: AbortSignal }) => {
    const connection = await dependencies.connect(o)
    if (connection.isUsable()) return connection
    // Counted as a failure, so that a server which drops whom it lets in is not asked in a tight loop.
    discard(connection)
    throw new Error('the connection was lost as soon as it was open')
  }

  return {
    get underWay() {
      return attempts.size
    },
    get trouble() {
      return trouble
    },
    mayStart: (now) => attempts.size < settings.maxConnecting && (!trouble || now >= trouble.until),
    start: () => {
      const since = clock.now()
      const attempt = new AbortController()
      attempts.add(attempt)
      within({
        clock,
        ms: longestConnect,
        abort: attempt,
        run: open,
        late: discard,
      }).then(
        (connection) => {
          if (!attempts.delete(attempt)) return discard(connection)
          observe({ kind: 'pool.create', pool: settings.name, ms: clock.now() - since })
          forget()
          events.connected(connection)
        },
        (error: unknown) => {
          if (!attempts.delete(attempt)) return
          observe({ kind: 'pool.create', pool: settings.name, ms: clock.now() - since, error })
          fail(error, since)
          events.failed()
        },
      )
    },
    abandon: () => {
      const given = [...attempts]
      attempts.clear()
      for (const attempt of given) attempt.abort(new Error('the pool no longer wants this connection'))
    },
    forget,
  }
}
