/** Follows the files of the configuration: what they say is taken into service whole, or not at all. */
import type { Clock, Timer } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import { changedKeys, takesEffectNow, withLiveParts } from './changes.ts'
import { faultLine } from './fault.ts'
import { type NotedFiles, noteReads } from './files.ts'
import type { Faults } from './load.ts'
import type { Config } from './schema.ts'

/** For /status. */
export interface ReloadStats {
  /** What became of the last change of the files; `start` before there was one. */
  readonly result: 'start' | 'applied' | 'rejected' | 'postponed'
  /** Wall clock milliseconds of it. */
  readonly at: number
  /** Keys that take effect at the next start. */
  readonly restart: readonly string[]
  /** What is wrong with the files, one line a fault. */
  readonly faults: readonly string[]
}

/** In service, or not yet, and why. */
export type Applied = 'applied' | { readonly postponed: unknown }

export interface Reloader {
  start(): void
  stop(): void
  /** Looks now, and resolves when what was found is in service or refused. Never rejects. */
  look(): Promise<'unchanged' | 'applied' | 'rejected' | 'postponed'>
  /** Something points to a change (a login was refused): looks now, at most once a second. */
  hint(): void
  stats(): ReloadStats
}

/** Least time (ms) between two looks for hints: each connection that fails is one. */
const hintMs = 1000

/** What keeps these keys out of service, in one line for /status. */
const faultOf = (keys: readonly string[], error: unknown): string =>
  faultLine({
    key: keys.join(', '),
    message: error instanceof Error ? error.message : 'unforeseen',
    origin: '',
  })

/**
 * @param o.files what the configuration in service was read through
 * @param o.load reads it anew
 * @param o.apply takes the keys into service, or says why not yet. Throws when it cannot be: then nothing has changed
 */
export function createReloader(o: {
  clock: Clock
  observe: Observe
  /** Milliseconds between two looks; 0: none but those asked for. */
  periodMs: number
  config: Config
  files: NotedFiles
  load: (files: NotedFiles) => { readonly config: Config } | Faults
  apply: (config: Config, keys: readonly string[]) => Promise<Applied>
}): Reloader {
  const { clock } = o
  let inService = o.config
  let seen = o.files
  let state: ReloadStats = { result: 'start', at: clock.wall(), restart: [], faults: [] }
  let looking: ReturnType<Reloader['look']> | undefined
  let lastHint = Number.NEGATIVE_INFINITY
  let timer: Timer | undefined
  let stopped = false

  /** The only writer of `state`; the same outcome twice is told once. */
  const settle = (
    result: Exclude<ReloadStats['result'], 'start'>,
    told: {
      changed: readonly string[]
      restart?: readonly string[]
      faults?: readonly string[]
      error?: unknown
    },
  ) => {
    const { changed, restart = state.restart, faults = [], error } = told
    const again = state.result === result && result === 'postponed'
    const why = error === undefined ? [] : [faultOf(changed, error)]
    state = { result, at: clock.wall(), restart, faults: [...faults, ...why] }
    if (!again)
      o.observe({
        kind: 'config',
        result,
        changed,
        restart,
        ...(faults.length === 0 ? {} : { faults }),
        ...(error === undefined ? {} : { error }),
      })
    return result
  }

  const lookOnce = async (): ReturnType<Reloader['look']> => {
    // What was postponed is tried again, though no file has changed since.
    if (state.result !== 'postponed' && seen.same()) return 'unchanged'
    const files = noteReads()
    const loaded = o.load(files)
    seen = files
    if ('faults' in loaded) return settle('rejected', { changed: [], faults: loaded.faults.map(faultLine) })
    const differing = changedKeys(inService, loaded.config)
    const changed = differing.filter(takesEffectNow)
    const restart = differing.filter((key) => !takesEffectNow(key))
    const same = changed.length === 0 && restart.join() === state.restart.join()
    // A file may be written anew as it was; after a fault that is news.
    if (same && (state.result === 'start' || state.result === 'applied')) return 'unchanged'
    try {
      const next = withLiveParts(inService, loaded.config)
      const result = changed.length === 0 ? 'applied' : await o.apply(next, changed)
      if (result !== 'applied') return settle('postponed', { changed, restart, error: result.postponed })
      inService = next
      return settle('applied', { changed, restart })
    } catch (error) {
      return settle('rejected', { changed, error })
    }
  }

  const look = (): ReturnType<Reloader['look']> => {
    looking ??= lookOnce()
      .catch((error: unknown) => {
        o.observe({ kind: 'fault', where: 'config reload', error })
        return 'rejected' as const
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  const lookAgain = async () => {
    await look()
    if (!stopped) timer = clock.after(o.periodMs, () => void lookAgain())
  }

  return {
    start: () => {
      if (o.periodMs > 0 && o.files.count > 0) timer = clock.after(o.periodMs, () => void lookAgain())
    },
    stop: () => {
      stopped = true
      timer?.cancel()
    },
    look,
    hint: () => {
      const now = clock.now()
      if (stopped || now - lastHint < hintMs) return
      lastHint = now
      void look()
    },
    stats: () => state,
  }
}
