/** Every metric that a gateway shows, and which of them an expression names. */
import { createMetrics } from '#telemetry/metrics.ts'

const metrics = createMetrics({
  build: { version: '0', revision: '0' },
  system: () => 'postgresql',
  pools: () => [],
  endpoints: () => [],
  budget: () => ({ connections: 97, instances: 3 }),
  breakers: () => [{ target: 'primary/read', state: 'closed' }],
  redis: () => ({ state: 'up' }),
  records: () => ({ entries: 0, bytes: 0, pending: 0 }),
  wall: () => 0,
  droppedLines: () => 0,
})

export const metricNames: ReadonlySet<string> = new Set(
  [...metrics.render().matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] as string),
)

/** Labels that look like metrics. */
const labels: ReadonlySet<string> = new Set(
  'db_client_connection_state db_client_connection_pool_name db_collection_name db_operation_name http_route http_response_status_code'.split(
    ' ',
  ),
)

/** What a text names that looks like a metric of ours, without the ends of histograms. */
export const metricsIn = (text: string): string[] =>
  (text.match(/\b(?:http|db|postern|process|nodejs)_\w+/g) ?? [])
    .filter((name) => !labels.has(name))
    .map((name) => (metricNames.has(name) ? name : name.replace(/_(bucket|count|sum)$/, '')))
