/** Options of the log and of traces. */
import * as z from 'zod'
import { duration, lookingAt } from '#config/types.ts'

export const logOptions = z.strictObject({
  level: z
    .enum(['error', 'warn', 'info', 'debug'])
    .default('info')
    .describe(
      'debug adds a line for each trip to the database, with the texts of its statements (never values).',
    ),
  requests: z.enum(['all', 'errors', 'none']).default('all').describe('Which requests get a line.'),
})
export type LogOptions = z.output<typeof logOptions>

export const tracesOptions = z
  .strictObject({
    endpoint: z
      .string()
      .optional()
      .describe(
        'Where spans go: the URL of a collector that takes OTLP over HTTP, such as http://otel-collector:4318/v1/traces. Left out: no traces.',
      ),
    sample: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe(
        'Share of the traces that begin here and are recorded. A request that comes with traceparent is recorded as that says.',
      ),
    service: z.string().min(1).default('postern').describe('service.name of the spans.'),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .describe('Headers for the collector, such as an API key; use ${ENV} or file: for secrets.'),
    timeout: duration({ min: 100, max: 60_000 })
      .default(5000)
      .describe('Longest time for one export; spans that it does not get through are lost.'),
  })
  .superRefine((o, context) => {
    const { endpoint } = o
    if (endpoint === undefined || (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
      return
    context.addIssue({
      code: 'custom',
      path: ['endpoint'],
      message: 'must be a URL that begins with http:// or https://',
    })
  }, lookingAt('endpoint'))
export type TracesOptions = z.output<typeof tracesOptions>
