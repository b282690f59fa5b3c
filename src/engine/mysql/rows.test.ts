import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Encoding } from '#engine/engine.ts'
import { readRow } from '#engine/data-row.ts'
import { doubleText, singleText } from '#engine/floats.ts'
import type { Fields } from './packets.ts'
import { rowForm } from './row-form.ts'
import { rowInto, rowRoom, textRow } from './rows.ts'

const type = {
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  nothing: 6,
  timestamp: 7,
  longlong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  bit: 16,
  json: 245,
  decimal: 246,
  blob: 252,
  text: 253,
} as const
const unsigned = 0x2000
const binary = 0x4000

interface Cell {
  readonly code: number
  readonly encoding: Encoding
  /** Its bytes in the protocol; undefined: NULL. */
  readonly bytes: Buffer | undefined
}

/** A row of the binary protocol, with something before it, as in a chunk. */
function read(cells: readonly Cell[], encodings: boolean = true): (string | null)[] {
  const bitmap = Buffer.alloc((cells.length + 9) >> 3)
  for (const [i, cell] of cells.entries())
    if (cell.bytes === undefined)
      bitmap[(i + 2) >> 3] = (bitmap[(i + 2) >> 3] as number) | (1 << ((i + 2) & 7))
  const row = Buffer.concat([Buffer.from([0]), bitmap, ...cells.flatMap((cell) => cell.bytes ?? [])])
  const chunk = Buffer.concat([Buffer.from('before'), row, Buffer.from('behind')])
  const fields: Fields = { codes: cells.map((c) => c.code), names: [], descriptions: [] }
  const form = rowForm(fields, encodings ? cells.map((c) => c.encoding) : undefined)
  const out = Buffer.alloc(rowRoom(cells.length, row.length), 0xee)
  const end = rowInto(out, form, chunk, 6)
  expect(end).toBeLessThanOrEqual(out.length)
  return readRow(out, 0)
}

const one = (code: number, bytes: Buffer, encoding: Encoding = 'text') => read([{ code, encoding, bytes }])[0]
const sized = (bytes: Buffer) => {
  if (bytes.length < 251) return Buffer.concat([Buffer.from([bytes.length]), bytes])
  const prefix = Buffer.alloc(3, 0xfc)
  prefix.writeUInt16LE(bytes.length, 1)
  return Buffer.concat([prefix, bytes])
}
const integer = (bytes: number, value: bigint) => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64LE(BigInt.asIntN(64, value))
  return buffer.subarray(0, bytes)
}

describe('integers', () => {
  const widths = [
    [type.tiny, 1, 8],
    [type.short, 2, 16],
    [type.int24, 4, 24],
    [type.long, 4, 32],
    [type.longlong, 8, 64],
  ] as const

  it('of every width keep every digit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...widths),
        fc.boolean(),
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
        ([code, bytes, bits], signed, any) => {
          const value = signed ? BigInt.asIntN(bits, any) : BigInt.asUintN(bits, any)
          expect(one(code + (signed ? 0 : unsigned), integer(bytes, value), 'number')).toBe(String(value))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('at the borders of what a number holds keep every digit', () => {
    for (const around of [
      0n,
      9n,
      10n,
      99n,
      100n,
      2n ** 31n,
      2n ** 32n,
      10n ** 9n,
      10n ** 15n,
      2n ** 53n,
      2n ** 63n - 2n,
    ])
      for (const value of [around - 1n, around, around + 1n, -around, -around - 1n])
        expect(one(type.longlong, integer(8, value), 'number')).toBe(String(value))
    expect(one(type.longlong + unsigned, integer(8, 2n ** 64n - 1n))).toBe('18446744073709551615')
    expect(one(type.longlong, integer(8, -(2n ** 63n)))).toBe('-9223372036854775808')
  })

  it('of bits are the number they make', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), (bytes) => {
        expect(one(type.bit + unsigned, sized(Buffer.from(bytes)), 'number')).toBe(
          String(BigInt(`0x${Buffer.from(bytes).toString('hex')}`)),
        )
      }),
    )
  })

  it('of a year are its digits', () => expect(one(type.year + unsigned, integer(2, 2155n))).toBe('2155'))
})

describe('a yes or no', () => {
  it.each([
    [type.tiny, integer(1, 1n), 't'],
    [type.tiny, integer(1, 0n), 'f'],
    [type.tiny, integer(1, -1n), 't'],
    [type.short, integer(2, 256n), 't'],
    [type.long, integer(4, 0n), 'f'],
    [type.longlong, integer(8, 2n ** 40n), 't'],
    [type.bit + unsigned, sized(Buffer.from([1])), 't'],
    [type.bit + unsigned, sized(Buffer.from([0])), 'f'],
    [type.decimal, sized(Buffer.from('0.00')), 'f'],
    [type.decimal, sized(Buffer.from('0.01')), 't'],
  ])('of type %i is a letter', (code, bytes, letter) => expect(one(code, bytes, 'boolean')).toBe(letter))
})

describe('floats', () => {
  it('have the digits that read back to them, in the form that PostgreSQL gives them', () => {
    const bytes = (value: number, single: boolean) => {
      const buffer = Buffer.alloc(single ? 4 : 8)
      if (single) buffer.writeFloatLE(value)
      else buffer.writeDoubleLE(value)
      return buffer
    }
    for (const [value, text] of [
      [0.1, '0.1'],
      [-2.5, '-2.5'],
      [1e15, '1e+15'],
      [1.7976931348623157e308, '1.7976931348623157e+308'],
      [5e-324, '5e-324'],
    ] as const)
      expect(one(type.double, bytes(value, false), 'float')).toBe(text)
    for (const [value, text] of [
      [0.1, '0.1'],
      [16_777_216, '1.6777216e+07'],
      [1e-45, '1e-45'],
    ] as const)
      expect(one(type.float, bytes(value, true), 'float')).toBe(text)
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.fround(Number(one(type.float, bytes(value, true), 'float')))).toBe(value)
      }),
    )
  })
})

/** As the server sends them: what is 0 at the end is left out. */
const moment = (year: number, month: number, day: number, h = 0, m = 0, s = 0, micros = 0) => {
  const buffer = Buffer.alloc(11)
  buffer.writeUInt16LE(year, 0)
  buffer.set([month, day, h, m, s], 2)
  buffer.writeUInt32LE(micros, 7)
  const length = micros > 0 ? 11 : h + m + s > 0 ? 7 : year + month + day > 0 ? 4 : 0
  return sized(buffer.subarray(0, length))
}
const time = (negative: boolean, days: number, h: number, m: number, s: number, micros: number) => {
  const buffer = Buffer.alloc(12)
  buffer[0] = negative ? 1 : 0
  buffer.writeUInt32LE(days, 1)
  buffer.set([h, m, s], 5)
  buffer.writeUInt32LE(micros, 8)
  return sized(buffer.subarray(0, micros > 0 ? 12 : days + h + m + s > 0 ? 8 : 0))
}

describe('dates and times', () => {
  it.each([
    [type.date, moment(2026, 11, 23), 'text', '2026-11-23'],
    [type.date, moment(0, 0, 0), 'text', '0000-00-00'],
    [type.date, moment(987, 0, 0), 'text', '0987-00-00'],
    [type.datetime, moment(0, 0, 0), 'datetime', '0000-00-00 00:00:00'],
    [type.datetime, moment(2026, 11, 23), 'datetime', '2026-11-23 00:00:00'],
    [type.datetime, moment(2026, 11, 23, 14, 5, 9), 'datetime', '2026-11-23 14:05:09'],
    [type.datetime, moment(9999, 12, 31, 23, 59, 59, 999_999), 'datetime', '9999-12-31 23:59:59.999999'],
    [type.datetime, moment(2026, 1, 2, 0, 0, 0, 120_000), 'datetime', '2026-01-02 00:00:00.12'],
    [type.datetime, moment(2026, 1, 2, 0, 0, 0, 1), 'text', '2026-01-02 00:00:00.000001'],
    [type.timestamp, moment(2038, 1, 19, 3, 14, 7, 500_000), 'timestamp', '2038-01-19 03:14:07.5+00'],
    [type.timestamp, moment(0, 0, 0), 'timestamp', '0000-00-00 00:00:00+00'],
    // The encoding says whether the time has a zone, as it is the column that is asked for.
    [type.datetime, moment(2026, 11, 23, 1), 'timestamp', '2026-11-23 01:00:00+00'],
    [type.time, time(false, 0, 0, 0, 0, 0), 'text', '00:00:00'],
    [type.time, time(false, 0, 14, 5, 9, 0), 'text', '14:05:09'],
    [type.time, time(true, 34, 22, 59, 59, 0), 'text', '-838:59:59'],
    [type.time, time(true, 0, 0, 0, 0, 10), 'text', '-00:00:00.00001'],
    [type.time, time(false, 4, 3, 0, 0, 999_990), 'text', '99:00:00.99999'],
    [type.time, time(false, 4, 4, 0, 0, 0), 'text', '100:00:00'],
  ] as const)('of type %i are written canonically', (code, bytes, encoding, text) => {
    expect(one(code + binary, bytes, encoding)).toBe(text)
  })

  it('of every microsecond are as PostgreSQL would write them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), (micros) => {
        const digits = String(micros).padStart(6, '0').replace(/0+$/, '')
        expect(one(type.datetime, moment(2026, 1, 1, 0, 0, 0, micros), 'datetime')).toBe(
          `2026-01-01 00:00:00.${digits}`,
        )
      }),
    )
  })
})

describe('texts and bytes', () => {
  it('come through as they are, bytes in base64 without line breaks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const bytes = Buffer.from(text)
        expect(one(type.text, sized(bytes))).toBe(text)
        expect(one(type.blob + binary, sized(bytes))).toBe(bytes.toString('base64'))
      }),
    )
  })

  it('that are JSON or decimals are texts, although the server calls them bytes', () => {
    expect(one(type.json + binary, sized(Buffer.from('{"a": 1}')), 'raw')).toBe('{"a": 1}')
    expect(one(type.decimal + binary, sized(Buffer.from('-12.340')))).toBe('-12.340')
    expect(one(type.blob + binary, sized(Buffer.from('[1]')), 'raw')).toBe('[1]')
  })
})

describe('JSON that the server put together', () => {
  const json = (text: string) => one(type.text, sized(Buffer.from(text)), 'raw')

  it('has floats in canonical form where it was marked', () => {
    expect(json('[\u0002d1e15,\u0002d-0.00001,{"a":\u0002f0.10000000149011612}]')).toBe(
      '[1e+15,-1e-05,{"a":0.1}]',
    )
    expect(json('\u0002d-0')).toBe('-0')
    expect(json('{"e":"\u00e9","v":\u0002d0.1}')).toBe('{"e":"\u00e9","v":0.1}')
    expect(json('[1e15,"2"]')).toBe('[1e15,"2"]')
  })

  it('has any float in the form of the top level, and room for it', () => {
    // String() and toExponential() forget the sign of zero.
    const signed = (value: number, text: string) => (Object.is(value, -0) ? `-${text}` : text)
    const forms = [
      (value: number) => String(value),
      (value: number) => value.toExponential(),
      (value: number) => value.toExponential().replace('+', ''),
    ]
    const check = (
      letter: string,
      list: readonly number[],
      form: (value: number) => string,
      top: typeof form,
    ) => {
      const marked = list.map((value) => `\u0002${letter}${signed(value, form(value))}`)
      expect(json(`[${marked.join()}]`)).toBe(`[${list.map(top).join()}]`)
    }
    const finite = { noNaN: true, noDefaultInfinity: true }
    fc.assert(
      fc.property(fc.array(fc.double(finite)), fc.constantFrom(...forms), (list, form) =>
        check('d', list, form, doubleText),
      ),
    )
    fc.assert(
      fc.property(fc.array(fc.float(finite)), fc.constantFrom(...forms), (list, form) =>
        check('f', list, form, singleText),
      ),
    )
  })
})

describe('a row', () => {
  it('has NULL wherever the bitmap says so, whatever stands around it', () => {
    const cell = fc.oneof(
      fc.constant({
        code: type.nothing,
        encoding: 'text',
        bytes: Buffer.alloc(0),
        text: null,
      }),
      fc.string({ maxLength: 60 }).map((text) => ({
        code: type.text as number,
        encoding: 'text' as Encoding,
        bytes: sized(Buffer.from(text)),
        text,
      })),
      fc.integer({ min: -128, max: 127 }).map((n) => ({
        code: type.tiny as number,
        encoding: 'number' as Encoding,
        bytes: integer(1, BigInt(n)),
        text: String(n),
      })),
      fc.constant({
        code: type.date,
        encoding: 'text',
        bytes: moment(2026, 11, 23),
        text: '2026-11-23',
      }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, fc.boolean()), { minLength: 1, maxLength: 40 }), (cells) => {
        expect(
          read(
            cells.map(([c, isNull]) => ({ ...c, bytes: isNull || c.text === null ? undefined : c.bytes })),
          ),
        ).toEqual(cells.map(([c, isNull]) => (isNull ? null : c.text)))
      }),
    )
  })

  it('that only Postern reads has bytes in base64 and numbers in digits', () => {
    expect(
      read(
        [
          { code: type.blob + binary, encoding: 'text', bytes: sized(Buffer.from([0, 255])) },
          { code: type.tiny, encoding: 'boolean', bytes: integer(1, 1n) },
        ],
        false,
      ),
    ).toEqual(['AP8=', '1'])
  })

  it('of COM_QUERY is made of texts', () => {
    const bytes = Buffer.concat([
      Buffer.from('x'),
      sized(Buffer.from('ü')),
      Buffer.from([0xfb]),
      sized(Buffer.alloc(0)),
      sized(Buffer.alloc(300, 'y')),
    ])
    expect(textRow(bytes, 1, 4)).toEqual(['ü', null, '', 'y'.repeat(300)])
  })
})
