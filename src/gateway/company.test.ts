/** Resources whose inserts fail their company travel alone, longer each time. */
import { expect, it } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { createCompany } from './company.ts'
import type { Trip } from './execute.ts'

const insert: Trip = {
  operation: 'insert',
  resource: 'orders',
  write: true,
  source: 'body',
  shares: 'inserts',
}

it('doubles the time alone while it goes on, up to a minute, and forgets it when it has ended', async () => {
  const clock = virtualClock()
  const company = createCompany(clock)
  /** Milliseconds (by hundreds) that inserts travel alone from now on. */
  const alone = async () => {
    let ms = 0
    for (; company.of(insert) === undefined; ms += 100) await clock.advance(100)
    return ms
  }
  expect(await alone()).toBe(0)
  const times = []
  for (let i = 0; i < 8; i++) {
    company.failed(insert)
    times.push(await alone())
  }
  expect(times).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  expect(company.of({ ...insert, resource: 'customers' })).toBe('inserts')
  expect(company.of({ ...insert, shares: 'reads' })).toBe('reads')
  await clock.advance(60_000)
  company.failed(insert)
  expect(await alone()).toBe(1000)
})
