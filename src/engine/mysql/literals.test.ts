/** Canonical texts as MySQL reads them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CanonicalType, ValueType } from '#catalog/model.ts'
import { comparedText, rankText, storedText } from './literals.ts'

const type = (canonical: CanonicalType, native: string, more: Partial<ValueType> = {}): ValueType => ({
  canonical,
  native,
  family: native.replace(/\(.*/, ''),
  ordered: true,
  comparable: true,
  ...more,
})
const timestamp = type('timestamp', 'timestamp(6)')
const datetime = type('datetime', 'datetime(3)')

describe('a text to store', () => {
  it('is a moment of UTC', () => {
    expect(storedText(timestamp, '2026-11-23T16:05:09.1+02:00')).toBe('2026-11-23 14:05:09.1')
    expect(storedText(timestamp, '2026-01-01t00:30:00-0130')).toBe('2026-01-01 02:00:00')
    expect(storedText(timestamp, '2026-01-01 00:30:00.123456+00')).toBe('2026-01-01 00:30:00.123456')
    expect(storedText(timestamp, '2026-01-01T05:30Z')).toBe('2026-01-01 05:30:00')
  })

  it('is rounded to the digits of its column, which MariaDB would cut', () => {
    expect(storedText(datetime, '2026-12-31T23:59:59.9996')).toBe('2027-01-01 00:00:00.000')
    expect(storedText(datetime, '2026-11-23T14:05:09.1234')).toBe('2026-11-23 14:05:09.123')
    expect(storedText(type('datetime', 'datetime'), '2026-11-23T14:05:09.5')).toBe('2026-11-23 14:05:10')
    expect(comparedText(datetime, '2026-11-23T14:05:09.1234')).toBe('2026-11-23 14:05:09.1234')
  })

  it('carries leap seconds and the end of the day, as PostgreSQL does', () => {
    expect(storedText(datetime, '2026-12-31T23:59:60')).toBe('2027-01-01 00:00:00')
    expect(storedText(datetime, '2026-02-28T24:00:00')).toBe('2026-03-01 00:00:00')
    expect(storedText(type('time', 'time'), '23:59:60')).toBe('24:00:00')
  })

  it('is the time it was, signs and long hours included', () => {
    expect(storedText(type('time', 'time(2)'), '14:05:09.125')).toBe('14:05:09.13')
    expect(storedText(type('time', 'time'), '-838:59:59')).toBe('-838:59:59')
    expect(storedText(type('time', 'time'), '07:00')).toBe('07:00:00')
  })

  it('keeps early years apart from those of this century', () => {
    expect(storedText(datetime, '0001-01-01T00:00:00')).toBe('0001-01-01 00:00:00')
    expect(storedText(datetime, '0099-03-01T00:00:00')).toBe('0099-03-01 00:00:00')
  })

  it.each([
    [timestamp, 'infinity'],
    [timestamp, '10000-01-01T00:00:00Z'],
    [timestamp, '294277-01-01T00:00:00Z'],
    [timestamp, '9999-12-31T23:00:00-02:00'],
    [datetime, '0044-03-15T12:00:00 BC'],
    [type('date', 'date'), '-infinity'],
    [type('date', 'date'), '10000-01-01'],
    [type('date', 'date'), '0044-03-15 BC'],
  ] as const)('is refused where MySQL has no such value: %o %s', (of, text) => {
    expect(() => storedText(of, text)).toThrow('stores no')
  })

  it('is a number for a yes or no, as a cursor spells it already', () => {
    const boolean = type('boolean', 'tinyint(1)')
    expect(['true', '1', '2', 'false', '0'].map((text) => storedText(boolean, text))).toEqual([
      '1',
      '1',
      '2',
      '0',
      '0',
    ])
  })

  it('is any other text as it is', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('string', 'integer', 'decimal', 'json', 'binary'),
        (text, of) => {
          expect(storedText(type(of as CanonicalType, 'x'), text)).toBe(text)
        },
      ),
    )
  })
})

describe('a moment', () => {
  it('is the one that JavaScript knows, whatever its offset', () => {
    const moments = fc.date({ min: new Date('1000-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
    fc.assert(
      fc.property(moments, fc.integer({ min: -14 * 60, max: 14 * 60 }), (at, offset) => {
        const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1)
        const two = (n: number) => String(n).padStart(2, '0')
        const minutes = Math.abs(offset)
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
        expect(storedText(timestamp, local + zone)).toBe(at.toISOString().slice(0, -1).replace('T', ' '))
      }),
    )
  })
})

describe('a text to compare', () => {
  it('is a day of no calendar as it is, which only cursors name', () => {
    expect(comparedText(timestamp, '0000-00-00 00:00:00.000000+00')).toBe('0000-00-00 00:00:00.000000')
    expect(comparedText(type('datetime', 'datetime'), '2026-00-00 00:00:00')).toBe('2026-00-00 00:00:00')
    expect(comparedText(type('datetime', 'datetime'), '2026-01-00 10:00:00.5')).toBe('2026-01-00 10:00:00.5')
  })

  it('is what 32 bits hold of a number', () => {
    expect(comparedText(type('float', 'float'), '0.1')).toBe('0.10000000149011612')
    expect(comparedText(type('float', 'double'), '0.1')).toBe('0.1')
  })
})

describe('the rank of a label', () => {
  const labels = ['small', 'large', 'a,b']
  it('is its place in an enum', () => {
    const of = type('string', 'enum', { labels })
    expect(['small', 'large', 'none', ''].map((text) => rankText(of, text))).toEqual(['1', '2', '0', '0'])
  })

  it('is a bit for each member of a set', () => {
    const many = Array.from({ length: 64 }, (_, i) => `'m${i}'`)
    const of = type('string', `set(${many.join()})`)
    expect(rankText(of, 'm0,m2')).toBe('5')
    expect(rankText(of, 'm63')).toBe('9223372036854775808')
    expect(rankText(of, '')).toBe('0')
  })
})
