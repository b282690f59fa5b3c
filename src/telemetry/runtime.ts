/** The numbers of the process itself (CPU, memory, event loop, garbage collection), under the names Node dashboards know. */
import { readdirSync, readFileSync } from 'node:fs'
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import type { Registry } from './series.ts'

const gcKinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
}

// Both answers exist on Linux only; elsewhere the metric has no value.
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1 // less the one that reads the folder
  } catch {
    return undefined
  }
}
function maxFiles(): number | undefined {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    return match ? Number(match[1]) : undefined
  } catch {
    return undefined
  }
}

/** Adds them to the registry; they are read at each scrape. */
export function registerRuntime(registry: Registry): void {
  const single = (
    name: string,
    help: string,
    read: () => number | undefined,
    type: 'gauge' | 'counter' = 'gauge',
  ) =>
    registry.gauge({
      name,
      help,
      labels: [],
      type,
      read: () => {
        const value = read()
        return value === undefined ? [] : [[value]]
      },
    })

  const started = performance.timeOrigin / 1000
  const fileLimit = maxFiles()
  const cpu = () => process.cpuUsage()
  const seconds = (microseconds: number) => microseconds / 1e6
  single('process_cpu_user_seconds_total', 'User CPU time.', () => seconds(cpu().user), 'counter')
  single('process_cpu_system_seconds_total', 'System CPU time.', () => seconds(cpu().system), 'counter')
  single(
    'process_cpu_seconds_total',
    'User and system CPU time.',
    () => seconds(cpu().user + cpu().system),
    'counter',
  )
  single('process_start_time_seconds', 'Start of the process since the epoch.', () => started)
  single('process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  single('process_open_fds', 'Open file descriptors.', openFiles)
  single('process_max_fds', 'Most file descriptors the process may open.', () => fileLimit)
  single('nodejs_heap_size_total_bytes', 'Size of the V8 heap.', () => process.memoryUsage().heapTotal)
  single('nodejs_heap_size_used_bytes', 'Used part of the V8 heap.', () => process.memoryUsage().heapUsed)
  single(
    'nodejs_external_memory_bytes',
    'Memory outside the V8 heap, buffers included.',
    () => process.memoryUsage().external,
  )
  registry.gauge({
    name: 'nodejs_version_info',
    help: 'Version of Node.js; always 1.',
    labels: ['version'],
    read: () => [[1, process.version]],
  })

  // One sample each 20 ms costs nothing measurable; what a sample exceeds that interval by is the lag.
  const resolution = 20
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  const lag = (nanoseconds: number) =>
    delay.count === 0 ? undefined : Math.max(0, nanoseconds / 1e9 - resolution / 1000)
  single('nodejs_eventloop_lag_mean_seconds', 'Mean lag of the event loop since the last scrape.', () =>
    lag(delay.mean),
  )
  for (const p of [50, 90, 99])
    single(
      `nodejs_eventloop_lag_p${p}_seconds`,
      `Percentile ${p} of the lag of the event loop since the last scrape.`,
      () => lag(delay.percentile(p)),
    )
  // The last of these metrics to be read, so it starts the next period.
  single('nodejs_eventloop_lag_max_seconds', 'Largest lag of the event loop since the last scrape.', () => {
    const max = lag(delay.max)
    delay.reset()
    return max
  })

  const collections = registry.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Time of garbage collections by kind.',
    labels: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
  })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = (entry as { detail?: { kind?: number } }).detail?.kind ?? -1
      collections.observe(entry.duration / 1000, gcKinds[kind] ?? 'other')
    }
  }).observe({ entryTypes: ['gc'] })
}
