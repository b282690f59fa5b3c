/** The whole configuration, composed of each room's own options. */
import * as z from 'zod'
import { breakerOptions } from '#breaker/options.ts'
import { apiOptions, schemaOptions } from '#contract/options.ts'
import { databaseOptions } from '#engine/options.ts'
import { consistencyOptions, deadlinesOptions, lifecycleOptions } from '#gateway/options.ts'
import { limitsOptions, listenersOptions } from '#http/options.ts'
import { idempotencyOptions } from '#limits/options.ts'
import { authOptions } from '#policy/options.ts'
import { poolsOptions } from '#pool/options.ts'
import { redisOptions } from '#redis/options.ts'
import { logOptions, tracesOptions } from '#telemetry/options.ts'
import { lookingAt } from './types.ts'

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/

export const configSchema = z
  .strictObject({
    database: databaseOptions.prefault({}).describe('The one database behind this gateway.'),
    pools: poolsOptions.prefault({}).describe('Connections to the database.'),
    breaker: breakerOptions
      .prefault({})
      .describe('When requests are refused at once because the database fails.'),
    consistency: consistencyOptions
      .prefault({})
      .describe('How reads find what was written before, where there are replicas.'),
    api: apiOptions.prefault({}).describe('What the API shows.'),
    schema: schemaOptions.prefault({}).describe('How the database schema is read and watched.'),
    deadlines: deadlinesOptions.prefault({}).describe('How long requests may take.'),
    limits: limitsOptions.prefault({}).describe('How large requests may be.'),
    idempotency: idempotencyOptions
      .prefault({})
      .describe('What is kept for requests with an Idempotency-Key.'),
    redis: redisOptions
      .prefault({})
      .describe('A Redis that the gateways of this database share; without it each has its own memory.'),
    listeners: listenersOptions.prefault({}).describe('Where the gateway listens.'),
    auth: authOptions.prefault({}).describe('Who may call.'),
    lifecycle: lifecycleOptions.prefault({}).describe('Start and shutdown.'),
    log: logOptions.prefault({}).describe('What is logged.'),
    traces: tracesOptions.prefault({}).describe('Spans of requests and statements, for OpenTelemetry.'),
  })
  .superRefine(
    (o, context) => {
      if (!loopback.test(o.listeners.data.host) && o.auth.mode === undefined)
        context.addIssue({
          code: 'custom',
          path: ['auth', 'mode'],
          message: `listeners.data.host is ${o.listeners.data.host}, not a loopback address: configure authentication, or write auth.mode: none`,
        })
    },
    lookingAt('listeners.data.host', 'auth.mode'),
  )

/** The configuration after defaults and units: durations in milliseconds, sizes in bytes. */
export type Config = z.output<typeof configSchema>
