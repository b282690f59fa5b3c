import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { configJsonSchema } from './json-schema.ts'

const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(configJsonSchema())

test.each([
  ['nothing: other sources may hold it', {}],
  ['a part of a group', { pools: { budget: { connections: 200 } } }],
  ['values with units', { pools: { acquireTimeout: '2s' }, limits: { body: '1MiB' } }],
  [
    'references to anything',
    { database: { port: '${PORT}', url: 'file:/run/url' }, pools: { acquireTimeout: '${N}s' } },
  ],
  ['references to lists', { api: { schemas: '${SCHEMAS}', hide: ['${X}'] } }],
  ['references shorter than the text must be', { api: { cursorSecret: '${KEY}' } }],
  ['groups under names of yours', { api: { relations: { orders: { customer: 'payer' } } } }],
])('a file may hold %s', (_, file) => {
  expect(validate(file), JSON.stringify(validate.errors)).toBe(true)
})

test.each([
  ['unknown keys', { pools: { mx: 5 } }],
  ['numbers out of bounds', { pools: { max: 0 } }],
  ['durations without a unit', { pools: { acquireTimeout: 500 } }],
  ['words that are no choice', { log: { level: 'loud' } }],
  ['a rule without its path', { deadlines: { rules: [{ deadline: '1s' }] } }],
  ['a secret that is too short', { api: { cursorSecret: 'short' } }],
])('a file must not hold %s', (_, file) => {
  expect(validate(file)).toBe(false)
})

test('defaults are written as users write them', () => {
  expect(configJsonSchema()).toMatchObject({
    properties: {
      pools: { properties: { acquireTimeout: { default: '500ms' }, maxConnecting: { default: 2 } } },
      limits: { properties: { body: { default: '16MiB' } } },
      api: { properties: { schemas: { default: [] } } },
    },
  })
})
