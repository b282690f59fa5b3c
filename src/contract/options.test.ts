import { expect, test } from 'vitest'
import { apiOptions, pageLimitOf } from './options.ts'

test.each([
  [{}, 100],
  [{ maxLimit: 7 }, 7],
  [{ defaultLimit: 250 }, 250],
  [{ defaultLimit: 20, maxLimit: 20 }, 20],
])('a page with %o has %i rows where the request does not say', (options, rows) => {
  expect(pageLimitOf(apiOptions.parse(options))).toBe(rows)
})

test('a page that nobody may ask for is not the default', () => {
  expect(apiOptions.safeParse({ defaultLimit: 1001 }).error?.issues).toMatchObject([
    { path: ['defaultLimit'], message: 'is 1001, above api.maxLimit (1000)' },
  ])
})
