/** Options of authentication. */
import * as z from 'zod'

export const authOptions = z.strictObject({
  mode: z
    .enum(['none'])
    .optional()
    .describe(
      'none: every caller is trusted. Must be written out when the data listener is not on loopback.',
    ),
})
