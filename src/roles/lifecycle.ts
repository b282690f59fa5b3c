/** The life of a process: its parts start in order, drain and stop in reverse, within bounded time. */
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'

/** Something that lives as long as the process. */
export interface Part {
  readonly name: string
  /** Resolves when others may rely on it; `signal` aborts when the process is told to end meanwhile. */
  start?(signal: AbortSignal): Promise<void> | void
  /** Takes nothing new and resolves when what it has under way is done; after `signal` aborts there is a second left. */
  drain?(signal: AbortSignal): Promise<void> | void
  /** Ends it; also called after a failed or unfinished drain. Only parts whose start was begun are stopped. */
  stop?(): Promise<void> | void
}

/** How far it is. */
export type Phase = 'starting' | 'running' | 'draining' | 'stopped'

/** Listens to signals of the operating system; gives a function that stops listening. */
export type Signals = (body: (signal: 'SIGTERM' | 'SIGINT') => void) => () => void

/** The lifecycle of one process. */
export interface Lifecycle {
  /** Parts start in the order in which they are registered; only before `run`. */
  register(part: Part): void
  /**
   * Lives the whole life: start, wait for a signal or `shutdown`, drain, stop.
   * @returns the exit code 0 (an orderly end is no failure of a Job, whatever began it)
   * @throws what a part threw at its start, after the parts before it are stopped
   */
  run(): Promise<0>
  /** What a signal does: begins the shutdown; called again, cuts delay and drain short. */
  shutdown(): void
  phase(): Phase
  /** Aborts when requests still under way must end now; the reason is a GatewayError `draining`. */
  readonly cancelled: AbortSignal
}

/** Time to answer what was cancelled. */
const cancelGraceMs = 1000
/** Time one part has to stop. */
const stopTimeoutMs = 5000

/** The signals of this process. Handlers alone do not keep Node alive, so this does until it is stopped. */
export const processSignals: Signals = (body) => {
  const { port1: alive } = new MessageChannel()
  alive.ref()
  process.on('SIGTERM', body)
  process.on('SIGINT', body)
  return () => {
    process.off('SIGTERM', body)
    process.off('SIGINT', body)
    alive.close()
  }
}

/**
 * Makes a lifecycle. The end goes in this order: `onDraining` (readiness fails) → `drainDelayMs` (go on serving:
 * without native sidecars the application ends at the same time, and still asks) → every part drains in reverse
 * order, in all `drainTimeoutMs` → `cancelled` aborts, and one second to answer what it cut off → every part stops
 * in reverse order. A part that fails or hangs is observed as a fault and passed over.
 */
export function createLifecycle(o: {
  clock: Clock
  observe: Observe
  signals: Signals
  drainDelayMs: number
  drainTimeoutMs: number
  /** Called first of all when the end begins. */
  onDraining: () => void
}): Lifecycle {
  const parts: Part[] = []
  let phase: Phase = 'starting'
  const end = new AbortController()
  const hurry = new AbortController()
  const cancel = new AbortController()

  const shutdown = () =>
    (end.signal.aborted ? hurry : end).abort(new GatewayError('draining', 'The gateway shuts down.'))

  const pause = (ms: number, ...until: readonly AbortSignal[]) =>
    new Promise<void>((resolve) => {
      if (ms <= 0 || until.some((signal) => signal.aborted)) return resolve()
      const finish = () => {
        timer.cancel()
        for (const signal of until) signal.removeEventListener('abort', finish)
        resolve()
      }
      const timer = o.clock.after(ms, finish)
      for (const signal of until) signal.addEventListener('abort', finish)
    })
  const aborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })

  const fault = (where: string, error: unknown) => o.observe({ kind: 'fault', where, error })
  const attempt = async (where: string, body: () => Promise<void> | void): Promise<void> => {
    try {
      await body()
    } catch (error) {
      fault(where, error)
    }
  }

  /** Whether `work`, which never rejects, ended before the time was over or a signal aborted. */
  const within = async (work: Promise<void>, ms: number, ...until: readonly AbortSignal[]) => {
    const done = new AbortController()
    const finished = work.then(() => done.abort())
    await Promise.race([finished, pause(ms, done.signal, ...until)])
    return done.signal.aborted
  }

  const drainAll = async (started: readonly Part[]): Promise<void> => {
    const begun = o.clock.now()
    const drained = (async () => {
      for (const part of started.toReversed())
        await attempt(`drain ${part.name}`, () => part.drain?.(cancel.signal))
    })()
    await within(drained, o.drainTimeoutMs, hurry.signal)
    const waited = Math.round(o.clock.now() - begun)
    // Also after a complete drain: from here on nothing may begin.
    cancel.abort(
      new GatewayError(
        'draining',
        `The gateway shuts down, and cancelled what was not finished after ${waited} ms.`,
        { facts: { waitedMs: waited, drainTimeoutMs: o.drainTimeoutMs } },
      ),
    )
    await within(drained, cancelGraceMs)
  }

  const stopAll = async (started: readonly Part[]): Promise<void> => {
    for (const part of started.toReversed()) {
      const where = `stop ${part.name}`
      const stopped = attempt(where, () => part.stop?.())
      if (!(await within(stopped, stopTimeoutMs)))
        fault(where, new Error(`did not stop within ${stopTimeoutMs} ms`))
    }
  }

  const run = async (): Promise<0> => {
    const unlisten = o.signals(shutdown)
    const started: Part[] = []
    let failure: { error: unknown } | undefined
    o.observe({ kind: 'lifecycle', phase: 'starting' })
    try {
      for (const part of parts) {
        if (end.signal.aborted) break
        started.push(part)
        await Promise.race([part.start?.(end.signal), aborted(end.signal)])
      }
    } catch (error) {
      // A start that the shutdown cut off has not failed.
      if (!end.signal.aborted) failure = { error }
    }
    if (!failure && !end.signal.aborted) {
      phase = 'running'
      o.observe({ kind: 'lifecycle', phase: 'listening' })
      await aborted(end.signal)
    }
    phase = 'draining'
    o.onDraining()
    o.observe({ kind: 'lifecycle', phase: 'draining' })
    if (!failure) {
      await pause(o.drainDelayMs, hurry.signal)
      await drainAll(started)
    }
    await stopAll(started)
    phase = 'stopped'
    o.observe({ kind: 'lifecycle', phase: 'stopped' })
    unlisten()
    if (failure) throw failure.error
    return 0
  }

  return {
    register: (part) => parts.push(part),
    run,
    shutdown,
    phase: () => phase,
    cancelled: cancel.signal,
  }
}
