import { expect, test } from 'vitest'
import { GatewayError } from '#base/errors.ts'
import type { Breaker } from '#breaker/breaker.ts'
import type { Fault } from '#engine/engine.ts'
import { createBreakers } from './breakers.ts'

/** Breakers that write down what they are told. */
function setUp() {
  const told: string[] = []
  const breaker = (name: string): Breaker => ({
    admit: () => void told.push(`${name} admit`),
    note: (failed, ms, age = ms) =>
      void told.push(`${name} ${failed ? 'failed' : 'worked'} ${ms}${age === ms ? '' : ` of ${age}`}`),
    stats: () => {
      throw new Error('not asked')
    },
    stop: () => {},
  })
  return {
    told,
    breakers: createBreakers({ read: breaker('read'), write: breaker('write'), slowCallMs: 1000 }),
  }
}
const read = { write: false }
const fault = (kind: Fault['kind']): Fault => ({ kind, applied: 'no', native: '' })

test('reads and writes have a circuit each', () => {
  const { told, breakers } = setUp()
  breakers.admit(read)
  breakers.worked(read, 5)
  breakers.admit({ write: true })
  breakers.failed({ write: true }, fault('disconnected'), 7)
  expect(told).toEqual(['read admit', 'read worked 5', 'write admit', 'write failed 7'])
})

test.each([
  ['disconnected', 1, 'failed'],
  ['busy', 1, 'failed'],
  ['auth', 1, 'failed'],
  ['read_only', 1, 'failed'],
  ['timeout', 1000, 'failed'],
  ['timeout', 999, undefined],
  ['cancelled', 5000, undefined],
  ['unique', 1, 'worked'],
  ['conflict', 1, 'worked'],
  ['bad_value', 1, 'worked'],
  ['denied', 1, 'worked'],
  ['raised', 1, 'worked'],
] as const)('%s after %d ms: %s', (kind, ms, outcome) => {
  const { told, breakers } = setUp()
  breakers.failed(read, fault(kind), ms)
  expect(told).toEqual(outcome === undefined ? [] : [`read ${outcome} ${ms}`])
})

test.each([
  ['a pool that cannot connect', new GatewayError('database_unavailable', 'x'), true],
  [
    'a wait that connecting made too long',
    new GatewayError('pool_timeout', 'x', { cause: new Error('refused') }),
    true,
  ],
  ['a pool whose connections are all in use', new GatewayError('pool_timeout', 'x'), false],
  ['a full queue', new GatewayError('queue_full', 'x'), false],
  ['a client that hung up', new GatewayError('client_closed', 'x'), false],
])('%s counts: %s', (_, thrown, counts) => {
  const { told, breakers } = setUp()
  breakers.notReached(read, thrown)
  expect(told).toEqual(counts ? ['read failed 0'] : [])
})

test('a stream is never slow: it runs as fast as its reader', () => {
  const { told, breakers } = setUp()
  breakers.worked({ write: false, stream: true }, 60_000)
  expect(told).toEqual(['read worked 0 of 60000'])
})
