/** The text of a decimal is what the language makes of the rounded number. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimalText } from './decimals.ts'

const plainly = (value: number, digits: number) => `${Math.round(value * 10 ** digits) / 10 ** digits}`

test.each([
  [0, '0', '0'],
  [0.0004, '0', '0'],
  [0.0005, '0.001', '0'],
  [0.05, '0.05', '0.1'],
  [0.95, '0.95', '1'],
  [1.5, '1.5', '1.5'],
  [1.1, '1.1', '1.1'],
  [1.01, '1.01', '1'],
  [1.001, '1.001', '1'],
  [999.9996, '1000', '1000'],
  [12_345.678, '12345.678', '12345.7'],
])('%d is %s with three digits and %s with one', (value, three, one) => {
  expect([decimalText(value, 3), decimalText(value, 1)]).toEqual([three, one])
})

test('of any number', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.double(),
        fc.double({ min: 0, max: 100 }),
        fc.double({ min: 2e6, max: 3e6 }),
        fc.double({ min: -10, max: 0 }),
      ),
      fc.constantFrom(1 as const, 3 as const),
      (value, digits) => {
        expect(decimalText(value, digits)).toBe(plainly(value, digits))
      },
    ),
  )
})
