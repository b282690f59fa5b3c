/** The arithmetic of connection budgets. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { effectiveMax, poolSettings, shareOf } from './budget.ts'
import { poolsOptions } from './options.ts'

describe('a budget', () => {
  it('of 200 connections, 20 reserved, gives each of 4 instances 45', () => {
    expect(shareOf({ connections: 200, reserved: 20, instances: 4 })).toBe(45)
  })

  it('is never overdrawn, and wastes less than one connection an instance', () => {
    const budgets = fc.record({
      connections: fc.integer({ min: 1, max: 5000 }),
      reserved: fc.integer({ min: 0, max: 100 }),
      instances: fc.integer({ min: 1, max: 200 }),
    })
    fc.assert(
      fc.property(budgets, (budget) => {
        const free = budget.connections - budget.reserved
        const used = shareOf(budget) * budget.instances
        expect(used).toBeLessThanOrEqual(free)
        expect(free - used).toBeLessThan(budget.instances)
      }),
    )
  })

  it('is the size where no max is given, and limits a max that is larger', () => {
    const budget = { connections: 100, reserved: 10, instances: 10 }
    expect(effectiveMax(poolsOptions.parse({ budget }))).toBe(9)
    expect(effectiveMax(poolsOptions.parse({ budget: { connections: 200, instances: 4 } }))).toBe(50)
    expect(effectiveMax(poolsOptions.parse({ max: 10, budget }))).toBe(9)
    expect(effectiveMax(poolsOptions.parse({ max: 8, budget }))).toBe(8)
    expect(effectiveMax(poolsOptions.parse({ max: 12 }))).toBe(12)
    expect(effectiveMax(poolsOptions.parse({}))).toBe(10)
  })
})

describe('the settings of a pool', () => {
  it('make the queue a multiple of the size, and keep min within it', () => {
    const options = poolsOptions.parse({
      min: 6,
      max: 10,
      queuePerConnection: 4,
      budget: { connections: 20, instances: 4 },
    })
    expect(poolSettings('primary', options)).toEqual({
      name: 'primary',
      min: 5,
      max: 5,
      acquireTimeout: 500,
      queue: 20,
      maxLifetime: 1_800_000,
      idleTimeout: 600_000,
      validateAfter: 500,
      validateTimeout: 250,
      maxConnecting: 2,
      overload: { wait: 100, lasting: 1000 },
      leakGrace: 2000,
    })
  })
})
