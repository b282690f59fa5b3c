/** Values as SQL Server's casts read them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type } from '#engine/statements.fixture.ts'
import { comparedDecimal, inputText, likePattern } from './literals.ts'

const text = (family: string, value: string) => inputText(type(family), value)

describe('the text of a value', () => {
  it('is the value itself where the cast reads canonical text', () => {
    expect(text('int', '42')).toBe('42')
    expect(text('nvarchar', '[1]')).toBe('[1]')
    expect(text('date', '2026-11-23')).toBe('2026-11-23')
    expect(inputText(type('int'), null)).toBeNull()
  })

  it('is 1 or 0 for truth values, those of cursors too', () => {
    expect(['true', 't', 'false', 'f', 'x'].map((value) => text('bit', value))).toEqual([
      '1',
      '1',
      '0',
      '0',
      'x',
    ])
  })

  it('is hexadecimal for binary', () => {
    expect(text('varbinary', 'AP8Q')).toBe('00ff10')
    expect(text('rowversion', '')).toBe('')
  })

  it('has no exponent in decimals, and every digit', () => {
    expect(text('decimal', '1e3')).toBe('1000')
    expect(text('decimal', '-1.25E-3')).toBe('-0.00125')
    expect(text('money', '12345678901234567890.0123456789')).toBe('12345678901234567890.0123456789')
    expect(text('decimal', '0e5')).toBe('0')
    expect(text('decimal', 'twelve')).toBe('twelve')
  })

  it('is nothing for what only begins like a uniqueidentifier, which the cast would take', () => {
    const id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
    expect(text('uuid', id)).toBe(id)
    expect(text('uuid', `${id}1`)).toBe('')
  })

  it('has a full offset and at most seven digits of a second in moments', () => {
    const moment = (value: string) => text('datetimeoffset', value)
    expect(moment('2026-11-23T14:05:09Z')).toBe('2026-11-23T14:05:09+00:00')
    expect(moment('2026-11-23T14:05+02')).toBe('2026-11-23T14:05:00+02:00')
    expect(moment('2026-11-23T14:05:09.1234567-0330')).toBe('2026-11-23T14:05:09.1234567-03:30')
    expect(moment('2026-11-23T14:05:09.123456789Z')).toBe('2026-11-23T14:05:09.1234568+00:00')
    expect(text('datetime2', '2026-11-23T14:05:09.5')).toBe('2026-11-23T14:05:09.5')
  })

  it('is the next moment for the second 60, the hour 24 and what rounds up to a whole second', () => {
    expect(text('datetime2', '2026-12-31T23:59:60')).toBe('2027-01-01T00:00:00')
    expect(text('datetime2', '0001-02-28T24:00:00')).toBe('0001-03-01T00:00:00')
    expect(text('datetime2', '2026-12-31T23:59:59.99999999')).toBe('2027-01-01T00:00:00')
    expect(text('time', '14:05:09.99999999')).toBe('14:05:10')
  })

  it('is left for the server to refuse beyond its calendar', () => {
    for (const value of ['infinity', '10000-01-01T00:00:00', '0044-03-15T12:00:00 BC', '9999-12-31T23:59:60'])
      expect(text('datetime2', value)).toBe(value)
    expect(text('time', '24:00:00')).toBe('24:00:00')
    expect(text('time', '14:05')).toBe('14:05:00')
  })

  it('is never a list', () => expect(() => inputText(type('int'), ['1'])).toThrow('a list is bound'))
})

describe('a decimal to compare with', () => {
  const digits = { whole: 4, scale: 6, columnScale: 2 }
  const compared = (value: string) => comparedDecimal(value, digits)

  it('is the number itself where it has room', () => {
    expect(compared('1234.567890')).toBe('1234.56789')
    expect(compared('-.5')).toBe('-0.5')
    expect(compared('1e3')).toBe('1000')
    expect(compared('NaN')).toBe('NaN')
  })

  it('is the largest where it is larger than any value of the column', () => {
    expect(compared('12345')).toBe('9999.999999')
    expect(compared('-1e200000')).toBe('-9999.999999')
  })

  it('keeps a last digit that is not zero where others are cut', () => {
    expect(compared('0.12000000001')).toBe('0.120001')
    expect(compared('0.1234567')).toBe('0.123456')
    expect(compared('1e-99999')).toBe('0.000001')
  })

  it('compares with every value of the column as the exact number does', () => {
    const scaled = (value: string): bigint => {
      const [whole = '', fraction = ''] = value.replace('-', '').split('.')
      const units = BigInt(whole + fraction.padEnd(20, '0'))
      return value.startsWith('-') ? -units : units
    }
    const sign = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)
    const number = (whole: number, behind: number) =>
      fc
        .tuple(
          fc.boolean(),
          fc.stringMatching(new RegExp(`^[0-9]{1,${whole}}$`)),
          fc.stringMatching(new RegExp(`^[0-9]{${behind}}$`)),
        )
        .map(([negative, before, after]) => `${negative ? '-' : ''}${before}.${after}`)
    fc.assert(
      fc.property(number(6, 9), number(4, 2), (given, column) => {
        const nearColumn = `${column}${given.slice(-6)}`
        for (const value of [given, column, nearColumn])
          expect(sign(scaled(compared(value)), scaled(column))).toBe(sign(scaled(value), scaled(column)))
      }),
    )
  })

  it('is refused where the column itself needs all 38 digits', () => {
    const full = { whole: 28, scale: 10, columnScale: 10 }
    expect(comparedDecimal('1.5', full)).toBe('1.5')
    expect(() => comparedDecimal('0.00000000001', full)).toThrow('more digits')
    expect(() => comparedDecimal('1e28', full)).toThrow('more digits')
  })
})

describe('a pattern', () => {
  it('has no wildcards but % and _', () => {
    expect(likePattern('a[b]%_')).toBe('a[[]b]%_')
    expect(likePattern('\\[')).toBe('[[]')
    expect(likePattern('\\\\[')).toBe('\\[[]')
    expect(likePattern('\\%\\_\\a')).toBe('[%][_]a')
  })
})
