import { expect, test } from 'vitest'
import * as z from 'zod'
import { checkOptions, noOptions, waitOptions } from '#roles/options.ts'
import { placeOptions } from './load.ts'
import { configSchema } from './schema.ts'
import { namedKeys, objectShapeOf, shapeOf, variableOf } from './shape.ts'
import { countOrAuto, duration, port } from './types.ts'

test('a schema is read with kinds, bounds, defaults and descriptions', () => {
  const shape = objectShapeOf(
    z.strictObject({
      port: port().default(6420).describe('Where.'),
      wait: duration({ min: 10, max: 1000 }).default(500),
      mode: z.enum(['a', 'b']).optional(),
      count: countOrAuto(1).default('auto'),
      tags: z.array(z.string()).default([]),
      names: z.record(z.string(), z.number()).default({}),
      inner: z.strictObject({ on: z.boolean() }).prefault({ on: true }).describe('A group.'),
    }),
  )
  expect(shape.keys.get('port')).toMatchObject({
    kind: 'integer',
    min: 0,
    max: 65_535,
    default: 6420,
    description: 'Where.',
  })
  expect(shape.keys.get('wait')).toMatchObject({ kind: 'duration', min: 10, max: 1000, default: 500 })
  expect(shape.keys.get('mode')).toMatchObject({ kind: 'choice', choices: ['a', 'b'], optional: true })
  expect(shape.keys.get('count')).toMatchObject({
    kind: 'integer',
    min: 1,
    choices: ['auto'],
    default: 'auto',
  })
  expect(shape.keys.get('tags')).toMatchObject({ kind: 'list', item: { kind: 'text' } })
  expect(shape.keys.get('names')).toMatchObject({ kind: 'record', value: { kind: 'number' } })
  expect(shape.keys.get('inner')).toMatchObject({ kind: 'object', optional: true, description: 'A group.' })
  expect(namedKeys(shape).map((key) => key.name)).toEqual([
    'port',
    'wait',
    'mode',
    'count',
    'tags',
    'names',
    'inner',
    'inner.on',
  ])
})

test('a kind of schema that options are not made of is refused', () => {
  expect(() => shapeOf(z.union([z.string(), z.int()]))).toThrow('options cannot be this union')
  expect(() => shapeOf(z.date())).toThrow('options cannot be of the zod type date')
})

test('one rule turns keys into variables', () => {
  expect(variableOf(['pools', 'budget', 'connections'])).toBe('POSTERN_POOLS_BUDGET_CONNECTIONS')
  expect(variableOf(['pools', 'acquireTimeout'])).toBe('POSTERN_POOLS_ACQUIRE_TIMEOUT')
})

const keys = namedKeys(shapeOf(configSchema))

test('no two keys share a variable', () => {
  const variables = keys.map((key) => key.variable)
  expect(variables.filter((name, i) => variables.indexOf(name) !== i)).toEqual([])
})

test('no key has the name of a flag that commands have beside the configuration', () => {
  const tops = new Set(keys.map((key) => key.path[0]))
  const own = [placeOptions, noOptions, checkOptions, waitOptions].flatMap((schema) =>
    Object.keys(schema.shape),
  )
  expect(own.filter((name) => tops.has(name))).toEqual([])
})

test('every key is described', () => {
  expect(keys.filter((key) => key.shape.description === '').map((key) => key.name)).toEqual([])
})
