import { expect, it } from 'vitest'
import { createDeadlines } from './deadlines.ts'
import { deadlinesOptions } from './options.ts'

const deadlines = createDeadlines(
  deadlinesOptions.parse({
    default: '2s',
    rules: [
      { methods: ['POST'], path: '/rpc/rebuild', deadline: '60s' },
      { path: '/reports/**', deadline: '10s' },
      { methods: ['GET'], path: '/orders/*', deadline: '100ms' },
      { path: '/a.b', deadline: '1s' },
    ],
  }),
)

it.each([
  ['GET', '/customers', 2000],
  ['POST', '/rpc/rebuild', 60_000],
  ['GET', '/rpc/rebuild', 2000],
  ['GET', '/reports', 10_000],
  ['GET', '/reports/daily/7', 10_000],
  ['GET', '/reportsx', 2000],
  ['GET', '/orders/42', 100],
  ['GET', '/orders', 2000],
  ['GET', '/orders/42/x', 2000],
  ['PATCH', '/orders/42', 2000],
  ['GET', '/a.b', 1000],
  ['GET', '/aXb', 2000],
])('gives %s %s %i ms', (method, path, ms) => {
  expect(deadlines(method, ['api', 'v1', ...path.split('/').slice(1)], undefined)).toBe(ms)
})

it('lets Prefer: wait shorten a deadline, never lengthen it', () => {
  expect(deadlines('GET', ['api', 'v1', 'customers'], 0.5)).toBe(500)
  expect(deadlines('GET', ['api', 'v1', 'customers'], 30)).toBe(2000)
})
