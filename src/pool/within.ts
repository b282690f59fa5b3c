/** Runs something for a limited time and looks after what arrives too late. */
import type { Clock } from '#base/clock.ts'

/** A timer this late (ms) says that the event loop stood still, not that the other side is slow. */
const stall = 50

interface Limited<T> {
  readonly clock: Clock
  readonly ms: number
  run(o: { deadline: number; signal: AbortSignal }): Promise<T>
  /** Aborted when the time is up; whoever aborts it earlier gives up earlier. */
  readonly abort?: AbortController
  /** Takes the value when it comes after all. */
  late?(value: T): void
}

/**
 * Settles like `run`; rejects as soon as `ms` have passed or `abort` is aborted, even if `run` heeds neither.
 * When the process itself was stopped for a while (throttled CPU, blocked loop), the answer may lie unread in
 * a socket: then `run` gets that while again, once.
 */
export function within<T>(limited: Limited<T>): Promise<T> {
  const { clock, ms, abort = new AbortController() } = limited
  const { signal } = abort
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const deadline = clock.now() + ms
  let open = true
  const giveUp = () => abort.abort(new Error(`not done within ${ms} ms`))
  let timer = clock.after(ms, () => {
    const behind = clock.now() - deadline
    if (behind > stall) timer = clock.after(Math.min(behind, ms), giveUp)
    else giveUp()
  })
  const close = () => {
    open = false
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
  }
  const onAbort = () => {
    close()
    reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort)
  // The async wrapper turns a synchronous throw into a rejection.
  const running = (async () => limited.run({ deadline, signal }))()
  running.then(
    (value) => {
      if (!open) return limited.late?.(value)
      close()
      resolve(value)
    },
    (error: unknown) => {
      if (!open) return
      close()
      reject(error)
    },
  )
  return promise
}
