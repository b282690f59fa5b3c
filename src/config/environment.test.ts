import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { readEnvironment } from './environment.ts'
import { faultLine } from './fault.ts'
import { plain } from './node.ts'
import { namedKeys, shapeOf } from './shape.ts'

const keys = namedKeys(
  shapeOf(
    z.strictObject({
      database: z.strictObject({ port: z.int(), host: z.string() }),
      pools: z.strictObject({ acquireTimeout: z.string(), max: z.int(), names: z.array(z.string()) }),
    }),
  ),
)
function read(env: Record<string, string>) {
  const { root, faults } = readEnvironment(env, keys)
  return { value: plain(root), faults: faults.map(faultLine) }
}

test('variables become keys by the naming rule; others are not ours', () => {
  expect(
    read({ POSTERN_POOLS_ACQUIRE_TIMEOUT: '2s', POSTERN_POOLS_NAMES: 'a, b', PATH: '/bin', POSTERNS: 'x' }),
  ).toEqual({
    value: { pools: { acquireTimeout: '2s', names: ['a', 'b'] } },
    faults: [],
  })
})

test('a group given as JSON goes below its single keys', () => {
  expect(read({ POSTERN_POOLS_MAX: '7', POSTERN_POOLS: '{"max": 1, "acquireTimeout": "1s"}' }).value).toEqual(
    {
      pools: { max: '7', acquireTimeout: '1s' },
    },
  )
  expect(read({ POSTERN_POOLS: 'hunter2' }).faults).toEqual([
    'pools: expected a JSON object, {…} (environment POSTERN_POOLS)',
  ])
})

test('an unknown variable is refused with the nearest name', () => {
  expect(read({ POSTERN_POOLS_MX: '7', POSTERN_CONFG: 'x', POSTERN_COLOUR: 'red' }).faults).toEqual([
    'POSTERN_POOLS_MX: unknown variable, did you mean POSTERN_POOLS_MAX? (environment)',
    'POSTERN_CONFG: unknown variable, did you mean POSTERN_CONFIG? (environment)',
    'POSTERN_COLOUR: unknown variable; docs/config.md lists all (environment)',
  ])
})

test('variables of files, tests and examples are passed over', () => {
  expect(
    read({ POSTERN_CONFIG: 'a', POSTERN_CONFIG_DIR: 'b', POSTERN_URL: 'c', POSTERN_TEST_PG: 'd' }).faults,
  ).toEqual([])
})

describe('what Kubernetes makes for Services', () => {
  test('is passed over', () => {
    const service = (prefix: string) => ({
      [`${prefix}_SERVICE_HOST`]: '10.0.0.7',
      [`${prefix}_SERVICE_PORT`]: '6421',
      [`${prefix}_SERVICE_PORT_HTTP_METRICS`]: '6421',
      [`${prefix}_PORT`]: 'tcp://10.0.0.7:6421',
      [`${prefix}_PORT_6421_TCP`]: 'tcp://10.0.0.7:6421',
      [`${prefix}_PORT_6421_TCP_PROTO`]: 'tcp',
      [`${prefix}_PORT_6421_TCP_PORT`]: '6421',
      [`${prefix}_PORT_6421_TCP_ADDR`]: '10.0.0.7',
    })
    expect(
      read({ ...service('POSTERN'), ...service('POSTERN_INJECTOR'), ...service('POSTERN_DATABASE') }),
    ).toEqual({
      value: {},
      faults: [],
    })
  })

  test('is told from mistyped keys by its value', () => {
    expect(read({ POSTERN_DATABSE_PORT: '5432' }).faults).toEqual([
      'POSTERN_DATABSE_PORT: unknown variable, did you mean POSTERN_DATABASE_PORT? (environment)',
    ])
  })

  test('is told from a key of ours by the host beside it', () => {
    expect(read({ POSTERN_DATABASE_PORT: 'tcp://10.0.0.7:5432' }).value).toEqual({
      database: { port: 'tcp://10.0.0.7:5432' },
    })
    expect(read({ POSTERN_DATABASE_PORT: '5432', POSTERN_DATABASE_SERVICE_HOST: '10.0.0.7' }).value).toEqual({
      database: { port: '5432' },
    })
  })
})
