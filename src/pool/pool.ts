/** The pool: lends connections, one borrower each, and keeps every promise about waiting, age and number. */
import type { EvictionReason } from '#base/observation.ts'
import type { Signal } from '#base/signal.ts'
import { createConnector } from './connector.ts'
import { type Loan, partyOf } from './party.ts'
import { createQueue, type Waiter } from './queue.ts'
import { hungUp, overloaded, queueFull, shuttingDown, timedOut, tooLate, unavailable } from './refusals.ts'
import { createShelf, type Entry } from './shelf.ts'
import { createTicker } from './ticker.ts'
import type { Pool, Poolable, PoolDependencies, PoolSettings, PoolStats, Sharing } from './types.ts'
import { within } from './within.ts'

/** Milliseconds between two looks at all connections: the grain of leak, idle and lifetime limits. */
const tickPeriod = 500
/** Milliseconds a connection gets to close before its slot counts as free. */
const longestClose = 2000
/** The share of maxLifetime that chance may take away. */
const lifetimeJitter = 0.25

/**
 * Makes a pool and begins to fill it to `min`.
 *
 * Admission: `max` callers who hold a connection or can get one, and `queue` more who wait for one to be
 * given back. Order: first come, first served, and whoever shares takes others like it along (party.ts); the connection
 * used last is lent first, so that surplus ones grow idle. Everything that changes what can be lent ends in `serve`.
 */
export function createPool<C extends Poolable>(
  given: PoolSettings,
  dependencies: PoolDependencies<C>,
): Pool<C> {
  const { name } = given
  // Only `adjust` writes to it.
  const settings = { ...given }
  const { clock, observe, share } = dependencies
  let max = settings.max
  let queueLimit = settings.queue
  let generation = 0
  let draining = false
  const drained = Promise.withResolvers<void>()
  /** When a borrower last brought back a broken connection (monotonic ms): whatever ended it may have ended others. */
  let doubt = Number.NEGATIVE_INFINITY
  /** The last check failed: what ended that connection may have ended all, and no caller has time to try each in turn. */
  let checksFail = false
  /**
   * Since when (monotonic ms) somebody has waited at every moment, counted from the first who was served and again from
   * each connection that is opened: until then nothing is known of the load that so many bear.
   */
  let behindSince: number | undefined
  /** Moving average of how long a loan takes, for Retry-After. */
  let averageUseMs = 0

  const shelf = createShelf<C>()
  const connector = createConnector<C>(settings, dependencies, {
    connected: (connection) => {
      const now = clock.now()
      const expiresAt = now + settings.maxLifetime * (1 - lifetimeJitter * dependencies.random())
      const entry = shelf.add({ connection, generation, expiresAt }, now)
      const reason = unfit(entry, now)
      if (reason) evict(entry, reason)
      if (behindSince !== undefined) behindSince = now
      serve(now)
    },
    failed: () => serve(clock.now()),
    ready: () => serve(clock.now()),
  })
  const queue = createQueue<Loan<C>>(clock, {
    expired: (caller) => {
      const now = clock.now()
      const waitedMs = now - caller.since
      observe({ kind: 'pool.timeout', pool: name, ms: waitedMs })
      waited(waitedMs)
      const bound = caller.until < caller.deadline ? 'acquireTimeout' : 'deadline'
      const cause = connector.trouble?.error
      const error = timedOut(stats(), { waitedMs, bound, cause, retryAfter: retryAfter() })
      serve(now)
      return error
    },
    aborted: (caller) => {
      serve(clock.now())
      return hungUp(name, caller.signal)
    },
  })
  /** When the process went on after it had stood still (monotonic ms): borrowers could not give back anything before. */
  let wentOn = Number.NEGATIVE_INFINITY
  const ticker = createTicker(clock, tickPeriod, (now, punctual) => {
    if (!punctual) wentOn = now
    if (!punctual && behindSince !== undefined) behindSince = now
    for (const entry of shelf.entries) {
      const { state } = entry
      if (state.kind === 'idle') {
        const reason = unfit(entry, now)
        if (reason) evict(entry, reason)
      } else if (state.kind === 'lent' && now >= Math.max(state.deadline, wentOn) + settings.leakGrace) {
        observe({ kind: 'pool.leak', pool: name, heldMs: now - state.since })
        evict(entry, 'leak')
      }
    }
    evictIdle(
      'idle',
      (entry) => shelf.living() > settings.min && unusedMs(entry, now) >= settings.idleTimeout,
    )
    serve(now)
  })

  const stats = (): PoolStats => ({
    name,
    max,
    min: Math.min(settings.min, max),
    inUse: shelf.count.lent + shelf.count.checking,
    idle: shelf.count.idle,
    connecting: connector.underWay,
    waiting: queue.size,
    queueLimit,
    generation,
    draining,
  })

  /** Seconds after which those who wait now, and one more, should be through. */
  const retryAfter = () => Math.max(1, Math.ceil((averageUseMs * (queue.size + 1)) / max / 1000))

  const unusedMs = (entry: Entry<C>, now: number) =>
    entry.state.kind === 'idle' ? now - entry.state.since : 0

  /** Whether an idle connection may be lent as it is. */
  const trusted = ({ state }: Entry<C>, now: number) =>
    state.kind === 'idle' && now - state.since <= settings.validateAfter && state.since >= doubt

  /** Why a connection must not be lent any more; undefined when it may. */
  const unfit = (entry: Entry<C>, now: number): EvictionReason | undefined => {
    if (!entry.connection.isUsable()) return 'broken'
    if (entry.generation !== generation) return 'generation'
    if (now >= entry.expiresAt) return 'lifetime'
    if (shelf.living() + connector.underWay > max) return 'resize'
    return undefined
  }

  const evict = (entry: Entry<C>, reason: EvictionReason) => {
    const { state } = entry
    // A healthy connection keeps its slot until the server has let go, so that a server with room for `max`
    // is never asked for more. Of the others nobody knows when they end.
    const stuck = reason === 'broken' || reason === 'validation' || reason === 'leak'
    shelf.move(entry, { kind: stuck ? 'discarding' : 'closing' })
    if (state.kind === 'checking') state.abort.abort()
    observe({ kind: 'pool.evict', pool: name, reason })
    const closing = within({ clock, ms: longestClose, run: () => entry.connection.close() })
    const gone = () => {
      shelf.move(entry, { kind: 'gone' })
      serve(clock.now())
    }
    closing.then(gone, (error: unknown) => {
      observe({ kind: 'fault', where: 'pool.close', error })
      gone()
    })
  }

  /** Evicts idle connections, longest unused first, while `surplus` says so. */
  const evictIdle = (reason: EvictionReason, surplus: (entry: Entry<C>) => boolean) => {
    for (let entry = shelf.oldest(); entry && surplus(entry); entry = shelf.oldest()) evict(entry, reason)
  }

  /** Takes a connection back from its borrower or from a check. */
  const shelve = (entry: Entry<C>, now: number) => {
    const reason = unfit(entry, now)
    if (reason) evict(entry, reason)
    else shelf.move(entry, { kind: 'idle', since: now })
  }

  const check = (entry: Entry<C>) => {
    const abort = new AbortController()
    shelf.move(entry, { kind: 'checking', abort })
    const settle = (reason: EvictionReason | undefined) => {
      if (entry.state.kind !== 'checking') return
      const now = clock.now()
      checksFail = reason === 'validation'
      if (reason) evict(entry, reason)
      else shelve(entry, now)
      serve(now)
    }
    const ms = settings.validateTimeout
    within({ clock, ms, abort, run: (o) => dependencies.validate(entry.connection, o) }).then(settle, () =>
      settle('validation'),
    )
  }

  const lend = (entry: Entry<C>, deadline: number, now: number) =>
    shelf.move(entry, { kind: 'lent', since: now, deadline })

  /** Of those who got a connection and of those who were refused for want of one: without these nothing looks slow when it is worst. */
  const waited = (ms: number) => observe({ kind: 'pool.wait', pool: name, ms })

  /** To the first in line, and to those whom it takes along. */
  const give = (entry: Entry<C>, first: Waiter<Loan<C>>, now: number) => {
    const { connection } = entry
    const { shares } = first.caller
    const seatsFor = shares && share?.[shares]
    if (shares === undefined || seatsFor === undefined) {
      lend(entry, first.caller.deadline, now)
      waited(now - first.caller.since)
      first.give({ entry, connection, shared: undefined })
      return
    }
    const party = partyOf(first)
    const { seats, over } = seatsFor(connection, party.length)
    lend(entry, Math.max(...party.map(({ caller }) => caller.deadline)), now)
    const shared = { holders: party.length, over }
    party.forEach((waiter, i) => {
      waited(now - waiter.caller.since)
      waiter.give({ entry, connection: seats[i] as C, shared })
    })
  }

  /** The one place that serves the line and decides what else to do for it. */
  const serve = (now: number) => {
    lendIdle(now)
    const hopeful = checksFail ? 0 : shelf.count.checking
    const wanted = Math.max(queue.size - hopeful, draining ? 0 : settings.min - shelf.living())
    while (connector.underWay < wanted && slotsTaken() < max && connector.mayStart(now)) connector.start()
    refuseTheHopeless(now)
    if (draining && queue.size === 0) closeDown()
  }

  const slotsTaken = () => shelf.living() + shelf.count.closing + connector.underWay

  const lendIdle = (now: number) => {
    refuseTheLate(now)
    for (;;) {
      const entry = shelf.newest()
      const waiter = queue.head()
      if (!entry || !waiter) return
      const reason = unfit(entry, now)
      if (reason) evict(entry, reason)
      else if (trusted(entry, now)) {
        give(entry, waiter, now)
        behindSince = queue.size === 0 ? undefined : (behindSince ?? now)
      } else if (shelf.count.checking < queue.size) check(entry)
      else return
    }
  }

  /**
   * A line that has not been empty for a while is no burst, which it exists to bear: everybody would wait until nearly too
   * late. Then those who have waited long make room for the others, who so are served in time.
   */
  const refuseTheLate = (now: number) => {
    const lastsMs = now - (behindSince ?? now)
    const { wait: waitMs, lasting } = settings.overload
    if (lastsMs < lasting) return
    for (let waiter = queue.head(); waiter && now - waiter.caller.since > waitMs; waiter = queue.head()) {
      const waitedMs = now - waiter.caller.since
      waited(waitedMs)
      waiter.refuse(overloaded(stats(), { waitedMs, waitMs, lastsMs, retryAfter: retryAfter() }))
    }
  }

  /**
   * When nothing is open or about to be and connecting has just failed, nobody need wait to learn that. One failure of
   * a connect that had begun before a caller came is no proof for it: whatever cut its connection cut that one too.
   */
  const refuseTheHopeless = (now: number) => {
    const { trouble } = connector
    if (!trouble || shelf.living() + connector.underWay > 0) return
    const proven = (since: number) => trouble.failures > 1 || trouble.began >= since
    for (let waiter = queue.head(); waiter && proven(waiter.caller.since); waiter = queue.head())
      waiter.refuse(unavailable(stats(), trouble, { now, waitedMs: now - waiter.caller.since }))
  }

  const closeDown = () => {
    connector.abandon()
    evictIdle('drain', () => true)
    if (shelf.entries.size > 0) return
    connector.forget()
    queue.close()
    ticker.stop()
    drained.resolve()
  }

  /** The short way: a connection lies ready and nobody waits. Makes no timer and no promise. */
  const lendAtOnce = (signal: Signal, deadline: number, now: number): Loan<C> | undefined => {
    if (draining || queue.size > 0 || deadline <= now || signal.aborted) return undefined
    const entry = shelf.newest()
    if (!entry || !trusted(entry, now) || unfit(entry, now)) return undefined
    lend(entry, deadline, now)
    waited(0)
    return { entry, connection: entry.connection, shared: undefined }
  }

  /** Whoever else can share comes this turn: they are served together at its end. */
  let serving = false
  const serveSoon = () => {
    if (serving) return
    serving = true
    clock.soon(() => {
      serving = false
      serve(clock.now())
    })
  }

  const waitForOne = (signal: Signal, deadline: number, now: number, shares?: Sharing): Promise<Loan<C>> => {
    if (signal.aborted) return Promise.reject(hungUp(name, signal))
    if (draining) {
      observe({ kind: 'shed', reason: 'draining' })
      return Promise.reject(shuttingDown(stats()))
    }
    if (deadline <= now) return Promise.reject(tooLate(name, now - deadline))
    if (queue.size >= queueLimit + Math.max(0, max - shelf.count.lent))
      return Promise.reject(queueFull(stats(), retryAfter()))
    if (queue.size === 0) behindSince = undefined
    const until = Math.min(deadline, now + settings.acquireTimeout)
    const turn = queue.wait({ since: now, until, deadline, signal, shares })
    if (shares !== undefined) serveSoon()
    else serve(now)
    return turn
  }

  const giveBack = ({ entry, connection, shared }: Loan<C>) => {
    if (shared === undefined) {
      takeBack(entry)
      return
    }
    void connection.close()
    if (--shared.holders === 0) void shared.over.then(() => takeBack(entry))
  }

  const takeBack = (entry: Entry<C>) => {
    const { state } = entry
    // Taken away in the meantime (leak, end of a drain): there is nothing left to give back.
    if (state.kind !== 'lent') return
    const now = clock.now()
    const ms = now - state.since
    averageUseMs += (ms - averageUseMs) / 16
    observe({ kind: 'pool.use', pool: name, ms })
    if (!entry.connection.isUsable()) doubt = now
    shelve(entry, now)
    if (queue.size > 0 || draining) serve(now)
  }

  const withLoan = async <T>(loan: Loan<C>, body: (connection: C) => Promise<T>): Promise<T> => {
    try {
      return await body(loan.connection)
    } finally {
      giveBack(loan)
    }
  }

  const resize = (to: number) => {
    if (!Number.isInteger(to) || to < 1) throw new RangeError(`a pool cannot have ${to} connections`)
    max = to
    queueLimit = Math.round((settings.queue * to) / settings.max)
    evictIdle('resize', () => shelf.living() + connector.underWay > max)
    serve(clock.now())
  }

  serve(clock.now())
  return {
    use: (signal, deadline, body, shares) => {
      const now = clock.now()
      const sharing = shares && share?.[shares] ? shares : undefined
      const loan = sharing === undefined ? lendAtOnce(signal, deadline, now) : undefined
      if (loan !== undefined) return withLoan(loan, body)
      return waitForOne(signal, deadline, now, sharing).then((lent) => withLoan(lent, body))
    },
    stats,
    resize,
    adjust: (to) => {
      Object.assign(settings, to, { name })
      resize(to.max)
    },
    renew: () => {
      generation++
      connector.abandon()
      connector.forget()
      evictIdle('generation', () => true)
      serve(clock.now())
    },
    retry: () => {
      connector.abandon()
      connector.forget()
      serve(clock.now())
    },
    drain: async (signal) => {
      draining = true
      const cut = () => {
        for (let waiter = queue.head(); waiter; waiter = queue.head()) {
          observe({ kind: 'shed', reason: 'draining' })
          waiter.refuse(shuttingDown(stats()))
        }
        for (const entry of shelf.entries)
          if (entry.state.kind === 'lent' || entry.state.kind === 'checking') evict(entry, 'drain')
        serve(clock.now())
      }
      signal.addEventListener('abort', cut)
      if (signal.aborted) cut()
      else serve(clock.now())
      await drained.promise
      signal.removeEventListener('abort', cut)
    },
  }
}
