import { describe, expect, it } from 'vitest'
import { databaseOptions } from './options.ts'
import { type TargetForm, targetOf } from './target.ts'

const form: TargetForm = {
  port: 3306,
  user: 'somebody',
  database: (user) => `of ${user}`,
  parameters: ['mode', 'host'],
  tls: { parameter: 'mode', modes: { off: 'disable', on: 'require' } },
}
const target = (o: Record<string, unknown>) => targetOf(databaseOptions.parse(o), form)

describe('the target', () => {
  it('is what the URL says', () =>
    expect(target({ url: 'mysql://ann:p%40ss%2F@db.example:3307/shop?mode=ON' })).toMatchObject({
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

  it.each([
    ['mysql://ann:100%@a/x', 'not a valid URL'],
    ['mysql://a/x?charset=latin1', 'a parameter that is not supported: charset (supported: mode, host)'],
    ['mysql://a/x?mode=perhaps', 'an unknown mode (known: off, on)'],
    ['mysql://a/x?mode=constructor', 'an unknown mode'],
  ])('%s is refused without being shown', (url, message) => {
    const refused = () => target({ url })
    expect(refused).toThrow(message)
    expect(refused).not.toThrow(/ann|100/)
  })
})
