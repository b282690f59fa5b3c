import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { doubleText, singleText } from './floats.ts'

describe('a double as text', () => {
  // What PostgreSQL 18 writes for the same bits.
  it.each([
    [0, '0'],
    [-0, '-0'],
    [0.1, '0.1'],
    [-0.5, '-0.5'],
    [1e14, '100000000000000'],
    [1e15, '1e+15'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1e22, '1e+22'],
    [1e300, '1e+300'],
    [5e-324, '5e-324'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [65959999127965820, '6.5959999127965824e+16'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('%d is %s', (value, text) => {
    expect(doubleText(value)).toBe(text)
  })

  it('reads back to the same double', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(Number(doubleText(value))).toBe(value)
      }),
    )
  })
})

describe('a float of 32 bits as text', () => {
  it.each([
    [0.1, '0.1'],
    [123456, '123456'],
    [1234567, '1.234567e+06'],
    [16777216, '1.6777216e+07'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.401298464324817e-45, '1e-45'],
    [1.1210387714598537e-44, '1.1e-44'],
    [1.262177448353619e-29, '1.2621775e-29'],
    [374649.625, '374649.62'],
    [63070528, '6.3070528e+07'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
  ])('%d is %s', (value, text) => {
    expect(singleText(Math.fround(value))).toBe(text)
  })

  it('reads back to the same 32 bits, with at most nine digits', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const text = singleText(value)
        expect(Math.fround(Number(text))).toBe(value)
        expect(text.replace(/e.*|[^\d]/g, '').replace(/^0+|0+$/g, '').length).toBeLessThanOrEqual(9)
      }),
    )
  })
})
