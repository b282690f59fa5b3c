/** Which server does a trip: writes go to the primary, reads to a replica that serves and has what the caller wrote. */
import type { Clock } from '#base/clock.ts'
import type { Context } from '#base/context.ts'
import { type ErrorCode, GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'
import type { Connection, Mark, Replication } from '#engine/engine.ts'
import { type Gate, hasRoom, leastLoaded } from '#pool/lanes.ts'
import type { Pool } from '#pool/types.ts'
import { callerOf, type Tokens, type Windows } from './consistency.ts'
import type { Execute, Trip } from './execute.ts'
import type { Monitor } from './monitor.ts'
import { refusalOf } from './writer.ts'

type Body<T> = (c: Connection) => Promise<T>

/** A replica: its own pool and circuits behind one Execute. */
export interface ReplicaLane {
  readonly name: string
  readonly execute: Execute
  readonly pool: Pick<Pool<Connection>, 'stats'>
}

export interface RouteDependencies {
  readonly clock: Clock
  readonly observe: Observe
  readonly primary: Execute
  readonly primaryPool: Pick<Pool<Connection>, 'stats'>
  readonly replicas: readonly ReplicaLane[]
  readonly monitor: Pick<
    Monitor,
    'serves' | 'lagMs' | 'standing' | 'refresh' | 'failed' | 'seat' | 'wrote' | 'lookAround'
  >
  readonly replication: Replication
  readonly tokens: Tokens
  readonly windows: Windows
  /** For reads that belong to replicas, on the primary. */
  readonly gate: Gate
  /** Longest wait (ms) for a replica to replay what a token asks for. */
  readonly waitMs: number
}

/** Another server may do what this one refused so. */
const elsewhere = new Set<ErrorCode>([
  'pool_timeout',
  'queue_full',
  'overloaded',
  'breaker_open',
  'database_unavailable',
  'draining',
  // A conflict with replay, a change of the schema not yet replayed, a routine that writes after all.
  'conflict',
  'schema_changed',
  'not_supported',
])

/** Longest time (ms) to ask for the position of a write that is done: its answer must not wait for more. */
const markMs = 250

/** Pause (ms) between two looks at how far a replica has come. */
const pollMs = 4
/** A replica this far behind (ms) will not be there within any wait worth waiting. */
const hopelessMs = 1000

export function createRoute(d: RouteDependencies): Execute {
  const { clock, monitor, replication } = d
  let turn = 0

  const has = (lane: ReplicaLane, wanted: Mark): boolean => {
    const at = monitor.standing(lane.name)
    return at !== undefined && replication.holds(at, wanted) === 'yes'
  }

  const write = async <T>(ctx: Context, trip: Trip, body: Body<T>): Promise<T> => {
    const refusal = refusalOf(monitor.seat())
    if (refusal !== undefined) throw refusal
    const { consistency } = ctx
    if (consistency?.token !== undefined) d.tokens.read(consistency.token)
    try {
      // The position behind a commit is asked on a connection of its own.
      const alone = consistency === undefined ? trip : { ...trip, shares: undefined }
      return await d.primary(ctx, alone, async (c) => {
        const wanted = consistency !== undefined && replication.exact
        const heard = wanted ? replication.along?.(c) : undefined
        let mark: Mark | undefined
        let value: T
        try {
          value = await body(c)
        } finally {
          mark = heard?.()
        }
        if (wanted) {
          // The write is done: without its position the answer has no token, and that is all.
          const until = { deadline: Math.min(ctx.deadline, clock.now() + markMs), signal: ctx.signal }
          mark ??= await replication.mark(c, until).catch(() => undefined)
          if (mark !== undefined) {
            monitor.wrote(mark)
            consistency.answer = d.tokens.write(mark)
          }
        }
        return value
      })
    } finally {
      d.windows.wrote(callerOf(ctx))
    }
  }

  /** @throws GatewayError consistency_lost, when the primary will never have what the token stands for */
  const checkPrimary = async (ctx: Context, wanted: Mark): Promise<void> => {
    const name = monitor.seat().writer
    if (name === undefined) return
    const holds = () => {
      const at = monitor.standing(name)
      if (at === undefined || replication.holds(at, wanted) === 'yes') return 'yes'
      // It serves what it has written, be it on disk or not.
      return replication.holds({ ...at, position: at.written ?? at.position }, wanted)
    }
    const askAgain = () =>
      monitor.refresh(name).then(
        () => true,
        () => false,
      )
    // What is known is up to a second old: before a refusal it is asked, and once more, for a look that was under way may
    // have seen the server before the write.
    const answered = holds() === 'yes' || ((await askAgain()) && (holds() === 'yes' || (await askAgain())))
    const held = holds()
    if (held === 'yes') return
    if (ctx.consistency !== undefined) ctx.consistency.answer = undefined
    if (held === 'not_yet' && !answered)
      throw new GatewayError(
        'database_unavailable',
        'The primary does not answer, so nobody can tell whether it has what the token stands for.',
        { retryAfter: 1 },
      )
    if (held === 'not_yet' && monitor.standing(name)?.line !== wanted.line)
      throw new GatewayError(
        'database_unavailable',
        'The token was given out by a primary that this gateway has not found yet.',
        { retryAfter: 1 },
      )
    throw new GatewayError(
      'consistency_lost',
      'The write that the token stands for is not on the present primary: it was lost in a failover.',
    )
  }

  /** A replica that serves, has what is wanted and was not tried; with room for one more if any has. */
  const choose = (tried: ReadonlySet<string>, wanted: Mark | undefined): ReplicaLane | 'full' | undefined => {
    const fit = d.replicas.filter(
      (lane) =>
        monitor.serves(lane.name) && !tried.has(lane.name) && (wanted === undefined || has(lane, wanted)),
    )
    if (fit.length === 0) return undefined
    const loads = fit.map((lane) => ({ ...lane.pool.stats(), lagMs: monitor.lagMs(lane.name) }))
    const at = leastLoaded(loads, turn++)
    const load = loads[at]
    if (load !== undefined && hasRoom(load)) return fit[at]
    return d.gate.free() && hasRoom(d.primaryPool.stats()) ? 'full' : fit[at]
  }

  /** Until a replica has what is wanted, or the time is over. */
  const cameNear = async (ctx: Context, tried: ReadonlySet<string>, wanted: Mark): Promise<boolean> => {
    const until = Math.min(clock.now() + d.waitMs, ctx.deadline)
    const near = d.replicas.filter(
      (lane) => monitor.serves(lane.name) && !tried.has(lane.name) && monitor.lagMs(lane.name) < hopelessMs,
    )
    if (near.length === 0) return false
    for (;;) {
      const left = until - clock.now()
      if (left <= 0 || ctx.signal.aborted) return false
      await Promise.race([Promise.allSettled(near.map(({ name }) => monitor.refresh(name))), sleep(left)])
      if (near.some((lane) => has(lane, wanted))) return true
      await sleep(Math.min(pollMs, Math.max(0, until - clock.now())))
    }
  }
  const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve))

  const mayGoOn = (ctx: Context, trip: Trip, error: unknown): boolean =>
    error instanceof GatewayError &&
    (elsewhere.has(error.code) || error === notThere) &&
    (trip.repeatable?.() ?? true) &&
    clock.now() < ctx.deadline &&
    !ctx.signal.aborted

  const read = async <T>(ctx: Context, trip: Trip, body: Body<T>): Promise<T> => {
    const { consistency } = ctx
    const token = consistency?.token
    const wanted = token === undefined ? undefined : d.tokens.read(token)
    if (consistency !== undefined) consistency.answer = token
    if (wanted === undefined && d.windows.open(callerOf(ctx))) {
      d.observe({ kind: 'ryw', outcome: 'primary' })
      return d.primary(ctx, trip, body)
    }
    // A replica of the line that was left may still have what the primary has lost.
    const leader = monitor.seat().writer
    const line = leader === undefined ? undefined : monitor.standing(leader)?.line
    if (wanted !== undefined && line !== undefined && line !== wanted.line) await checkPrimary(ctx, wanted)
    const tried = new Set<string>()
    let waited = false
    for (;;) {
      let lane = choose(tried, wanted)
      if (lane === undefined && wanted !== undefined && !waited) {
        waited = true
        if (await cameNear(ctx, tried, wanted)) lane = choose(tried, wanted)
      }
      if (lane === undefined || lane === 'full') break
      const { name, execute } = lane
      try {
        const value = await execute(ctx, trip, (c) => {
          // The session may be younger than the look, and the server behind where it was: a restart does that.
          if (wanted !== undefined && !has({ name } as ReplicaLane, wanted)) throw notThere
          return body(c)
        })
        if (wanted !== undefined) d.observe({ kind: 'ryw', outcome: waited ? 'waited' : 'replica' })
        return value
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'database_unavailable') monitor.failed(name)
        if (!mayGoOn(ctx, trip, error)) throw error
        tried.add(name)
      }
    }
    if (wanted === undefined) return d.gate.use(ctx.signal, ctx.deadline, () => d.primary(ctx, trip, body))
    await checkPrimary(ctx, wanted)
    d.observe({ kind: 'ryw', outcome: 'primary' })
    return d.primary(ctx, trip, body)
  }

  return (ctx, trip, body) => (trip.write ? write(ctx, trip, body) : read(ctx, trip, body))
}

/** The primary alone, of several hosts: nothing is written while it is unclear which one that is. */
export const onlyWhenClear =
  (primary: Execute, monitor: Pick<Monitor, 'seat'>): Execute =>
  (ctx, trip, body) => {
    const refusal = trip.write ? refusalOf(monitor.seat()) : undefined
    return refusal === undefined ? primary(ctx, trip, body) : Promise.reject(refusal)
  }

/** A replica turned out not to have what its standing promised. Never leaves this file. */
const notThere = new GatewayError('internal', 'The replica has not replayed what the token asks for.')
