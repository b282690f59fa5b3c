import { describe, expect, it } from 'vitest'
import { databaseOptions } from '#engine/options.ts'
import { readTarget } from './target.ts'

const target = (url: string, more: object = {}) => readTarget(databaseOptions.parse({ url, ...more }))
const mode = (parameters: string, more: object = {}) =>
  target(`sqlserver://sa:x@db/shop${parameters}`, more).tls.mode

describe('the URL of a SQL Server', () => {
  it('holds everything, with the port and the login that are usual', () => {
    expect(target('sqlserver://shop:s%40cret@db.example:1500/orders')).toMatchObject({
      host: 'db.example',
      port: 1500,
      user: 'shop',
      password: 's@cret',
      database: 'orders',
      address: 'db.example:1500/orders',
    })
    expect(target('mssql://db')).toMatchObject({ port: 1433, user: 'sa', database: '' })
  })

  it.each([
    ['', 'prefer'],
    ['?encrypt=false', 'disable'],
    ['?encrypt=optional', 'prefer'],
    ['?encrypt=true', 'verify-full'],
    ['?encrypt=Mandatory', 'verify-full'],
    ['?encrypt=true&trustServerCertificate=true', 'require'],
    ['?encrypt=true&trustServerCertificate=false', 'verify-full'],
    ['?encrypt=false&trustServerCertificate=false', 'disable'],
    ['?encrypt=strict', 'verify-full'],
    ['?encrypt=Strict&trustServerCertificate=false', 'verify-full'],
    ['?trustServerCertificate=yes', 'prefer'],
    ['?trustServerCertificate=no', 'verify-full'],
  ])('%s means TLS %s', (parameters, expected) => {
    expect(mode(parameters)).toBe(expected)
  })

  it('says whether TLS comes before anything else', () => {
    const strict = (parameters: string) => target(`sqlserver://db/shop${parameters}`).strict
    expect(strict('?encrypt=strict')).toBe(true)
    expect(strict('?encrypt=STRICT&trustServerCertificate=no')).toBe(true)
    expect(['', '?encrypt=true', '?encrypt=false'].map(strict)).toEqual([false, false, false])
  })

  it('leaves TLS to the options where it says nothing of it', () => {
    expect(mode('', { tls: { mode: 'verify-full' } })).toBe('verify-full')
    expect(mode('?trustServerCertificate=true', { tls: { mode: 'verify-full' } })).toBe('require')
  })
})
