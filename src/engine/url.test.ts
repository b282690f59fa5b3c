import { describe, expect, it } from 'vitest'
import { databaseOptions } from './options.ts'

const faults = (input: unknown) => {
  const parsed = databaseOptions.safeParse(input)
  return parsed.success ? [] : parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`)
}

describe('a parameter of a URL', () => {
  it.each([
    ['postgres://u@h/d?foo=bar', /^url: has a parameter that is not supported: foo .*sslmode, host/],
    ['postgres://u@h/d?sslmode=bogus', /^url: has an unknown sslmode \(known: disable, allow, /],
    ['postgres://u@h/d?sslmode=constructor', /^url: has an unknown sslmode/],
    ['mysql://u@h/d?charset=latin1', /^url: .* not supported: charset \(supported: ssl-mode, host\)/],
    ['mariadb://u@h/d?ssl-mode=perhaps', /^url: has an unknown ssl-mode \(known: disabled, /],
    ['sqlserver://u@h/d?instance=x', /^url: .* not supported: instance/],
    ['sqlserver://u@h/d?encrypt=bogus', /^url: has an unknown encrypt .*mandatory/],
    [
      'sqlserver://u@h/d?trustServerCertificate=perhaps',
      /^url: has an unknown trustServerCertificate .*true/,
    ],
    ['sqlserver://u@h/d?encrypt=strict&trustServerCertificate=true', /encrypt=strict.*leave one out/],
  ])('is refused with what there is: %s', (url, message) => {
    expect(faults({ url })).toEqual([expect.stringMatching(message)])
  })

  it.each([
    'postgres://u@h/d?sslmode=require&application_name=x',
    'postgres:///d?host=/run/postgresql',
    'mysql://u@h/d?ssl-mode=REQUIRED',
    'mysql://u@h/d?ssl-mode=',
    'sqlserver://u@h/d?encrypt=STRICT&trustServerCertificate=no',
  ])('is taken: %s', (url) => expect(faults({ url })).toEqual([]))

  it('hides no other fault, and is told once for all hosts of a list', () => {
    expect(faults({ url: 'postgres://u@a,b/d?foo=1&bar=2&sslmode=no', port: 70_000 })).toEqual([
      expect.stringMatching(/^port: /),
      'url: has a parameter that is not supported: foo, bar (supported: sslmode, host, application_name)',
      expect.stringMatching(/^url: has an unknown sslmode/),
    ])
  })

  it('is judged in the URL of a replica by the kind of the primary', () =>
    expect(
      faults({ url: 'mysql://h/d', replicas: [{ url: 'mysql://r' }, { url: 'mysql://r?sslmode=require' }] }),
    ).toEqual([expect.stringMatching(/^replicas\.1\.url: .*not supported: sslmode/)]))
})

it.each(['mysql://ann:700%@a/x', 'postgres://ann:100?7@a/x', 'postgres://ann:1?00&7=@a/x'])(
  '%s is refused, and nothing of the password is shown',
  (url) => {
    const [fault, ...more] = faults({ url })
    expect(more).toEqual([])
    expect(fault).toMatch(/^url: /)
    expect(fault).not.toMatch(/ann:|00|7|@/)
  },
)
