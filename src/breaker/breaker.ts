/** A circuit breaker: lets calls through while they succeed, refuses them at once while they would fail, and comes back step by step. */
import type { Clock, Timer } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { BreakerWord, Observe } from '#base/observation.ts'
import { createWindow, type Counts, type Outcome } from './window.ts'

export interface BreakerSettings {
  /** What it protects, for people and metrics: `primary/read`. */
  readonly target: string
  /** Milliseconds. */
  readonly window: number
  readonly minCalls: number
  /** Shares, above 0 and at most 1. */
  readonly failureRate: number
  readonly slowRate: number
  /** Milliseconds. */
  readonly slowCall: number
  readonly openFor: number
  readonly maxOpenFor: number
  readonly probeTimeout: number
  readonly rampStep: number
}

export interface BreakerDependencies {
  readonly clock: Clock
  readonly observe: Observe
  /** 0 to 1, for the jitter of the open time. */
  readonly random: () => number
  /** Tries the target; rejects while it is not fit. Need not heed the signal. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>
}

/** Why a circuit opened. `ramp`: calls failed while it came back. */
export type TripReason = 'failures' | 'slow' | 'ramp'

/** The states; `wait` is the open time (ms) that led here, the measure of the next one. Times are monotonic ms. */
type State =
  | { readonly kind: 'closed'; readonly since: number; readonly wait: number }
  | {
      readonly kind: 'open'
      readonly since: number
      readonly wait: number
      readonly why: TripReason
      readonly counts: Counts
      /** When the next try begins; it may be under way. */
      readonly nextProbe: number
      readonly probes: number
    }
  | {
      readonly kind: 'ramp'
      readonly since: number
      readonly wait: number
      readonly step: number
      /** Calls that asked, were let through, and failed. */
      asked: number
      admitted: number
      failed: number
    }

/** For /status and metrics. */
export interface BreakerStats extends Counts {
  readonly target: string
  readonly state: BreakerWord
  /** Milliseconds in this state. */
  readonly forMs: number
  /** Milliseconds until the next try; 0 unless open. */
  readonly nextProbeMs: number
}

export interface Breaker {
  /** @throws GatewayError breaker_open, at once and with the numbers */
  admit(): void
  /**
   * What became of an admitted call. Calls that say nothing of the target are not told.
   * @param ms what it took, for whether it was slow
   * @param age how long ago (ms) the target was given it, where that is not the same
   */
  note(failed: boolean, ms: number, age?: number): void
  stats(): BreakerStats
  /** Ends its timers and tries. */
  stop(): void
}

/** Shares of the calls that are let through on the way back, step by step. */
const ramp = [0.1, 0.5] as const
/** So many failures in the ramp, if they are at least half of its calls, end it: one may be a straggler. */
const rampFailures = 2
/** A circuit that stays closed for so many windows has recovered: the next outage begins with the shortest open time. */
const calmWindows = 3

/** Makes a closed breaker. */
export function createBreaker(settings: BreakerSettings, d: BreakerDependencies): Breaker {
  const { clock, observe } = d
  const { target } = settings
  const window = createWindow(settings.window)
  let state: State = { kind: 'closed', since: clock.now(), wait: 0 }
  let timer: Timer | undefined
  let trying: AbortController | undefined
  /** When it came back last: calls that began before that tell of the outage, however late they end. */
  let back = Number.NEGATIVE_INFINITY

  /** The only writer of `state`. */
  const move = (next: State, detail: Readonly<Record<string, unknown>> = {}) => {
    const from = state.kind
    state = next
    timer?.cancel()
    timer = undefined
    if (from !== next.kind) observe({ kind: 'breaker', target, from, to: next.kind, detail })
  }

  const open = (why: TripReason, now: number) => {
    const counts = window.counts(now)
    const calm = state.kind === 'closed' && now - state.since >= settings.window * calmWindows
    const full = calm || state.wait === 0 ? settings.openFor : Math.min(settings.maxOpenFor, state.wait * 2)
    // A fifth by chance, so that the pods of a database do not all try in step.
    const wait = full * (0.8 + 0.4 * d.random())
    window.clear()
    move(
      { kind: 'open', since: now, wait: full, why, counts, nextProbe: now + wait, probes: 0 },
      { why, ...counts, openMs: Math.round(wait) },
    )
    timer = clock.after(wait, probe)
  }

  const close = (now: number) => {
    window.clear()
    move({ kind: 'closed', since: now, wait: state.wait })
  }

  const climb = (step: number) => {
    const now = clock.now()
    if (step >= ramp.length || settings.rampStep === 0) return close(now)
    move({ kind: 'ramp', since: now, wait: state.wait, step, asked: 0, admitted: 0, failed: 0 })
    timer = clock.after(settings.rampStep, () => climb(step + 1))
  }

  /** Tries until it succeeds; a try that hangs is given up, and nobody waits for it. */
  const probe = () => {
    if (state.kind !== 'open') return
    const abort = new AbortController()
    trying = abort
    let over = false
    const settle = (failed: boolean) => {
      if (over) return
      over = true
      limit.cancel()
      if (trying !== abort) return
      trying = undefined
      abort.abort()
      if (state.kind !== 'open') return
      if (!failed) {
        back = clock.now()
        return climb(0)
      }
      const wait = settings.openFor * (0.8 + 0.4 * d.random())
      move({ ...state, nextProbe: clock.now() + wait, probes: state.probes + 1 })
      timer = clock.after(wait, probe)
    }
    const limit = clock.after(settings.probeTimeout, () => settle(true))
    d.probe(abort.signal).then(
      () => settle(false),
      () => settle(true),
    )
  }

  const refused = (retryAfterMs: number): GatewayError => {
    const now = clock.now()
    const forMs = Math.round(now - state.since)
    const counts = state.kind === 'open' ? state.counts : window.counts(now)
    const why =
      state.kind === 'open'
        ? `${counts.failures} of ${counts.calls} calls failed and ${counts.slow} took over ${settings.slowCall} ms; it is tried again in ${Math.max(0, Math.round(state.nextProbe - now))} ms`
        : 'it is coming back, and takes a part of the requests'
    return new GatewayError('breaker_open', `The circuit to ${target} is open for ${forMs} ms: ${why}.`, {
      facts: { target, state: state.kind, forMs, ...counts },
      // A second by chance at most, so that the refused do not come back in step.
      retryAfter: Math.max(1, Math.ceil(retryAfterMs / 1000 + d.random() - 0.5)),
    })
  }

  const judge = (now: number) => {
    const { calls, failures, slow } = window.counts(now)
    if (calls < settings.minCalls) return
    if (failures / calls >= settings.failureRate) open('failures', now)
    else if (slow / calls >= settings.slowRate) open('slow', now)
  }

  return {
    admit: () => {
      switch (state.kind) {
        case 'closed':
          return
        case 'open':
          throw refused(state.nextProbe - clock.now() + settings.rampStep)
        case 'ramp':
          state.asked++
          // The first always: a quiet service would else wait for its tenth request.
          if (state.admitted >= Math.ceil(state.asked * (ramp[state.step] as number)))
            throw refused(settings.rampStep)
          state.admitted++
          return
        default:
          state satisfies never
      }
    },
    note: (failed, ms, age = ms) => {
      const now = clock.now()
      if (now - age < back) return
      const outcome: Outcome = failed ? 'failure' : ms > settings.slowCall ? 'slow' : 'ok'
      switch (state.kind) {
        case 'closed':
          window.note(outcome, now)
          // Good calls alone open nothing.
          if (outcome !== 'ok') judge(now)
          return
        case 'ramp':
          if (outcome !== 'failure') return
          state.failed++
          if (state.failed >= rampFailures && state.failed * 2 >= state.admitted) open('ramp', now)
          return
        case 'open':
          // Calls that were under way when it opened say nothing new.
          return
        default:
          state satisfies never
      }
    },
    stats: () => {
      const now = clock.now()
      return {
        target,
        state: state.kind,
        forMs: Math.round(now - state.since),
        nextProbeMs: state.kind === 'open' ? Math.max(0, Math.round(state.nextProbe - now)) : 0,
        ...(state.kind === 'open' ? state.counts : window.counts(now)),
      }
    },
    stop: () => {
      timer?.cancel()
      trying?.abort()
      trying = undefined
    },
  }
}
