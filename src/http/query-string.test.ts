/** Raw URLs: what is decoded, and what is refused by name. */
import { expect, test } from 'vitest'
import { refusal } from './form.fixture.ts'
import { decodeSegment, parseKey, readQueryString } from './query-string.ts'

test('a query string is split before it is decoded', () => {
  expect(readQueryString('?a=1&b%3D%26=x%26y%3D')).toEqual([
    { name: 'a', value: '1' },
    { name: 'b=&', value: 'x&y=' },
  ])
})

test('only the first = separates name and value', () => {
  expect(readQueryString('a=b=c')).toEqual([{ name: 'a', value: 'b=c' }])
})

test('+ is a space in a query string and itself in a path', () => {
  expect(readQueryString('full+name=a+b%2Bc')).toEqual([{ name: 'full name', value: 'a b+c' }])
  expect(decodeSegment('a+b%2B', 'key')).toBe('a+b+')
})

test('empty pieces are skipped and an empty value is kept', () => {
  expect(readQueryString('?&&a=&')).toEqual([{ name: 'a', value: '' }])
  expect(readQueryString('?')).toEqual([])
  expect(readQueryString('')).toEqual([])
})

test('percent-encoded UTF-8 is decoded', () => {
  expect(readQueryString('city=Z%C3%BCrich%F0%9F%8F%94')).toEqual([{ name: 'city', value: 'Zürich🏔' }])
})

test.each([
  ['a broken escape', 'status=%zz', 'status'],
  ['a cut escape', 'status=%4', 'status'],
  ['bytes that are no UTF-8', 'status=%FF', 'status'],
  ['an overlong encoding', 'status=%C0%AF', 'status'],
  ['an encoded surrogate', 'status=%ED%A0%80', 'status'],
  ['a NUL', 'status=a%00b', 'status'],
  ['raw characters beyond ASCII', 'status=ü', 'status'],
  ['a raw space', 'status=a b', 'status'],
  ['a broken escape in the name', '%zz=1', '%zz'],
])('%s is refused with the name of the parameter', (_what, search, name) => {
  const { code, detail, facts } = refusal(() => readQueryString(search))
  expect(code).toBe('malformed_url')
  expect(detail).toContain(name)
  expect(facts).toEqual({ parameter: name })
})

test('a parameter without = is refused, and says how the empty text is written', () => {
  const { code, detail, facts } = refusal(() => readQueryString('a=1&status&b=2'))
  expect(code).toBe('invalid_parameter')
  expect(detail).toContain('status=')
  expect(facts).toEqual({ parameter: 'status' })
})

test('a parameter without a name is refused', () => {
  expect(refusal(() => readQueryString('=5')).code).toBe('invalid_parameter')
})

test('a key is split at commas before decoding', () => {
  expect(parseKey('1001,3')).toEqual(['1001', '3'])
  expect(parseKey('a%2Cb,c%2Fd')).toEqual(['a,b', 'c/d'])
  expect(parseKey(',')).toEqual(['', ''])
  expect(refusal(() => parseKey('1,%00'))).toMatchObject({
    code: 'malformed_url',
    facts: { parameter: 'key' },
  })
})

test('long names are cut where they are repeated', () => {
  const { detail, facts } = refusal(() => readQueryString(`${'x'.repeat(5000)}=%FF`))
  expect(detail.length).toBeLessThan(200)
  expect(String(facts['parameter']).length).toBe(101)
})
