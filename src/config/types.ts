/** The option types every room's options.ts is made of: durations, sizes, ports, and rules over several keys. */
import * as z from 'zod'
import { parseDuration, parseSize } from '#base/units.ts'

/** Bounds of a duration in milliseconds or of a size in bytes, both inclusive. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
}

declare module 'zod' {
  interface GlobalMeta {
    /** What the text of a value with a unit means; src/config reads it for messages, help and documentation. */
    unit?: 'duration' | 'size'
    bounds?: Bounds
  }
}

function quantity(
  unit: 'duration' | 'size',
  bounds: Bounds,
  form: { pattern: RegExp; example: string; parse: (text: string) => number | undefined },
) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds
  return z
    .string()
    .regex(form.pattern, `expected a ${unit} such as ${form.example}`)
    .transform((text, { issues }) => {
      const value = form.parse(text) as number
      const about = { origin: unit, inclusive: true, input: text }
      if (value < min) issues.push({ code: 'too_small', minimum: min, ...about })
      if (value > max) issues.push({ code: 'too_big', maximum: max, ...about })
      return value
    })
    .meta({ unit, bounds })
}

/** A duration with a unit (`500ms`, `2s`, `30m`), as milliseconds after parsing. `min` and `max` are milliseconds. */
export const duration = (bounds: Bounds = {}) =>
  quantity('duration', bounds, {
    pattern: /^\d+(\.\d+)?\s*(ms|s|m|h|d)$/,
    example: '500ms, 2s, 30m or 1h',
    parse: parseDuration,
  })

/** A size with a unit (`64KiB`, `16MiB`), as bytes after parsing. `min` and `max` are bytes. */
export const size = (bounds: Bounds = {}) =>
  quantity('size', bounds, {
    pattern: /^\d+(\.\d+)?\s*(B|KiB|MiB|GiB|KB|MB|GB)$/,
    example: '64KiB or 16MiB',
    parse: parseSize,
  })

/** A whole number of at least `min`, or the word `auto`: to be found out while running. */
export const countOrAuto = (min: number) => z.union([z.int().min(min), z.literal('auto')])

/** A TCP port; 0 lets the system choose (tests). */
export const port = () => z.int().min(0).max(65535)

/**
 * For `.superRefine(rule, lookingAt('min', 'max'))`: the rule is judged as soon as the keys it looks at are fine by
 * themselves. Without it zod judges only when the whole object is, and one fault would hide the other.
 * @param keys dotted, below the object the rule stands on
 */
export const lookingAt = (...keys: readonly string[]) => ({
  when: ({ issues }: z.core.ParsePayload): boolean =>
    !issues.some((issue) => {
      const path = (issue.path ?? []).join('.')
      return (
        path === '' ||
        keys.some((key) => `${path}.`.startsWith(`${key}.`) || `${key}.`.startsWith(`${path}.`))
      )
    }),
})
