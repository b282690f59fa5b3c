/** Whether the gateway is started and ready, from checks in the background with hysteresis; a probe never causes a query. */
import type { Clock, Timer } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'
import type { LifecycleOptions } from './options.ts'

/** What `/readyz` asks for; see lifecycle.readiness. */
export type ReadinessMode = LifecycleOptions['readiness']

/** One thing that is looked at, in words without addresses, names or text of the database. */
export interface Check {
  readonly name: 'listening' | 'catalog' | 'database' | 'writable' | 'shutdown'
  readonly ok: boolean
  /** Whether the gateway is unready without it, in the configured mode. */
  readonly required: boolean
  readonly detail: string
  /** Wall clock milliseconds of the last change of `ok`. */
  readonly since: number
}

/** The answer to a probe. */
export interface Verdict {
  readonly ok: boolean
  readonly checks: readonly Check[]
}

/** The state of health of one gateway. */
export interface Health {
  /** Starts looking at the database; the start deadline runs from here. */
  start(): void
  /** The data listener accepts requests. */
  markListening(): void
  /** It does no more. */
  markClosed(): void
  /** A reading of the schema succeeded or failed. A failure after a success keeps what is served, and says so. */
  markCatalog(result: 'loaded' | 'failed'): void
  /** The schema that was kept on disk is served; `readAt` (wall clock ms) is when it was read. A reading ends it. */
  markRestored(readAt: number): void
  /** From now on never ready. */
  drain(): void
  /** Once true, always true: listening, and first contact (database and catalogue) or the start deadline passed. */
  started(): Verdict
  ready(): Verdict
  /** Ends the background checks. */
  stop(): void
}

/** What is served. */
type Served =
  | { readonly state: 'nothing'; readonly tried: boolean }
  | { readonly state: 'restored'; readonly readAt: number }
  | { readonly state: 'read'; readonly stale: boolean }

/** What the database check knows. `since` and `failures` exist only where they mean something. */
type Database =
  | { readonly state: 'unknown'; readonly failures: number; readonly word: string }
  | { readonly state: 'up'; readonly role: 'primary' | 'replica'; readonly failures: number }
  | { readonly state: 'down'; readonly word: string }

const failuresUntilDown = 3
/** Longest pause (ms) between two looks at a database that is away, so that its return is noticed at once. */
const awayIntervalMs = 500

/** SQLSTATE, errno word or code of ours found deepest among the causes: bounded, and says nothing about the database. */
function wordOf(thrown: unknown): string {
  let word = ''
  for (let e = thrown, i = 0; i < 6 && typeof e === 'object' && e !== null; i++) {
    const code: unknown = Reflect.get(e, 'code')
    if (typeof code === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(code)) word = code
    e = Reflect.get(e, 'cause')
  }
  return word === '' ? 'unknown reason' : word
}

/**
 * All connections are lent: that says the gateway is busy, and nothing about the database. A pool that times out
 * with connections to spare could not connect, and that does.
 */
const ownSaturation = (thrown: unknown) =>
  thrown instanceof GatewayError &&
  (thrown.code === 'pool_timeout' || thrown.code === 'queue_full') &&
  thrown.cause === undefined &&
  thrown.facts['inUse'] === thrown.facts['size']

/**
 * Makes the health of one gateway.
 * @param o.intervalMs pause between two looks; shorter while the database is away
 * @param o.timeoutMs longest time one look may take
 * @param o.startDeadlineMs after this long `/startupz` passes without a database, so that an outage does not make
 *   pods unstartable
 * @param o.probe one cheap trip to the database; must heed the signal, but need not
 *
 * Three failures in a row make the database unreachable, one success makes it reachable; `database.up` and
 * `database.down` are observed once for each change.
 */
export function createHealth(o: {
  clock: Clock
  observe: Observe
  mode: ReadinessMode
  intervalMs: number
  timeoutMs: number
  startDeadlineMs: number
  probe: (signal: AbortSignal) => Promise<{ readonly role: 'primary' | 'replica' }>
}): Health {
  const { clock, observe } = o
  const born = clock.wall()
  let database: Database = { state: 'unknown', failures: 0, word: '' }
  let catalog: Served = { state: 'nothing', tried: false }
  let listening = false
  let closed = false
  let draining = false
  let stopped = false
  let contact = false
  let deadlinePassed = false
  let announcedReady = false
  const timers = new Set<Timer>()
  const changed = new Map<Check['name'], { ok: boolean; since: number }>()

  /** The only writer of `database`. */
  const move = (next: Database, why: { ms: number } | { error: unknown }) => {
    const before = database.state
    database = next
    if (next.state !== before && next.state === 'up' && 'ms' in why)
      observe({ kind: 'database.up', ms: why.ms })
    if (next.state !== before && next.state === 'down' && 'error' in why)
      observe({ kind: 'database.down', error: why.error })
    refresh()
  }

  const failed = (error: unknown) => {
    if (ownSaturation(error)) return
    const word = wordOf(error)
    const failures = database.state === 'down' ? failuresUntilDown : database.failures + 1
    if (failures >= failuresUntilDown) move({ state: 'down', word }, { error })
    else if (database.state === 'up') move({ ...database, failures }, { error })
    else move({ state: 'unknown', failures, word }, { error })
  }

  const after = (ms: number, body: () => void) => {
    const timer = clock.after(ms, () => {
      timers.delete(timer)
      body()
    })
    timers.add(timer)
    return () => {
      timer.cancel()
      timers.delete(timer)
    }
  }

  const look = () => {
    const abort = new AbortController()
    const begun = clock.now()
    let over = false
    const finish = (body: () => void) => {
      if (over || stopped) return
      over = true
      cancelTimeout()
      body()
      after(database.state === 'up' ? o.intervalMs : Math.min(o.intervalMs, awayIntervalMs), look)
    }
    const cancelTimeout = after(o.timeoutMs, () => {
      const error = new GatewayError('deadline_exceeded', `The database check took over ${o.timeoutMs} ms.`)
      abort.abort(error)
      finish(() => failed(error))
    })
    o.probe(abort.signal).then(
      ({ role }) => finish(() => move({ state: 'up', role, failures: 0 }, { ms: clock.now() - begun })),
      (error: unknown) => finish(() => failed(error)),
    )
  }

  const databaseDetail = (): string => {
    switch (database.state) {
      case 'unknown':
        return database.failures === 0
          ? 'not looked at yet'
          : `not reached yet, ${database.failures} of ${failuresUntilDown} looks failed (${database.word})`
      case 'up':
        return database.failures === 0
          ? `reached, ${database.role}`
          : `reached before, ${database.failures} of ${failuresUntilDown} looks failed`
      case 'down':
        return `not reached (${database.word})`
      default:
        return database satisfies never
    }
  }

  const listeningDetail = (): string => {
    if (closed) return 'accepting no new connections any more'
    return listening ? 'accepting requests' : 'not accepting requests yet'
  }

  const catalogDetail = (): string => {
    switch (catalog.state) {
      case 'nothing':
        return catalog.tried ? 'schema not read yet, the last reading failed' : 'schema not read yet'
      case 'restored':
        return `schema from the snapshot of ${new Date(catalog.readAt).toISOString()}`
      case 'read':
        return catalog.stale ? 'serving the schema read before, the last reading failed' : 'schema read'
      default:
        return catalog satisfies never
    }
  }

  const checks = (): readonly Check[] => {
    const check = (name: Check['name'], ok: boolean, required: boolean, detail: string): Check => {
      const last = changed.get(name)
      const since = last?.ok === ok ? last.since : last ? clock.wall() : born
      if (last?.ok !== ok) changed.set(name, { ok, since })
      return { name, ok, required, detail, since }
    }
    const up = database.state === 'up'
    const primary = database.state === 'up' && database.role === 'primary'
    const needsDatabase = o.mode !== 'gateway'
    return [
      check('listening', listening && !closed, true, listeningDetail()),
      check('catalog', catalog.state !== 'nothing', needsDatabase, catalogDetail()),
      check('database', up, needsDatabase, databaseDetail()),
      check(
        'writable',
        primary,
        o.mode === 'primary',
        primary ? 'takes writes' : up ? 'reached a replica, which takes no writes' : databaseDetail(),
      ),
      check('shutdown', !draining, true, draining ? 'shutting down' : 'not shutting down'),
    ]
  }

  const verdict = (): Verdict => {
    const all = checks()
    return { ok: all.every((c) => c.ok || !c.required), checks: all }
  }

  /** After every change: notes when checks changed, and says once that the gateway is ready. */
  const refresh = () => {
    contact ||= database.state === 'up' && catalog.state === 'read'
    if (verdict().ok && !announcedReady) {
      announcedReady = true
      observe({ kind: 'lifecycle', phase: 'ready' })
    }
  }
  refresh()

  return {
    start: () => {
      after(o.startDeadlineMs, () => {
        deadlinePassed = true
      })
      look()
    },
    markListening: () => {
      listening = true
      refresh()
    },
    markClosed: () => {
      closed = true
      refresh()
    },
    markCatalog: (result) => {
      if (result === 'loaded') catalog = { state: 'read', stale: false }
      else if (catalog.state === 'read') catalog = { state: 'read', stale: true }
      else if (catalog.state === 'nothing') catalog = { state: 'nothing', tried: true }
      refresh()
    },
    markRestored: (readAt) => {
      catalog = { state: 'restored', readAt }
      refresh()
    },
    drain: () => {
      draining = true
      refresh()
    },
    started: () => ({ ok: listening && (contact || deadlinePassed), checks: checks() }),
    ready: verdict,
    stop: () => {
      stopped = true
      for (const timer of timers) timer.cancel()
      timers.clear()
    },
  }
}
