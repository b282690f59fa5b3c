/** Options of how long things may take: deadlines, streams, start and shutdown. */
import * as z from 'zod'
import { duration } from '#config/types.ts'

export const deadlinesOptions = z.strictObject({
  default: duration({ min: 10, max: 3_600_000 })
    .default(2000)
    .describe('Time a request has, from queueing to the last row.'),
  rules: z
    .array(
      z.strictObject({
        methods: z
          .array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']))
          .default([])
          .describe('Empty: any method.'),
        path: z
          .string()
          .min(1)
          .describe('Path below the version, * for one segment, ** for any rest: /reports/**, /rpc/rebuild.'),
        deadline: duration({ min: 10, max: 3_600_000 }).describe('Instead of deadlines.default.'),
      }),
    )
    .default([])
    .describe('The first rule that fits gives the deadline.'),
  stream: duration({ min: 1000, max: 86_400_000 })
    .default(600_000)
    .describe('Time a streamed answer has in all.'),
  slowReader: duration({ min: 100, max: 600_000 })
    .default(10_000)
    .describe('A stream whose reader takes nothing for so long is cut off.'),
})
export type DeadlinesOptions = z.output<typeof deadlinesOptions>

export const lifecycleOptions = z.strictObject({
  startDeadline: duration({ min: 0, max: 600_000 })
    .default(20_000)
    .describe('After this /startupz passes even without a database; the gateway then serves degraded.'),
  drainTimeout: duration({ min: 0, max: 3_600_000 })
    .default(15_000)
    .describe('Time for requests under way to finish after SIGTERM; then they are cancelled.'),
  drainDelay: duration({ min: 0, max: 600_000 })
    .default(0)
    .describe('Time to go on serving after SIGTERM, for pods without native sidecars.'),
  reloadInterval: duration({ min: 0, max: 3_600_000 })
    .default(5000)
    .describe(
      'How often the files of the configuration, and those it refers to, are looked at for changes; 0s: only at POST /reload and when a connection cannot be opened.',
    ),
  probeInterval: duration({ min: 100 })
    .default(2000)
    .describe(
      'How often the database is looked at in the background; while it is away, every 500 ms at the latest.',
    ),
  readiness: z
    .enum(['primary', 'serving', 'gateway'])
    .default('serving')
    .describe(
      'What /readyz asks for. primary: a database that takes writes; serving: one that answers; gateway: only that the gateway is not shutting down. With primary, one failover takes every pod out at once.',
    ),
  quit: z
    .boolean()
    .default(false)
    .describe(
      'Whether POST /quitquitquit on the admin listener ends the process, for Jobs without native sidecars.',
    ),
})
export type LifecycleOptions = z.output<typeof lifecycleOptions>

export const consistencyOptions = z.strictObject({
  window: duration({ min: 0, max: 3_600_000 })
    .default(5000)
    .describe('For so long after a write, reads of the same caller that carry no token go to the primary.'),
  wait: duration({ min: 0, max: 10_000 })
    .default(100)
    .describe(
      'Longest wait for a replica to replay what a token asks for; then the primary serves the read.',
    ),
})
