/** Binary timestamps as text, beside what Date makes of the same instants. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { microsInto } from './micros.ts'

const text = (micros: bigint, zone = true): string => {
  const bytes = Buffer.alloc(10)
  bytes.writeBigInt64BE(micros, 2)
  const out = Buffer.alloc(42, 0x21)
  const end = microsInto(out, 1, bytes, 2, zone)
  // Nothing before or behind it is touched but what counts as room.
  expect(out[0]).toBe(0x21)
  expect(end).toBeLessThanOrEqual(41)
  return out.toString('latin1', 1, end)
}

const epochMs = Date.UTC(2000, 0, 1)
const perMs = 1000n
/** Year 4713 BC, where PostgreSQL begins, and a little before the last instant that Date knows. */
const [first, last] = [-211_813_488_000_000_000n, 8_600_000_000_000_000_000n / 1000n + 1n]

/** The same by Date, which counts milliseconds. */
const expected = (micros: bigint): string => {
  const below = ((micros % perMs) + perMs) % perMs
  const date = new Date(Number((micros - below) / perMs) + epochMs)
  const two = (n: number) => String(n).padStart(2, '0')
  const year = date.getUTCFullYear()
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  const fraction = String(date.getUTCMilliseconds()).padStart(3, '0') + String(below).padStart(3, '0')
  const trimmed = fraction.replace(/0+$/, '')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${shown}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}T${time}${trimmed && `.${trimmed}`}+00:00${year > 0 ? '' : ' BC'}`
}

it.each([
  [0n, '2000-01-01T00:00:00+00:00'],
  [-1n, '1999-12-31T23:59:59.999999+00:00'],
  [848_757_909_100_000n, '2026-11-23T14:05:09.1+00:00'],
  [5_097_600_000_000n, '2000-02-29T00:00:00+00:00'],
  [252_455_615_999_999_999n, '9999-12-31T23:59:59.999999+00:00'],
  [252_455_616_000_000_000n, '10000-01-01T00:00:00+00:00'],
  [-63_082_281_600_000_000n, '0001-01-01T00:00:00+00:00'],
  [-63_082_281_600_000_001n, '0001-12-31T23:59:59.999999+00:00 BC'],
  [0x7fff_ffff_ffff_ffffn, 'infinity'],
  [-0x8000_0000_0000_0000n, '-infinity'],
])('%s microseconds after 2000 are %s', (micros, wanted) => {
  expect(text(micros)).toBe(wanted)
  expect(text(micros, false)).toBe(wanted.replace('+00:00', ''))
})

it('is what Date says, near today, at the ends of what doubles count and anywhere', () => {
  const near = fc.bigInt({ min: -2_000_000_000_000_000n, max: 2_000_000_000_000_000n })
  const edges = fc
    .tuple(
      fc.constantFrom(-(2n ** 52n), 2n ** 52n, 0n),
      fc.bigInt({ min: -200_000_000_000n, max: 200_000_000_000n }),
    )
    .map(([edge, off]) => edge + off)
  /** Midnights, where a day begins, and a microsecond before. */
  const midnights = fc
    .tuple(fc.integer({ min: -52_000, max: 52_000 }), fc.constantFrom(0n, -1n, 1n))
    .map(([day, off]) => BigInt(day) * 86_400_000_000n + off)
  const anywhere = fc.bigInt({ min: first, max: last })
  fc.assert(
    fc.property(fc.oneof(near, edges, midnights, anywhere), (micros) => {
      expect(text(micros)).toBe(expected(micros))
    }),
    { numRuns: 5000 },
  )
})
