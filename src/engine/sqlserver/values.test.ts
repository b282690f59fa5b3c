import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OutputColumn } from '#engine/engine.ts'
import { createRowWriter, createScratch } from '#engine/rows.ts'
import { createRowEncoder, type ResultColumn, rowTexts, textOf } from './values.ts'

const column = (name: string, dataLength?: number): ResultColumn => ({
  colName: 'c',
  type: { name },
  dataLength,
})
const ticks = (iso: string, nanosecondsDelta: number) => Object.assign(new Date(iso), { nanosecondsDelta })

describe('the text of a value', () => {
  it.each<[string, ResultColumn, unknown, string]>([
    ['an integer', column('IntN', 4), -7, '-7'],
    [
      'a bigint, which tedious gives as text',
      column('IntN', 8),
      '9223372036854775807',
      '9223372036854775807',
    ],
    ['a bit', column('BitN', 1), true, 't'],
    ['a bit', column('Bit'), false, 'f'],
    ['a float', column('FloatN', 8), 0.1, '0.1'],
    ['a real, read into a double', column('FloatN', 4), Math.fround(0.1), '0.1'],
    ['a real that is never NULL', column('Real'), Math.fround(0.1), '0.1'],
    ['text', column('NVarChar'), 'ü', 'ü'],
    ['binary', column('VarBinary'), Buffer.from([0, 255]), 'AP8='],
    ['a date', column('Date'), new Date('2026-11-23T00:00:00Z'), '2026-11-23'],
    ['a date long ago', column('Date'), new Date('0001-01-01T00:00:00Z'), '0001-01-01'],
    ['a time', column('Time'), ticks('1970-01-01T14:05:09.123Z', 0.0004567), '14:05:09.1234567'],
    ['a time without a fraction', column('Time'), ticks('1970-01-01T14:05:09Z', 0), '14:05:09'],
    ['a datetime2', column('DateTime2'), ticks('2026-11-23T14:05:09.120Z', 0), '2026-11-23 14:05:09.12'],
    [
      'a datetimeoffset',
      column('DateTimeOffset'),
      ticks('2026-11-23T14:05:09Z', 0.0000001),
      '2026-11-23 14:05:09.0000001+00',
    ],
  ])('of %s', (_, described, value, text) => {
    expect(textOf(described)(value)).toBe(text)
    expect(rowTexts([described], [{ value }])).toEqual([text])
  })

  it('of NULL is null', () => {
    expect(rowTexts([column('IntN', 4), column('Date')], [{ value: null }, { value: undefined }])).toEqual([
      null,
      null,
    ])
  })
})

describe('a row of DataRow bytes', () => {
  const text = (name: string): OutputColumn => ({ name, encoding: 'text', hidden: false })

  it('holds any text whatever its length and letters, row after row', () => {
    const encoder = createRowEncoder()
    const lengths = fc.constantFrom(0, 1, 23, 24, 25, 4095, 4097, 9000)
    const value = fc
      .tuple(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }), lengths)
      .map(([part, length]) => part.repeat(Math.ceil(length / part.length)).slice(0, length))
      .map((s) => s.toWellFormed())
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.option(value), { minLength: 3, maxLength: 3 }), { maxLength: 4 }),
        (rows) => {
          const names = ['a', 'b', 'c']
          const columns = names.map(text)
          encoder.begin(
            names.map(() => column('NVarChar')),
            columns,
          )
          const writer = createRowWriter(columns, 'array', Number.POSITIVE_INFINITY, createScratch())
          for (const row of rows) writer.row(encoder.row(row.map((v) => ({ value: v }))), 0)
          const expected = rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])))
          expect(JSON.parse(writer.finish().body.toString())).toEqual(expected)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('writes the marks of the dialect in columns of JSON, and only there', () => {
    const encoder = createRowEncoder()
    const described = [column('NVarChar'), column('NVarChar')]
    const columns = [{ ...text('j'), encoding: 'raw' as const }, text('t')]
    encoder.begin(described, columns)
    const value = '{"d":\u0001d1.5000000000000000e+000\u0001,"b":\u0001b00ff\u0001}'
    const writer = createRowWriter(columns, 'object', 1, createScratch())
    writer.row(encoder.row([{ value }, { value }]), 0)
    expect(JSON.parse(writer.finish().body.toString())).toEqual({ j: { d: 1.5, b: 'AP8=' }, t: value })
  })
})
