/** Options of the circuit breakers. */
import * as z from 'zod'
import { duration, lookingAt } from '#config/types.ts'

const share = () => z.number().gt(0).max(1)

export const breakerOptions = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false: every request tries the database, however it fares.'),
    window: duration({ min: 1000, max: 600_000 }).default(10_000).describe('How far back calls count.'),
    minCalls: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('Fewer calls in the window open nothing: a handful says little.'),
    failureRate: share()
      .default(0.5)
      .describe(
        'Share of failed calls that opens the circuit. Lost connections, refused ones and statements that run into a time-out of at least slowCall fail; what a client did wrong and a full pool do not.',
      ),
    slowCall: duration({ min: 10, max: 600_000 })
      .default(2000)
      .describe('A statement that takes longer counts as slow; one cancelled before is nobody’s fault.'),
    slowRate: share().default(0.8).describe('Share of slow calls that opens the circuit.'),
    openFor: duration({ min: 100, max: 600_000 })
      .default(500)
      .describe('Time until the database is tried again; doubled each time it fails again soon after.'),
    maxOpenFor: duration({ min: 100, max: 3_600_000 }).default(30_000).describe('The longest such time.'),
    probeTimeout: duration({ min: 10, max: 60_000 })
      .default(1000)
      .describe('Longest time for a try, which opens a session and asks its role.'),
    rampStep: duration({ min: 0, max: 60_000 })
      .default(500)
      .describe(
        'After a try that succeeded, a tenth of the requests is let through for so long, then half of them.',
      ),
  })
  .superRefine(
    (o, context) => {
      if (o.maxOpenFor < o.openFor)
        context.addIssue({
          code: 'custom',
          path: ['maxOpenFor'],
          message: `is ${o.maxOpenFor} ms, below breaker.openFor (${o.openFor} ms)`,
        })
    },
    lookingAt('openFor', 'maxOpenFor'),
  )
