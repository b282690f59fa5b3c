/** Notices that the schema may have changed where a database announces nothing: by looking from time to time. */
import type { Clock } from '#base/clock.ts'
import type { SchemaWatch } from './engine.ts'

/** Each `next` ends after `pollMs`, or rejects when its signal aborts or the watch is closed. */
export function createPollingWatch({ clock, pollMs }: { clock: Clock; pollMs: number }): SchemaWatch {
  const closed = new AbortController()
  return {
    next: (signal) =>
      new Promise((resolve, reject) => {
        const either = AbortSignal.any([signal, closed.signal])
        const abort = () => {
          timer.cancel()
          reject(either.reason)
        }
        const timer = clock.after(pollMs, () => {
          either.removeEventListener('abort', abort)
          resolve('poll')
        })
        if (either.aborted) return abort()
        either.addEventListener('abort', abort, { once: true })
      }),
    close: async () => closed.abort(new Error('the schema watch is closed')),
  }
}
