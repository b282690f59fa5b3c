/** The series that tell whether the configuration in service is the one of the files. */
import type { Observation } from '#base/observation.ts'
import type { createRegistry } from './series.ts'

type Reload = Extract<Observation, { kind: 'config' }>

const results: Record<Reload['result'], true> = { applied: true, rejected: true, postponed: true }

/**
 * Registers them; the start counts as the first success.
 * @param wall wall clock milliseconds
 * @returns what takes note of each change of the files
 */
export function registerConfig(
  registry: ReturnType<typeof createRegistry>,
  wall: () => number,
): (reload: Reload) => void {
  let successful = 1
  let at = wall()
  let restart = 0
  const gauge = (name: string, help: string, read: () => number) =>
    registry.gauge({ name, help, labels: [], read: () => [[read()]] })
  gauge(
    'postern_config_last_reload_successful',
    '1 while the configuration in service is the newest one of the files, as far as it needs no restart.',
    () => successful,
  )
  gauge(
    'postern_config_last_reload_success_timestamp_seconds',
    'When a configuration was taken into service last.',
    () => at / 1000,
  )
  gauge(
    'postern_config_restart_pending_keys',
    'Keys of the files that take effect at the next start.',
    () => restart,
  )
  const reloads = registry.counter({
    name: 'postern_config_reloads_total',
    help: 'Changes of the files of the configuration, by what became of them.',
    labels: ['result'],
  })
  for (const result of Object.keys(results)) reloads.add(0, result)
  return (reload) => {
    reloads.add(1, reload.result)
    successful = reload.result === 'applied' ? 1 : 0
    if (reload.result !== 'applied') return
    at = wall()
    restart = reload.restart.length
  }
}
