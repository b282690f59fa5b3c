/** JSON in: exact numbers, depth, characters, hostile members. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits, refusal } from './form.fixture.ts'
import { isRawNumber, parseJson, scanJson } from './json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const json = (text: string, jsonDepth = 8, bodyValues = 10_000) =>
  parseJson(bytes(text), { jsonDepth, bodyValues })

test('numbers that a double prints back are numbers', () => {
  expect(json('[0,1,-1,0.1,123456789012345,9007199254740992,0.000001]')).toEqual([
    0, 1, -1, 0.1, 123456789012345, 9007199254740992, 0.000001,
  ])
})

test.each([
  '12345678901234567890',
  '1.10',
  '1e3',
  '-0',
  '1E+2',
  '0.0000001',
  '1e999',
  '0.1234567890123456789',
  '100.0',
])('the number %s keeps its text', (text) => {
  const value = json(`{"n":[${text}]}`) as { n: unknown[] }
  expect(isRawNumber(value.n[0])).toBe(true)
  expect(JSON.stringify(value)).toBe(`{"n":[${text}]}`)
})

test('a number is raw exactly when its double prints another text', () => {
  const digits = fc.stringMatching(/^\d{1,20}$/).map((text) => text.replace(/^0+(?=\d)/, ''))
  const number = fc
    .tuple(
      fc.constantFrom('', '-'),
      digits,
      fc.option(fc.stringMatching(/^\d{1,18}$/)),
      fc.option(fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
    )
    .map(
      ([sign, whole, fraction, exponent]) =>
        `${sign}${whole}${fraction ? `.${fraction}` : ''}${exponent ?? ''}`,
    )
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 3 }), (numbers) => {
      const values = json(`[${numbers.join(', ')}]`) as unknown[]
      for (const [i, text] of numbers.entries()) {
        const value = values[i]
        expect(isRawNumber(value)).toBe(String(Number(text)) !== text)
        expect(isRawNumber(value) ? value.rawJSON : String(value)).toBe(text)
      }
    }),
    { numRuns: 2000 },
  )
})

test('any value is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.stringify(json(text))).toBe(text)
    }),
  )
})

test('the scan tells how many values there are', () => {
  const valuesOf = (value: unknown): number =>
    typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, item) => sum + valuesOf(item), 1)
      : 1
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, indent) => {
      expect(scanJson(JSON.stringify(value, undefined, indent)).values).toBe(valuesOf(value))
    }),
  )
})

test('more values than allowed are refused before they are made, with the numbers', () => {
  const text = '[{"a":[true,1.0]},{},null]'
  expect(json(text, 8, 7)).toHaveLength(3)
  expect(refusal(() => json(text, 8, 6))).toEqual({
    code: 'body_too_large',
    detail: 'body: has 7 values, at most 6 (limits.bodyValues)',
    facts: { limit: 6, actual: 7 },
  })
})

test('the scan tells the depth that the value has', () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const scan = scanJson(JSON.stringify(value, undefined, indent))
      expect(scan.depth).toBe(depthOf(value))
      expect(scan.items).toBe(Array.isArray(value) ? value.length : 0)
    }),
  )
})

test('a byte order mark is tolerated', () => {
  expect(json('\uFEFF{"a":1}')).toEqual({ a: 1 })
})

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":{},"b":[{"c":1},{"c":1.10,"d":"x,:\\"{","c":2}]}', 'b[1].c'],
  ['[{"a":1}, {"é" : [], "\\u00e9": null}]', '[1].é'],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{"a":{"a":1},"A":1,"":1,"":2}', ''],
])('a member that stands twice is refused by its path: %s', (text, member) => {
  expect(refusal(() => json(text))).toMatchObject({
    code: 'malformed_body',
    detail: `body: ${member} is given twice`,
    facts: { member },
  })
})

test('__proto__ is an own member, with exact numbers too', () => {
  for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1.10}}']) {
    const value = json(text) as object
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect('x' in value).toBe(false)
  }
})

test('the depth is refused before parsing, with both numbers', () => {
  expect(json('[[[[]]]]', 4)).toEqual([[[[]]]])
  expect(refusal(() => json('['.repeat(1_000_000), 64))).toMatchObject({
    code: 'malformed_body',
    facts: { limit: 64, actual: 1_000_000 },
  })
  expect(json('["[[[[[[", "\\"[[[["]', 1)).toHaveLength(2)
})

test.each([
  '',
  '{',
  '{"a":1',
  '{a:1}',
  '[1,]',
  '{"a":"\n"}',
  'nul',
  '1 2',
  '"',
  "'a'",
  '01',
  '+1',
  'NaN',
  '"\\x"',
])('the text %j is no JSON, and the answer does not quote it', (text) => {
  const { code, detail } = refusal(() => json(text))
  expect(code).toBe('malformed_body')
  expect(detail).toMatch(/^body: (is empty|is not valid JSON( at character \d+)?)$/)
})

test('bytes that are not UTF-8 are refused', () => {
  expect(refusal(() => parseJson(new Uint8Array([34, 0xff, 34]), limits)).code).toBe('malformed_body')
  expect(refusal(() => parseJson(new Uint8Array([34, 0xed, 0xa0, 0x80, 34]), limits)).code).toBe(
    'malformed_body',
  )
})

test('characters that no database stores are refused with the path of the member', () => {
  expect(refusal(() => json('[{"a":{"b":"x\\u0000"}}]'))).toMatchObject({
    code: 'bad_value',
    facts: { member: '[0].a.b' },
  })
  expect(refusal(() => json('{"a":["\\uD800"]}'))).toMatchObject({
    code: 'bad_value',
    facts: { member: 'a[0]' },
  })
  expect(refusal(() => json('{"a\\u0000":1}')).code).toBe('bad_value')
  expect(refusal(() => json('"\\u0000"')).detail).toContain('the value')
})

test('escapes that only look like them are taken', () => {
  expect(json('"\\\\u0000 \\uD83D\\uDE00"')).toBe('\\u0000 😀')
})
