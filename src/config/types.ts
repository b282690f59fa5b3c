/** The option types every room's options.ts is made of: durations, sizes, addresses. */
import { z } from 'zod'
import { parseDuration, parseSize } from '#base/units.ts'

/** A duration with a unit (`500ms`, `2s`, `30m`), as milliseconds after parsing. `min` and `max` are milliseconds. */
export const duration = (o: { min?: number; max?: number } = {}) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/, 'expected a duration such as 500ms, 2s, 30m or 1h')
    .transform((text) => parseDuration(text) as number)
    .refine((ms) => ms >= (o.min ?? 0) && ms <= (o.max ?? Number.MAX_SAFE_INTEGER), {
      error: `must be between ${o.min ?? 0} ms and ${o.max ?? 'any number of'} ms`,
    })

/** A size with a unit (`64KiB`, `16MiB`), as bytes after parsing. */
export const size = (o: { min?: number; max?: number } = {}) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?\s*(B|KiB|MiB|GiB|KB|MB|GB)$/, 'expected a size such as 64KiB or 16MiB')
    .transform((text) => parseSize(text) as number)
    .refine((bytes) => bytes >= (o.min ?? 0) && bytes <= (o.max ?? Number.MAX_SAFE_INTEGER), {
      error: `must be between ${o.min ?? 0} and ${o.max ?? 'any number of'} bytes`,
    })

/** A TCP port; 0 lets the system choose (tests). */
export const port = () => z.int().min(0).max(65535)
