/** Keys of paths: that rows are found under the Location they were given, whatever the type of their key. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bool, bytea, catalog, int4, table, timestamptz } from '#catalog/catalog.fixture.ts'
import { environment, read, refusalOf, write } from './plan.fixture.ts'
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
