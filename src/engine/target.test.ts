import { describe, expect, it } from 'vitest'
import { databaseOptions } from './options.ts'
import { type TargetForm, targetOf } from './target.ts'

const form: TargetForm = {
  port: 3306,
  user: 'somebody',
  database: (user) => `of ${user}`,
  url: { tls: { parameter: 'ssl-mode', modes: { disabled: 'disable', required: 'require' } } },
}
const target = (o: Record<string, unknown>) => targetOf(databaseOptions.parse(o), form)

describe('the target', () => {
  it('is what the URL says', () =>
    expect(target({ url: 'mysql://ann:p%40ss%2F@db.example:3307/shop?ssl-mode=REQUIRED' })).toMatchObject({
      host: 'db.example',
      port: 3307,
      user: 'ann',
      password: 'p@ss/',
      database: 'shop',
      tls: { mode: 'require' },
      address: 'db.example:3307/shop',
    }))

  it('is what single keys say, before the URL', () =>
    expect(
      target({ url: 'mysql://ann@a/shop', host: 'b', port: 1, user: 'bob', password: 'x', name: 'other' }),
    ).toMatchObject({
      host: 'b',
      port: 1,
      user: 'bob',
      password: 'x',
      database: 'other',
      address: 'b:1/other',
    }))

  it('is what the engine takes for granted where nothing is said', () =>
    expect(target({ host: 'a' })).toMatchObject({
      port: 3306,
      user: 'somebody',
      password: '',
      database: 'of somebody',
      tls: { mode: 'prefer' },
    }))

  it('may be an IPv6 address, or a socket in the file system', () => {
    expect(target({ url: 'mysql://[::1]/x' }).host).toBe('::1')
    expect(target({ url: 'mysql:///x?host=/run/db.sock' })).toMatchObject({
      host: '/run/db.sock',
      address: '/run/db.sock/x',
    })
  })
})
