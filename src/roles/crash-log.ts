/** The last words of a process: what ends it is in its log, together with the lines that still waited to be written. */
import type { Observe } from '#base/observation.ts'

/**
 * From now on a fault that nobody caught is observed, and whatever ends the process, `flush` is called last of all.
 * The fault goes on to whoever ends the process for it (main.ts).
 * @returns what undoes it
 */
export function logCrashes(o: { observe: Observe; flush: () => void }): () => void {
  const fault = (error: unknown, where: string) => o.observe({ kind: 'fault', where, error })
  process.on('uncaughtExceptionMonitor', fault)
  process.on('exit', o.flush)
  return () => {
    process.off('uncaughtExceptionMonitor', fault)
    process.off('exit', o.flush)
  }
}
