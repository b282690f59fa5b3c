import { describe, expect, test } from 'vitest'
import { redisOptions } from './options.ts'
import { redisTargetOf } from './target.ts'

const target = (o: unknown) => redisTargetOf(redisOptions.parse(o))
const faults = (o: unknown) => redisOptions.safeParse(o).error?.issues.map((issue) => issue.message)

describe('where Redis is', () => {
  test('nowhere, unless it is said', () => {
    expect(target({ port: 1, password: 'x' })).toBeUndefined()
  })

  test('a URL says all; parts of it are decoded', () => {
    expect(target({ url: 'redis://app:p%40ss@cache:6380/2' })).toEqual({
      place: { host: 'cache', port: 6380 },
      database: 2,
      user: 'app',
      password: 'p@ss',
      tls: undefined,
      address: 'cache:6380/2',
    })
    expect(target({ url: 'redis://[::1]' })).toMatchObject({
      place: { host: '::1', port: 6379 },
      database: 0,
      user: undefined,
      password: undefined,
    })
  })

  test('single keys win over it', () => {
    expect(
      target({ url: 'redis://a:b@cache/2', host: 'other', port: 1, database: 0, user: 'u', password: 'p' }),
    ).toMatchObject({ place: { host: 'other', port: 1 }, database: 0, user: 'u', password: 'p' })
  })

  test('a path is a Unix socket', () => {
    expect(target({ host: '/run/redis.sock' })).toMatchObject({
      place: { path: '/run/redis.sock' },
      address: '/run/redis.sock/0',
    })
  })

  test('TLS: verified with rediss, or as the mode says', () => {
    expect(target({ url: 'rediss://cache' })?.tls).toEqual({ verify: true })
    expect(target({ url: 'rediss://cache', tls: { mode: 'require' } })?.tls).toEqual({ verify: false })
    expect(target({ host: 'cache', tls: { mode: 'verify-full', ca: 'PEM' } })?.tls).toEqual({
      verify: true,
      ca: 'PEM',
    })
    expect(target({ url: 'rediss://cache', tls: { mode: 'disable' } })?.tls).toBeUndefined()
  })

  test.each([
    ['http://cache', 'must begin with redis:// or rediss://'],
    [
      'redis://a:b%@cache:x',
      'cannot be read as a URL; percent-encode special characters of user and password',
    ],
    ['redis://:%zz@cache', 'cannot be read as a URL; percent-encode special characters of user and password'],
    ['redis://cache/shop', 'its path is the number of a database, such as /0'],
    ['redis://cache?tls=1', 'takes no parameters; use the keys beside it'],
  ])('%s is refused, and not shown', (url, fault) => {
    expect(faults({ url })).toEqual([fault])
  })
})
