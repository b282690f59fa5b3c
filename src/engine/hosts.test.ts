import { expect, test } from 'vitest'
import { hostsOf, replicasOf, urlsOf } from './hosts.ts'
import { type DatabaseOptions, databaseOptions } from './options.ts'

const options = (given: Record<string, unknown>): DatabaseOptions => databaseOptions.parse(given)

test('a URL of several hosts is one URL for each', () => {
  expect(urlsOf('postgres://u:p@a:5432,b:5433/shop?sslmode=require')).toEqual([
    'postgres://u:p@a:5432/shop?sslmode=require',
    'postgres://u:p@b:5433/shop?sslmode=require',
  ])
  expect(urlsOf('postgres://u:p@[::1]:5432/shop')).toEqual(['postgres://u:p@[::1]:5432/shop'])
})

test('several hosts in database.host may name their ports', () => {
  const hosts = hostsOf(options({ host: 'a, b:5433', port: 6000, name: 'shop' }))
  expect(hosts.map(({ host, port }) => [host, port])).toEqual([
    ['a', 6000],
    ['b', 5433],
  ])
})

test('the folder of a socket and an IPv6 address are hosts as they are', () => {
  expect(hostsOf(options({ host: '/run/postgresql' }))[0]).toMatchObject({ host: '/run/postgresql' })
  expect(hostsOf(options({ host: '::1' }))[0]).toMatchObject({ host: '::1' })
})

test('a replica inherits what it does not say', () => {
  const replicas = replicasOf(
    options({
      url: 'postgres://u:p@a:5432,b:5432/shop?sslmode=disable',
      replicas: [{ host: 'r1' }, { url: 'postgres://r2:6000' }, { url: 'postgres://x:y@r3/', name: 'far' }],
    }),
  )
  expect(replicas.map((r) => r.name)).toEqual(['replica-1', 'replica-2', 'far'])
  expect(replicas[0]?.options).toMatchObject({
    url: 'postgres://u:p@a:5432/shop?sslmode=disable',
    host: 'r1',
  })
  expect(replicas[1]?.options.url).toBe('postgres://u:p@r2:6000/shop?sslmode=disable')
  expect(replicas[2]?.options.url).toBe('postgres://x:y@r3/shop?sslmode=disable')
})

test.each([
  ['neither url nor host', [{}]],
  ['both url and host', [{ url: 'postgres://a', host: 'a' }]],
  ['a URL of several hosts', [{ url: 'postgres://a,b' }]],
  ['a name that is taken', [{ host: 'a', name: 'replica-2' }, { host: 'b' }]],
])('a replica with %s is refused', (_, replicas) => {
  expect(databaseOptions.safeParse({ host: 'a', replicas }).success).toBe(false)
})
