/** Keys of paths: that rows are found under the Location they were given, whatever the type of their key. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  bool,
  bytea,
  catalog,
  float8,
  int4,
  numeric,
  table,
  text,
  timestamp,
  timestamptz,
  uuid,
} from '#catalog/catalog.fixture.ts'
import { environment, read, refusalOf, write } from './plan.fixture.ts'
import { isSameKey } from './key.ts'
import { planRead } from './read.ts'
import { planWrite } from './write.ts'

const flags = catalog([
  table('flags', {
    columns: { on: bool, at: timestamptz, digest: bytea, n: int4 },
    key: ['on', 'at', 'digest'],
  }),
])
const environmentOfFlags = environment({ catalog: flags })

const bound = (...key: string[]) => {
  const request = read(`flags/${key.map(encodeURIComponent).join(',')}`)
  return planRead(request, environmentOfFlags).bind({
    values: request.values,
    key: request.key,
    cursor: undefined,
    limit: undefined,
    offset: undefined,
  })
}

test('A key is taken in canonical form and in the form that databases write, to the same end', () => {
  const canonical = ['true', '2026-01-01T00:00:00.5+00:00', 'AAEC']
  expect(bound(...canonical)).toEqual(canonical)
  expect(bound('t', '2026-01-01 00:00:00.5+00', String.raw`\x000102`)).toEqual([
    'true',
    '2026-01-01T00:00:00.5+00',
    'AAEC',
  ])
  expect(bound('f', 'infinity', String.raw`\x`)).toEqual(['false', 'infinity', ''])
  expect([bound('1', 'infinity', '')[0], bound('0', 'infinity', '')[0]]).toEqual(['true', 'false'])
})

test('Binary keys survive as hexadecimal, whatever their bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const buffer = Buffer.from(bytes)
      const [, , digest] = bound('t', 'infinity', String.raw`\x` + buffer.toString('hex'))
      expect(digest).toBe(buffer.toString('base64'))
    }),
  )
})

test('Anything else in the place of a key is refused under the name of its field', () => {
  for (const other of ['2', 'constructor', ''])
    expect(() => bound(other, 'infinity', '')).toThrow('true or false')
  expect(refusalOf(() => bound('yes', 'infinity', ''))).toMatchObject({
    code: 'invalid_parameter',
    facts: { parameter: 'on', expected: 'boolean' },
  })
  expect(refusalOf(() => bound('t', 'infinity', String.raw`\x0`)).facts).toMatchObject({
    parameter: 'digest',
    expected: 'binary',
  })
})

test('Two spellings of one value are one key', () => {
  const [money, float] = [numeric(12, 2), float8]
  const [bpchar, uuidText] = [{ ...text, family: 'bpchar' }, 'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11']
  for (const [type, a, b] of [
    [money, '1.5', '1.50'],
    [money, '-15e-1', '-1.500'],
    [money, '0', '-0.00'],
    [money, 'NaN', 'NaN'],
    [float, '1', '1.0'],
    [float, '1e300', '10e+299'],
    [bpchar, 'ab  ', 'ab'],
    [uuid, uuidText, uuidText.toLowerCase()],
    [timestamptz, '2025-12-31T22:00:00Z', '2026-01-01T00:00:00+02:00'],
    [timestamptz, '2026-01-01T00:00:00.50+00', '2025-12-31T20:30:00.5-0330'],
    [timestamptz, '2026-03-01T00:00:00+01', '2026-02-28T24:00:00+01:00'],
    [timestamptz, '2026-06-30T23:59:60Z', '2026-07-01T00:00Z'],
    [timestamptz, '0001-01-01T00:00:00Z', '0001-12-31T23:00:00-01:00 BC'],
    [timestamptz, '294276-12-31T23:00:00Z', '294277-01-01T00:00:00+01'],
    [timestamptz, 'infinity', 'infinity'],
    [timestamp, '2026-01-01T00:00', '2026-01-01T00:00:00.000'],
  ] as const)
    expect(isSameKey(type, a, b), `${a} ${b}`).toBe(true)
  for (const [type, a, b] of [
    [money, '1.5', '1.51'],
    [money, '1', '-1'],
    [money, '1', '10'],
    [money, '0.1', '0.10000000000000000001'],
    [text, 'ab ', 'ab'],
    [text, '1.5', '1.50'],
    [{ ...text, family: 'char', maxBytes: 1 }, ' ', ''],
    [timestamptz, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00+01'],
    [timestamptz, '2026-01-01T00:00:00.1Z', '2026-01-01T00:00:00.01Z'],
    [timestamptz, '0044-03-15T00:00:00Z', '0044-03-15T00:00:00Z BC'],
    [timestamptz, 'infinity', '-infinity'],
  ] as const)
    expect(isSameKey(type, a, b), `${a} ${b}`).toBe(false)
})

test('Moments of this millennium are told apart as JavaScript does', () => {
  const moment = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
  fc.assert(
    fc.property(moment, fc.integer({ min: -15 * 60, max: 15 * 60 }), (date, minutes) => {
      const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1)
      const two = (n: number) => String(Math.trunc(n)).padStart(2, '0')
      const zone = `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
      expect(isSameKey(timestamptz, date.toISOString(), local + zone)).toBe(true)
    }),
  )
})

test('A body may repeat the key of its path in another spelling', () => {
  const put = (body: object) =>
    planWrite(write('PUT', 'flags/t,2026-01-01T00:00:00Z,%5Cx0001', body), environmentOfFlags)
  const { steps } = put({ on: true, at: '2026-01-01T00:00:00+00:00', digest: 'AAE=', n: 1 })
  expect(steps[0]?.values).toEqual(['true', '2026-01-01T00:00:00+00:00', 'AAE=', '1'])
  expect(refusalOf(() => put({ digest: 'AAI=' }))).toMatchObject({
    code: 'bad_value',
    facts: { field: 'digest' },
  })
})
