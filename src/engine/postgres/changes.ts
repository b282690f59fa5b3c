/** Notices that the schema may have changed: announcements of the database itself where it makes them, polling everywhere. */
import type { Clock, Timer } from '#base/clock.ts'
import type { SchemaWatch } from '#engine/engine.ts'

/** The channel that announcements come on, without payload. Anything may NOTIFY it, for example a migration tool. */
export const schemaChannel = 'postern_schema'

/** DDL comes in bursts, and every statement announces itself: ms from the first announcement to the answer. */
const gatherMs = 100
/** Wait before listening again, ms: doubled from the first to the last. */
const firstRetryMs = 500
const lastRetryMs = 30_000

/**
 * Listens on a channel with a session of its own. Resolves once the server listens; rejects when it cannot (a standby
 * refuses LISTEN). `onLost` is called at most once, when the session is gone other than by the returned stop.
 */
export type Listen = (
  channel: string,
  onNotify: () => void,
  onLost: () => void,
) => Promise<() => Promise<void>>

/**
 * Starts to listen at once, and again whenever that fails or the session is lost. Each beginning counts as an
 * announcement, since some may have been missed before it. Durations in ms; `random` (0 to 1) spreads the retries of
 * many gateways.
 */
export function createSchemaWatch(o: {
  listen: Listen
  pollMs: number
  clock: Clock
  random?: () => number
}): SchemaWatch {
  const { listen, pollMs, clock, random = Math.random } = o
  let closed = false
  let failures = 0
  let stop: (() => Promise<void>) | undefined
  let retry: Timer | undefined
  let gathering: Timer | undefined
  /** An announcement that nobody has been told of yet. */
  let announced = false
  /** Those in `next`, to be called when there is news. */
  const waiting = new Set<() => void>()
  const wake = () => {
    // A called waiter leaves the set.
    for (const tell of waiting) tell()
  }

  const announce = () => {
    if (closed) return
    gathering ??= clock.after(gatherMs, () => {
      gathering = undefined
      announced = true
      wake()
    })
  }

  const listenAgain = () => {
    const wait = Math.min(lastRetryMs, firstRetryMs * 2 ** failures) * (1 - random() / 4)
    failures++
    retry = clock.after(wait, () => void start())
  }

  const start = async () => {
    let lost = false
    const onLost = () => {
      lost = true
      // Before the promise resolves there is nothing to give up; afterwards this session is over.
      if (stop === undefined || closed) return
      stop = undefined
      listenAgain()
    }
    try {
      const ready = await listen(schemaChannel, announce, onLost)
      if (closed) {
        await ready()
        return
      }
      if (lost) return listenAgain()
      stop = ready
      failures = 0
      announce()
    } catch {
      // Polling goes on, so that a database that cannot be listened to is no fault.
      if (!closed) listenAgain()
    }
  }
  void start()

  return {
    next: (signal) =>
      new Promise((resolve, reject) => {
        const over = () => {
          timer.cancel()
          waiting.delete(tell)
          signal.removeEventListener('abort', abort)
        }
        const abort = () => {
          over()
          reject(signal.reason)
        }
        const tell = () => {
          if (!closed && !announced) return
          over()
          if (closed) return reject(new Error('the schema watch is closed'))
          announced = false
          resolve('announced')
        }
        const timer = clock.after(pollMs, () => {
          over()
          resolve('poll')
        })
        if (signal.aborted) return abort()
        waiting.add(tell)
        signal.addEventListener('abort', abort)
        tell()
      }),
    close: async () => {
      closed = true
      retry?.cancel()
      gathering?.cancel()
      wake()
      await stop?.()
    },
  }
}
