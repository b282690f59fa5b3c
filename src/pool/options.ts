/** Options of the connection pools. */
import * as z from 'zod'
import { countOrAuto, duration, lookingAt } from '#config/types.ts'

/** Size of a pool where neither `max` nor `budget` says one. */
export const defaultMax = 10

export const poolsOptions = z
  .strictObject({
    min: z.int().min(0).max(1000).default(0).describe('Connections kept open while unused.'),
    max: z
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'Most connections this gateway opens; 10 unless pools.budget says otherwise, and with both the smaller counts.',
      ),
    acquireTimeout: duration({ min: 10, max: 60_000 })
      .default(500)
      .describe('Longest wait for a connection, including connecting and validating.'),
    queuePerConnection: z
      .int()
      .min(0)
      .max(1000)
      .default(4)
      .describe('Requests that may wait, as a multiple of the size of the pool; more are refused at once.'),
    maxLifetime: duration({ min: 1000 })
      .default(1_800_000)
      .describe(
        'Longest life of a connection; each gets up to 25 % less, so that they do not all end at once.',
      ),
    idleTimeout: duration({ min: 100 })
      .default(600_000)
      .describe('How long an unused connection above min is kept.'),
    validateAfter: duration({ min: 0 })
      .default(500)
      .describe(
        'A connection unused for longer, or since another one broke, is checked, role included, before it is used.',
      ),
    validateTimeout: duration({ min: 10, max: 10_000 }).default(250).describe('Longest time for that check.'),
    maxConnecting: z
      .int()
      .min(1)
      .max(100)
      .default(2)
      .describe('Connects under way at the same time, so that a restarted database is not stormed.'),
    leakGrace: duration({ min: 100 })
      .default(2000)
      .describe(
        'A connection still in use this long after the deadline of its request counts as leaked and is closed.',
      ),
    overload: z
      .strictObject({
        wait: duration({ min: 1, max: 60_000 })
          .default(100)
          .describe('Longest wait for a connection in an overload.'),
        lasting: duration({ min: 10, max: 600_000 })
          .default(1000)
          .describe(
            'It is an overload, and no burst, when somebody has been waiting at every moment for so long.',
          ),
      })
      .prefault({})
      .describe('When a line that is never empty gives up on those who wait longest.'),
    budget: z
      .strictObject({
        connections: countOrAuto(1).describe(
          'Connections the server allows in all; auto asks it (max_connections less what it keeps for superusers, or the limit of the user).',
        ),
        reserved: z
          .int()
          .min(0)
          .default(0)
          .describe('Of these, kept for others: superusers, migrations, reports.'),
        instances: countOrAuto(1).describe(
          'Gateways that share the rest, surge of a rolling update included; auto counts those that have sessions in the server under the same database.applicationName, and follows them.',
        ),
        surge: z
          .number()
          .min(0)
          .max(10)
          .default(0.25)
          .describe(
            'With instances: auto, how many gateways may be added at a time, as a part of those that are there: room for two sessions each is kept. A quarter is the maxSurge of a Deployment; 1 lets it double in one step.',
          ),
      })
      .optional()
      .describe(
        'Share of this gateway in the connections of the server: floor((connections - reserved) / instances). With instances: auto, less room for the session that listens and for gateways about to come.',
      ),
  })
  .superRefine(
    (o, context) => {
      // A share of the budget below min only makes min smaller: it changes with the number of instances.
      const max = o.max ?? (o.budget ? undefined : defaultMax)
      if (max !== undefined && o.min > max)
        context.addIssue({
          code: 'custom',
          path: ['min'],
          message: `is ${o.min}, above pools.max (${max})`,
        })
    },
    lookingAt('min', 'max', 'budget'),
  )
  .superRefine((o, context) => {
    if (!o.budget || o.budget.connections === 'auto') return
    const { connections, reserved } = o.budget
    const instances = o.budget.instances === 'auto' ? 1 : o.budget.instances
    if (Math.floor((connections - reserved) / instances) < 1)
      context.addIssue({
        code: 'custom',
        path: ['budget'],
        message: `leaves no connection: (${connections} - ${reserved}) / ${instances} is below 1`,
      })
  }, lookingAt('budget'))

export type PoolsOptions = z.output<typeof poolsOptions>
