/** Values: what is taken, as which text, and which refusal names the limit that was broken. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as types from '#catalog/catalog.fixture.ts'
import type { ValueType } from '#catalog/model.ts'
import { parseExact } from './exact-json.ts'
import { refusalOf } from './plan.fixture.ts'
import type { Place } from './refuse.ts'
import { comparedText, likePattern, listTexts, literalPattern, valueText } from './values.ts'

const url: Place = { name: 'p', source: 'url', texts: true, stored: false }
const body: Place = { name: 'p', source: 'body', texts: false, stored: true }
const {
  int2,
  int4,
  int8,
  text,
  uuid,
  float8,
  bool,
  timestamptz,
  timestamp,
  date,
  time,
  bytea,
  jsonb,
  money,
} = types
const raw = (number: string) => parseExact(number)?.value
const person = types.compositeOf('person', { name: text, born: date, notes: jsonb })

test.each<[ValueType, unknown, string]>([
  [int4, '007', '7'],
  [int4, '-0', '0'],
  [int4, 5, '5'],
  [int4, raw('5.0'), '5'],
  [int4, raw('1e3'), '1000'],
  [int4, raw('120e-1'), '12'],
  [int8, raw('9223372036854775807'), '9223372036854775807'],
  [types.numeric(), '1.50', '1.50'],
  [types.numeric(), raw('12345678901234567890.10'), '12345678901234567890.10'],
  [types.numeric(), 'NaN', 'NaN'],
  [types.numeric(), '-Infinity', '-Infinity'],
  [types.numeric(4, 2), '10.500', '10.500'],
  [types.numeric(4, 2), 'NaN', 'NaN'],
  [types.numeric(2, 4), '0', '0'],
  [types.numeric(2, 4), '0.0099', '0.0099'],
  [types.numeric(3, -2), '99900', '99900'],
  [types.numeric(3, -2), raw('1e2'), '1e2'],
  [types.numeric(3, -2), '-0.0', '-0.0'],
  [types.numeric(2, 2), '0.99', '0.99'],
  [float8, 1e300, '1e+300'],
  [float8, 'Infinity', 'Infinity'],
  [float8, '5e-324', '5e-324'],
  [float8, '-0.0', '-0.0'],
  [float8, '0e9999', '0e9999'],
  [bool, true, 'true'],
  [bool, 'false', 'false'],
  [uuid, 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11', 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  [types.varchar(2), '💥💥', '💥💥'],
  [timestamptz, '2026-11-23T14:05:09.123+00:00', '2026-11-23T14:05:09.123+00:00'],
  [timestamptz, '2026-11-23t14:05:09z', '2026-11-23T14:05:09Z'],
  [timestamptz, '2026-11-23 14:05:09 02:00', '2026-11-23T14:05:09+02:00'],
  [timestamptz, '0044-03-15T00:00:00+00:00 BC', '0044-03-15T00:00:00+00:00 BC'],
  [timestamptz, '10000-01-01T00:00:00+00:00', '10000-01-01T00:00:00+00:00'],
  [timestamptz, '2026-06-30T23:59:60Z', '2026-06-30T23:59:60Z'],
  [timestamptz, 'infinity', 'infinity'],
  [timestamp, '0001-01-01T00:00', '0001-01-01T00:00'],
  [timestamp, '-infinity', '-infinity'],
  [date, '2024-02-29', '2024-02-29'],
  [date, '0001-02-29 BC', '0001-02-29 BC'],
  [time, '24:00:00', '24:00:00'],
  [time, '14:05:09.12', '14:05:09.12'],
  [bytea, '', ''],
  [bytea, 'AP8=', 'AP8='],
  [jsonb, { a: [raw('1.10'), null] }, '{"a":[1.10,null]}'],
  [jsonb, 'x', '"x"'],
  [types.arrayOf(int8), [1, '2', null], '["1","2",null]'],
  [
    types.arrayOf(int4),
    [
      [1, 2],
      [3, 4],
    ],
    '[["1","2"],["3","4"]]',
  ],
  [types.arrayOf(jsonb), [[1], 'x'], '[[1],"x"]'],
  [person, { name: 'A', notes: [1] }, '{"name":"A","notes":[1]}'],
  [types.arrayOf(person), [{ born: null, name: 'A' }, null], '[{"name":"A"},null]'],
])('%o takes %j as %s', (type, value, expected) => {
  expect(valueText(type, value, body)).toBe(expected)
})

test.each<[ValueType, unknown]>([
  [int2, 32768],
  [int2, '-32769'],
  [int4, 1.5],
  [int4, ''],
  [int4, '1x'],
  [int4, ' 1'],
  [int4, '0x10'],
  [int4, true],
  [int4, {}],
  [int4, raw('1e400')],
  [int8, '9223372036854775808'],
  [int8, '9'.repeat(100_000)],
  [types.numeric(4, 2), '1.005'],
  [types.numeric(4, 2), '100'],
  [types.numeric(4, 2), raw('1e2')],
  [types.numeric(4, 2), 'Infinity'],
  [types.numeric(2, 4), '0.01'],
  [types.numeric(2, 4), '0.00001'],
  [types.numeric(3, -2), '150'],
  [types.numeric(3, -2), '100000'],
  [types.numeric(3, -2), '100.5'],
  [types.numeric(2, 2), '1'],
  [{ ...timestamp, fraction: 0 }, '2026-11-23T14:05:09.6'],
  [{ ...timestamptz, fraction: 3 }, '2026-11-23T14:05:09.0001Z'],
  [{ ...time, fraction: 0 }, '14:05:09.6'],
  [types.arrayOf({ ...time, fraction: 0 }), ['14:05:09.6']],
  [{ ...text, maxBytes: 3 }, 'éé'],
  [{ ...text, maxBytes: 1 }, 'ab'],
  [money, 'NaN'],
  [types.numeric(), '1,5'],
  [types.numeric(), '.'],
  [float8, 'inf'],
  [float8, '1e309'],
  [float8, raw('-1e309')],
  [float8, '1e-400'],
  [float8, ''],
  [bool, 1],
  [bool, 'yes'],
  [text, 5],
  [text, 'a\0'],
  [text, '\ud800'],
  [types.varchar(2), 'abc'],
  [uuid, 'a0eebc99'],
  [timestamptz, '2026-11-23T14:05:09'],
  [timestamptz, '2026-11-23'],
  [timestamptz, '2026-02-30T00:00:00Z'],
  [timestamptz, '2026-11-23T14:05:09+16:00'],
  [timestamptz, '2026-11-23T24:00:01Z'],
  [timestamptz, 1_700_000_000],
  [timestamp, '2026-11-23T14:05:09Z'],
  [date, '2023-02-29'],
  [date, '0000-01-01'],
  [date, '2026-13-01'],
  [date, '23.11.2026'],
  [time, '25:00'],
  [time, '14:60'],
  [bytea, 'AP8'],
  [bytea, 'AP9='],
  [bytea, 'A_8='],
  [types.arrayOf(int4), 'x'],
  [types.arrayOf(int4), ['x']],
  [types.arrayOf(int4), [[[[[[[1]]]]]]]],
  [person, { nme: 'A' }],
  [person, []],
])('%o refuses %j', (type, value) => {
  expect(refusalOf(() => valueText(type, value, body)).code).toBe('bad_value')
})

describe('refusals', () => {
  test('name parameter, type and limit, and where a list or row was wrong', () => {
    const one = refusalOf(() => valueText(int2, '70000', { ...url, name: 'line[gt]' }))
    expect(one).toMatchObject({
      code: 'invalid_parameter',
      message: 'line[gt]: must be an integer from -32768 to 32767',
      facts: { parameter: 'line[gt]', expected: 'integer', range: ['-32768', '32767'] },
    })
    const two = refusalOf(() => valueText(types.arrayOf(int2), [1, 'x'], { ...body, name: 'lines', row: 3 }))
    expect(two.message).toBe('row 3, lines[1]: must be an integer from -32768 to 32767')
    const three = refusalOf(() => valueText(types.enumOf('s', 'open', 'paid'), 'opn', body))
    expect(three.facts).toMatchObject({ field: 'p', values: ['open', 'paid'], nearest: 'open' })
  })

  test('do not repeat the value, nor name a member of the problem document', () => {
    for (const type of [
      int4,
      types.numeric(),
      float8,
      bool,
      uuid,
      timestamptz,
      timestamp,
      date,
      time,
      bytea,
      types.arrayOf(int4),
      person,
    ]) {
      const { message, facts } = refusalOf(() => valueText(type, 'hunter2', body))
      expect(message + JSON.stringify(facts)).not.toContain('hunter2')
      for (const member of ['type', 'title', 'status', 'detail', 'instance', 'code'])
        expect(facts).not.toHaveProperty(member)
    }
  })

  test('a text that is only compared may be longer than its column', () => {
    expect(valueText(types.varchar(2), 'abc', url)).toBe('abc')
    expect(valueText(types.numeric(4, 2), '1.005', url)).toBe('1.005')
    expect(valueText({ ...time, fraction: 0 }, '14:05:09.6', url)).toBe('14:05:09.6')
    expect(valueText({ ...text, maxBytes: 1 }, 'ab', url)).toBe('ab')
  })

  test('a value is compared within the limits that its type has itself', () => {
    const cash = { ...money, precision: 19, scale: 2, limitsCompared: true as const }
    expect(valueText(cash, '1.50', url)).toBe('1.50')
    expect(refusalOf(() => valueText(cash, '1.005', url)).message).toBe(
      'p: has 3 digits behind the point, at most 2',
    )
  })

  test('say what a decimal of unusual scale must be', () => {
    const why = (type: ValueType, value: string) => refusalOf(() => valueText(type, value, body)).message
    expect(why(types.numeric(2, 4), '0.01')).toBe('p: must be below 0.01 in size')
    expect(why(types.numeric(3, -2), '150')).toBe('p: must be a multiple of 100')
    expect(why(types.numeric(3, 0), '1.5')).toBe('p: has 1 digit behind the point, at most 0')
    expect(why({ ...time, fraction: 0 }, '14:05:09.6')).toBe('p: has 1 digit behind the second, at most 0')
  })

  test('zeros behind what a column keeps are nothing that is lost', () => {
    expect(valueText({ ...timestamp, fraction: 0 }, '2026-11-23T14:05:09.000', body)).toBe(
      '2026-11-23T14:05:09.000',
    )
  })
})

test('where all values are texts, JSON and lists are JSON text, whose digits are kept', () => {
  expect(valueText(jsonb, '{"a": 1.50}', url)).toBe('{"a": 1.50}')
  expect(valueText(types.arrayOf(types.numeric()), '[1.50,null]', url)).toBe('["1.50",null]')
  expect(valueText(person, '{"name":"A"}', url)).toBe('{"name":"A"}')
  expect(refusalOf(() => valueText(jsonb, '{', url)).code).toBe('invalid_parameter')
})

test('nothing is compared with null', () => {
  expect(refusalOf(() => comparedText(int4, null, url)).code).toBe('invalid_parameter')
  expect(refusalOf(() => listTexts(int4, ['1', null], url)).code).toBe('invalid_parameter')
  expect(refusalOf(() => listTexts(int4, '1', url)).code).toBe('invalid_parameter')
  expect(listTexts(int4, [1, '02'], url)).toEqual(['1', '2'])
})

/** LIKE as the databases define it, with `\` as escape. */
function like(value: string, pattern: string): boolean {
  const source = pattern.replaceAll(/\\(.)|([%_])|([^%_\\])/gsu, (_, escaped, wild, plain) =>
    wild === undefined ? `[${escaped ?? plain}]`.replace('\\', '\\\\') : wild === '%' ? '.*' : '.',
  )
  return new RegExp(`^${source}$`, 'su').test(value)
}

describe('patterns', () => {
  const tricky = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\\', '.'), maxLength: 6 })

  test('of literal texts match exactly what holds them', () => {
    fc.assert(
      fc.property(tricky, tricky, (value, part) => {
        expect(like(value, literalPattern('contains', part, url))).toBe(value.includes(part))
        expect(like(value, literalPattern('starts', part, url))).toBe(value.startsWith(part))
        expect(like(value, literalPattern('ends', part, url))).toBe(value.endsWith(part))
      }),
    )
  })

  test('that end within an escape are refused', () => {
    expect(likePattern('a\\\\', url)).toBe('a\\\\')
    expect(refusalOf(() => likePattern('a\\', url)).code).toBe('invalid_parameter')
    expect(refusalOf(() => likePattern('a\0', url)).code).toBe('invalid_parameter')
  })
})

describe('properties', () => {
  const all: readonly ValueType[] = [
    int2,
    int8,
    text,
    uuid,
    float8,
    bool,
    timestamptz,
    timestamp,
    date,
    time,
    bytea,
    jsonb,
    money,
    person,
    types.numeric(6, 2),
    types.varchar(3),
    types.enumOf('e', 'a', 'b'),
    types.arrayOf(int4),
    types.arrayOf(jsonb),
  ]
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.jsonValue(),
    fc.string({ unit: fc.constantFrom(...'0123456789-+.:eTZ BC[]{}",'), maxLength: 30 }),
    fc.double().map((n) => raw(String(n)) ?? n),
  )

  test('nothing but refusals is thrown, and what is taken is a text without NUL, taken again unchanged', () => {
    fc.assert(
      fc.property(fc.constantFrom(...all), anything, fc.constantFrom(url, body), (type, value, place) => {
        let taken: string
        try {
          taken = valueText(type, value, place)
        } catch (error) {
          expect(error).toMatchObject({ name: 'GatewayError' })
          return
        }
        expect(taken.includes('\0')).toBe(false)
        expect(valueText(type, taken, { ...place, texts: true })).toBe(taken)
      }),
      { numRuns: 2000 },
    )
  })

  test('integers are taken exactly within their range, however long', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (n) => {
        const inside = n >= -(2n ** 63n) && n < 2n ** 63n
        if (inside) expect(valueText(int8, String(n), url)).toBe(String(n))
        else expect(refusalOf(() => valueText(int8, raw(String(n)), body)).code).toBe('bad_value')
      }),
    )
  })

  test('every moment that JavaScript writes is taken as it is', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }),
        (moment) => {
          const written = moment.toISOString()
          expect(valueText(timestamptz, written, url)).toBe(written)
          expect(valueText(timestamp, written.slice(0, -1), url)).toBe(written.slice(0, -1))
          expect(valueText(date, written.slice(0, 10), url)).toBe(written.slice(0, 10))
          expect(valueText(time, written.slice(11, -1), url)).toBe(written.slice(11, -1))
        },
      ),
    )
  })

  test('base64 is taken exactly as Node writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const written = Buffer.from(bytes).toString('base64')
        expect(valueText(bytea, written, body)).toBe(written)
        if (written.endsWith('='))
          expect(refusalOf(() => valueText(bytea, written.slice(0, -1), body)).code).toBe('bad_value')
      }),
    )
  })
})
