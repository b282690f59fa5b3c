/** `postern wait`: blocks until a gateway is ready. */
import type { Clock } from '#base/clock.ts'
import { systemClock } from '#base/clock.ts'
import { formatDuration } from '#base/units.ts'
import { loadOptions } from '#config/load.ts'
import { reportFaults } from './faults.ts'
import { waitOptions } from './options.ts'
import type { RoleIo } from './role.ts'
import { exitCodes } from './role.ts'

/** Asks once: `ready`, or what was answered instead, in words. */
type Ask = (url: string, signal: AbortSignal) => Promise<'ready' | { readonly answer: string }>

/** Exit code 0: ready; 1: not within the time-out, and why it was not. */
export async function run(io: RoleIo): Promise<number> {
  const loaded = loadOptions(io, waitOptions)
  if ('faults' in loaded) return reportFaults(io, loaded.faults)
  const { url, timeout, interval } = loaded.options
  const result = await waitUntilReady({ url, timeout, interval, clock: systemClock, ask })
  if (result === 'ready') return exitCodes.ok
  io.stderr(`postern: ${url} was not ready within ${formatDuration(timeout)}: ${result.answer}\n`)
  return exitCodes.failed
}

/**
 * Asks again and again, `interval` milliseconds after each answer, until ready or until `timeout` milliseconds are
 * over, also in the middle of a question.
 */
export async function waitUntilReady(o: {
  readonly url: string
  readonly timeout: number
  readonly interval: number
  readonly clock: Clock
  readonly ask: Ask
}): Promise<'ready' | { readonly answer: string }> {
  const over = new AbortController()
  const timer = o.clock.after(o.timeout, () => over.abort())
  let last: { readonly answer: string } = { answer: 'no answer' }
  while (!over.signal.aborted) {
    const result = await o.ask(o.url, over.signal)
    if (result === 'ready') {
      timer.cancel()
      return result
    }
    // A question that the time-out cut off says less than the answer before it.
    if (!over.signal.aborted) last = result
    await pause(o.clock, o.interval, over.signal)
  }
  return last
}

/** Resolves after `ms`, or when the signal aborts. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const finish = () => {
      timer.cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.after(ms, finish)
    signal.addEventListener('abort', finish)
  })
}

async function ask(url: string, signal: AbortSignal): Promise<'ready' | { readonly answer: string }> {
  try {
    const response = await fetch(url, { signal, redirect: 'error' })
    const text = await response.text()
    if (response.status === 200) return 'ready'
    return { answer: `status ${response.status} ${text.replace(/\s+/g, ' ').slice(0, 200)}`.trim() }
  } catch (error) {
    // fetch hides what happened one level down.
    const cause = error instanceof Error ? (error.cause ?? error) : error
    return {
      answer: cause instanceof Error ? cause.message || String(Reflect.get(cause, 'code')) : String(cause),
    }
  }
}
