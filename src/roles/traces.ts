/** Traces, where the configuration names a collector; their SDK is loaded only then. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import type { Engine } from '#engine/engine.ts'
import type { Traces } from '#telemetry/traces.ts'

/** @returns undefined where nobody wants them */
export async function loadTraces(
  { traces }: Pick<Config, 'traces'>,
  d: { clock: Clock; observe: Observe; version: string; engine: Pick<Engine, 'system' | 'sessionName'> },
): Promise<Traces | undefined> {
  const { endpoint } = traces
  if (endpoint === undefined) return undefined
  const { createTraces } = await import('#telemetry/traces.ts')
  const { clock, observe, version, engine } = d
  return createTraces(
    { ...traces, endpoint },
    { clock, observe, version, system: () => engine.system, instance: engine.sessionName },
  )
}
