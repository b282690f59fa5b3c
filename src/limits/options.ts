/** Options of idempotency records. */
import * as z from 'zod'
import { duration, size } from '#config/types.ts'

export const idempotencyOptions = z.strictObject({
  keep: duration({ min: 1000, max: 7 * 86_400_000 })
    .default(86_400_000)
    .describe('How long the answer to a request with an Idempotency-Key is kept for repetitions.'),
  entries: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10_000)
    .describe('Most answers kept in memory; the oldest makes room.'),
  memory: size({ min: 65_536, max: 1024 ** 3 })
    .default(8 * 1024 ** 2)
    .describe('Most memory of their bodies together.'),
  body: size({ min: 0, max: 16 * 1024 ** 2 })
    .default(65_536)
    .describe('Larger bodies are not kept: a repetition then gets the status and headers alone.'),
  sharedEntries: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(100_000)
    .describe(
      'Most answers kept in Redis, where there is one, for all gateways together; the oldest makes room.',
    ),
  scope: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'Gateways with the same scope share their records in Redis. Left out: kind, address and name of the database. Give one where gateways reach the same database by different addresses.',
    ),
})
