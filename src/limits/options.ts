/** Options of idempotency records. */
import { z } from 'zod'
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
    .describe('Most answers kept; the oldest makes room.'),
  memory: size({ min: 65_536, max: 1024 ** 3 })
    .default(8 * 1024 ** 2)
    .describe('Most memory of their bodies together.'),
  body: size({ min: 0, max: 16 * 1024 ** 2 })
    .default(65_536)
    .describe('Larger bodies are not kept: a repetition then gets the status and headers alone.'),
})
