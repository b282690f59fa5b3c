/** Options of the log. */
import * as z from 'zod'

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
