import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { formatDuration, formatSize, parseDuration, parseSize } from '#base/units.ts'
import { duration, lookingAt, size } from './types.ts'

describe('durations and sizes', () => {
  test.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['30m', 1_800_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
  ])('%s is %d milliseconds', (text, ms) => {
    expect(duration().parse(text)).toBe(ms)
  })

  test.each(['5', '5 parsecs', '-1s', '', '1s2', 's'])('%j is no duration', (text) => {
    expect(duration().safeParse(text).success).toBe(false)
  })

  test('bounds hold, ends included', () => {
    const bounded = duration({ min: 10, max: 1000 })
    expect(bounded.safeParse('9ms').success).toBe(false)
    expect(bounded.parse('10ms')).toBe(10)
    expect(bounded.parse('1s')).toBe(1000)
    expect(bounded.safeParse('1001ms').success).toBe(false)
    expect(size({ min: 1024 }).safeParse('1023B').error?.issues[0]).toMatchObject({
      code: 'too_small',
      minimum: 1024,
    })
  })

  test('a formatted value parses to itself', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 45 }), (value) => {
        expect(parseDuration(formatDuration(value))).toBe(value)
        expect(parseSize(formatSize(value))).toBe(value)
      }),
    )
    expect([0, 500, 2000, 1500, 1_800_000, 86_400_000].map(formatDuration)).toEqual([
      '0ms',
      '500ms',
      '2s',
      '1500ms',
      '30m',
      '1d',
    ])
    expect([0, 16_384, 16 * 1024 ** 2, 1000].map(formatSize)).toEqual(['0B', '16KiB', '16MiB', '1000B'])
  })
})

describe('a rule over several keys', () => {
  const schema = z.strictObject({ min: z.number(), max: z.number(), other: z.string() }).superRefine(
    (o, context) => {
      if (o.min > o.max) context.addIssue({ code: 'custom', path: ['min'], message: 'above max' })
    },
    lookingAt('min', 'max'),
  )
  const messages = (value: unknown) =>
    schema.safeParse(value).error?.issues.map((issue) => issue.path.join('.'))

  test('is judged although another key is wrong', () => {
    expect(messages({ min: 2, max: 1, other: 5 })).toEqual(['other', 'min'])
  })

  test('is not judged while a key it looks at is wrong', () => {
    expect(messages({ min: 2, max: 'x', other: '' })).toEqual(['max'])
    expect(messages(5)).toEqual([''])
  })
})
