/** Watches every server of the database: role, position and lag; which one is written to, and which replicas serve reads. */
import type { Clock, Timer } from '#base/clock.ts'
import type { Observe, ReplicaWord } from '#base/observation.ts'
import type { Connection, Engine, Mark, Replication, ServerRole, Standing } from '#engine/engine.ts'
import { createProgress } from './progress.ts'
import { createSeat, type Seat } from './writer.ts'

/** A server as the configuration has it. `host`: may be the primary. */
export interface Server {
  readonly name: string
  readonly kind: 'host' | 'replica'
  readonly engine: Pick<Engine, 'connect' | 'address'>
  readonly replication: Replication
}

/** A server as it was seen last. */
export interface ServerStats {
  readonly name: string
  readonly kind: 'host' | 'replica'
  readonly address: string
  /** `unknown` before the first look, and while it is not reached. */
  readonly role: ServerRole | 'unknown'
  readonly line: string | undefined
  readonly position: string | undefined
  readonly lagMs: number | undefined
  /** Of a host: it is the one that is written to; of a replica: it serves reads. */
  readonly serves: boolean
  readonly why: ReplicaWord | undefined
}

export interface Monitor {
  start(): void
  stop(): Promise<void>
  /** Looks at a server now, or shares the look under way. Rejects when it is not reached. */
  refresh(name: string): Promise<Standing>
  /** What a session of the pools has just seen; the monitor believes the latest word, be it older than its own. */
  saw(name: string, standing: Standing): void
  /** The server that is written to has committed up to there. */
  wrote(mark: Mark): void
  /** A request failed there for want of a connection. */
  failed(name: string): void
  standing(name: string): Standing | undefined
  serves(name: string): boolean
  lagMs(name: string): number
  /** Who is written to, and why nobody is. */
  seat(): Seat
  /** A round of looks at all hosts that begins now, or the one under way. */
  lookAround(): Promise<void>
  /** Sessions with these servers go elsewhere from now on: what was known of them is forgotten, and they are looked at. */
  moved(names: ReadonlySet<string>): void
  stats(): readonly ServerStats[]
}

const periodMs = 1000
/** Pause after a failure that is not yet the last allowed one, so that a dead server is noticed soon. */
const hurriedMs = 200
const lookTimeoutMs = 800
/** So many failures in a row, of looks and of requests together, and a replica serves no more. */
const strikes = 3
/** Longest wait for the primary's position before the replicas are asked for theirs. */
const headStartMs = 100

interface Watched {
  readonly server: Server
  /** Counts its moves: what was asked before one says nothing of the server it is now. */
  place: number
  session: Connection | undefined
  standing: Standing | undefined
  failures: number
  looking: Promise<Standing> | undefined
  lagMs: number | undefined
  serves: boolean
  why: ReplicaWord
}

export interface MonitorDependencies {
  readonly clock: Clock
  readonly observe: Observe
  readonly servers: readonly Server[]
  readonly maxLagMs: number
  /** The server that is written to is another one, or it is unclear which: sessions with it must not be used again. */
  readonly onWriter: () => void
}

export function createMonitor(d: MonitorDependencies): Monitor {
  const { clock, observe } = d
  const [first] = d.servers
  if (first === undefined) throw new Error('nothing to watch')
  const { replication } = first
  let progress = createProgress(replication)
  let seats = createSeat(replication.younger)
  const stopped = new AbortController()
  const timers = new Set<Timer>()
  const all = new Map<string, Watched>(
    d.servers.map((server) => [
      server.name,
      {
        server,
        place: 0,
        session: undefined,
        standing: undefined,
        failures: 0,
        looking: undefined,
        lagMs: undefined,
        serves: false,
        why: 'unreachable',
      },
    ]),
  )
  const hosts = [...all.values()].filter((w) => w.server.kind === 'host')
  const replicas = [...all.values()].filter((w) => w.server.kind === 'replica')
  const of = (name: string): Watched => {
    const found = all.get(name)
    if (found === undefined) throw new Error(`no server ${name}`)
    return found
  }

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = clock.after(ms, () => {
        timers.delete(timer)
        resolve()
      })
      timers.add(timer)
    })

  const move = (w: Watched, serves: boolean, why: ReplicaWord) => {
    const changed = w.serves !== serves || (!serves && w.why !== why)
    w.serves = serves
    w.why = why
    if (changed) observe({ kind: 'replica', endpoint: w.server.name, serves, why, lagMs: w.lagMs })
  }

  const judgeReplica = (w: Watched) => {
    if (w.server.kind !== 'replica') return
    const { standing } = w
    if (standing === undefined || w.failures >= strikes) return move(w, false, 'unreachable')
    if (standing.role === 'primary' && standing.fed !== true) return move(w, false, 'primary')
    const lag = w.lagMs ?? 0
    // Once out for its lag, it must have caught up well, or it would come and go.
    const limit = w.why === 'lag' && !w.serves ? d.maxLagMs / 2 : d.maxLagMs
    return lag > limit ? move(w, false, 'lag') : move(w, true, 'well')
  }

  /** @param settled all hosts have just been looked at */
  const judgeWriter = (settled = false) => {
    const before = seats.now()
    // A replica that is fed is one, though it would take writes.
    const claims = [...hosts, ...replicas].flatMap((w) =>
      w.standing?.role === 'primary' &&
      w.failures < strikes &&
      (w.server.kind === 'host' || w.standing.fed !== true)
        ? [
            {
              name: w.server.name,
              mayLead: w.server.kind === 'host',
              server: w.standing.server,
              mark: w.standing,
              doubtful: w.failures > 0,
              fed: w.standing.fed === true,
            },
          ]
        : [],
    )
    const after = seats.judge(claims, hosts.length === 1 ? hosts[0]?.server.name : undefined, settled)
    // In a switchover the old primary was seen up to a second ago, and is none any more.
    if (after === before && claims.length > 1) void lookAround()
    const news =
      after.state !== before.state ||
      after.writer !== before.writer ||
      (after.claimed.length > 1 && after.claimed.join() !== before.claimed.join())
    if (!news) return
    if (after.state !== 'unknown')
      observe({
        kind: 'writer',
        from: before.writer,
        to: after.writer,
        why: after.state === 'taken' ? 'found' : after.state === 'empty' ? 'lost' : after.state,
        primaries: after.claimed,
      })
    const moved = after.state !== before.state || after.writer !== before.writer
    if (moved && before.state !== 'unknown' && after.state !== 'empty') d.onWriter()
  }

  const saw = (w: Watched, standing: Standing) => {
    const now = clock.now()
    w.standing = standing
    w.failures = 0
    for (const other of all.values())
      if (
        other !== w &&
        other.standing?.server === standing.server &&
        other.standing.role !== standing.role
      ) {
        // The same server by another name.
        other.standing = standing
        judgeReplica(other)
      }
    if (w.server.kind === 'host') {
      judgeWriter()
      if (standing.role === 'primary' && seats.now().writer === w.server.name)
        progress.primaryAt(standing, now)
    } else {
      const follows = standing.role === 'replica' || standing.fed === true
      w.lagMs = follows ? progress.lagOf(standing, now) : undefined
      judgeReplica(w)
      if (standing.role === 'primary') judgeWriter()
    }
  }

  const failed = (w: Watched) => {
    w.failures++
    if (w.failures < strikes) return
    if (w.server.kind === 'replica') {
      // What it told last says nothing of how far it is behind by now.
      w.lagMs = Number.POSITIVE_INFINITY
      judgeReplica(w)
    } else {
      w.standing = undefined
      judgeWriter()
    }
  }

  const ask = async (w: Watched): Promise<Standing> => {
    const abort = new AbortController()
    const deadline = clock.now() + lookTimeoutMs
    const late = Promise.withResolvers<never>()
    late.promise.catch(() => {})
    const timer = clock.after(lookTimeoutMs, () => {
      const error = Object.assign(new Error(`no answer within ${lookTimeoutMs} ms`), {
        code: 'PROBE_TIMEOUT',
      })
      abort.abort(error)
      late.reject(error)
    })
    const { place } = w
    let { session } = w
    const work = async () => {
      if (session?.isUsable() !== true) {
        void session?.close()
        session = await w.server.engine.connect({ deadline, signal: abort.signal })
        if (w.place !== place || abort.signal.aborted) {
          void session.close()
          throw new Error('the session came too late')
        }
        w.session = session
      }
      return w.server.replication.standing(session, { deadline, signal: abort.signal })
    }
    try {
      return await Promise.race([work(), late.promise])
    } catch (error) {
      if (w.session === session) w.session = undefined
      void session?.close()
      throw error
    } finally {
      timer.cancel()
    }
  }

  const look = (w: Watched): Promise<Standing> => {
    if (w.looking !== undefined) return w.looking
    const { place } = w
    const looking = ask(w)
      .then(
        (standing) => {
          if (w.place !== place) return look(w)
          if (!stopped.signal.aborted) saw(w, standing)
          return standing
        },
        (error: unknown) => {
          if (w.place !== place) return look(w)
          if (!stopped.signal.aborted) failed(w)
          throw error
        },
      )
      .finally(() => {
        if (w.looking === looking) w.looking = undefined
      })
    w.looking = looking
    return looking
  }
  const tryLook = (w: Watched): Promise<unknown> => look(w).catch(() => undefined)

  let around: Promise<void> | undefined
  const lookAround = (): Promise<void> => {
    if (around !== undefined) return around
    const mine: Promise<void> = Promise.all(hosts.map(tryLook))
      .then(() => {
        // A host has moved meanwhile, and all are looked at once more.
        if (around !== mine) return around
        seats.lookedAround()
        judgeWriter(true)
        return undefined
      })
      .finally(() => {
        if (around === mine) around = undefined
      })
    around = mine
    return mine
  }

  const moved = (names: ReadonlySet<string>) => {
    const gone = [...all.values()].filter((w) => names.has(w.server.name))
    if (gone.length === 0) return
    for (const w of gone) {
      w.place++
      void w.session?.close()
      Object.assign(w, { session: undefined, standing: undefined, looking: undefined, lagMs: undefined })
      w.failures = 0
      judgeReplica(w)
    }
    // Another database, for all that is known: an old history there is not the older one of this.
    if (hosts.every((w) => gone.includes(w))) {
      seats = createSeat(replication.younger)
      progress = createProgress(replication)
    }
    around = undefined
    void lookAround().then(() => gone.filter((w) => w.server.kind === 'replica').map(tryLook))
  }

  const round = async () => {
    const began = clock.now()
    // The primary's position is taken first: what a replica lacks of it, it lacked then.
    const hostsSeen = lookAround()
    await Promise.race([hostsSeen, sleep(headStartMs)])
    await Promise.all([hostsSeen, ...replicas.map(tryLook)])
    if (stopped.signal.aborted) return
    const hurried = [...all.values()].some((w) => w.failures > 0 && w.failures < strikes)
    const pause = hurried ? hurriedMs : Math.max(hurriedMs, periodMs - (clock.now() - began))
    const timer = clock.after(pause, () => {
      timers.delete(timer)
      void round()
    })
    timers.add(timer)
  }

  return {
    start: () => void round(),
    stop: async () => {
      stopped.abort()
      for (const timer of timers) timer.cancel()
      timers.clear()
      await Promise.all([...all.values()].map(async (w) => w.session?.close()))
    },
    refresh: (name) => look(of(name)),
    saw: (name, standing) => saw(of(name), standing),
    wrote: (mark) => {
      const { writer } = seats.now()
      const w = writer === undefined ? undefined : of(writer)
      if (w?.standing === undefined || w.standing.line !== mark.line) return
      w.standing = { ...w.standing, position: mark.position }
      progress.primaryAt(mark, clock.now())
    },
    failed: (name) => failed(of(name)),
    standing: (name) => of(name).standing,
    serves: (name) => of(name).serves,
    lagMs: (name) => of(name).lagMs ?? 0,
    seat: () => seats.now(),
    lookAround,
    moved,
    stats: () =>
      [...all.values()].map((w) => {
        const reached = w.standing !== undefined && w.failures < strikes
        return {
          name: w.server.name,
          kind: w.server.kind,
          address: w.server.engine.address,
          role: reached ? (w.standing?.role ?? 'unknown') : 'unknown',
          line: w.standing?.line,
          position: w.standing?.position || undefined,
          lagMs: w.lagMs,
          serves: w.server.kind === 'host' ? seats.now().writer === w.server.name : w.serves,
          why: w.server.kind === 'host' ? undefined : w.why,
        }
      }),
  }
}
