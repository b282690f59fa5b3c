import { describe, expect, it } from 'vitest'
import { databaseOptions, engineOf } from './options.ts'

const faults = (input: unknown) => {
  const parsed = databaseOptions.safeParse(input)
  return parsed.success ? [] : parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`)
}
const kindOf = (input: unknown) => engineOf(databaseOptions.parse(input))

describe('the kind of database', () => {
  it.each([
    ['postgres://h/d', 'postgres'],
    ['postgresql://h/d', 'postgres'],
    ['mysql://u:p@h:3306/d', 'mysql'],
    ['mariadb://h/d', 'mysql'],
    ['sqlserver://h/d', 'sqlserver'],
    ['mssql://h/d', 'sqlserver'],
  ])('is what the scheme of %s says: %s', (url, kind) => {
    expect(kindOf({ url })).toBe(kind)
    expect(kindOf({ url, engine: kind })).toBe(kind)
  })

  it('is what engine says where there is no URL, and PostgreSQL where nothing says it', () => {
    expect(kindOf({ host: 'h', engine: 'mysql' })).toBe('mysql')
    expect(kindOf({ host: 'h' })).toBe('postgres')
  })

  it('is refused where engine and URL contradict each other', () =>
    expect(faults({ url: 'mysql://h/d', engine: 'postgres' })).toEqual([
      'engine: is postgres, but database.url is that of a mysql database',
    ]))

  it('is refused where it is none of ours', () => {
    expect(faults({ url: 'oracle://h/d' })).toEqual([
      'url: must begin with postgres://, postgresql://, mysql://, mariadb://, sqlserver://, mssql://',
    ])
    expect(faults({ url: 'constructor://h/d' })).toHaveLength(1)
    expect(faults({ host: 'h', engine: 'oracle' })).toHaveLength(1)
  })
})

it.each([
  [{ url: 'postgres://h/d', replicas: [{ url: 'postgresql://r/d' }, { host: 'r2' }] }, []],
  [{ url: 'mysql://h/d', replicas: [{ url: 'mariadb://r/d' }] }, []],
  [
    { url: 'postgres://h/d', replicas: [{ host: 'r1' }, { url: 'mysql://r/d' }] },
    ['replicas.1.url: is that of a mysql database, but the primary is postgres'],
  ],
  [
    { host: 'h', engine: 'sqlserver', replicas: [{ url: 'postgres://r/d' }] },
    ['replicas.0.url: is that of a postgres database, but the primary is sqlserver'],
  ],
  [
    { url: 'mysql://h/d', replicas: [{ url: 'oracle://r/d' }] },
    ['replicas.0.url: must begin with mysql://, mariadb://, as the primary is mysql'],
  ],
  [
    { url: 'mysql://h/d', engine: 'postgres', replicas: [{ url: 'mysql://r/d' }] },
    ['engine: is postgres, but database.url is that of a mysql database'],
  ],
])('replicas are of the kind of their primary: %j', (input, expected) =>
  expect(faults(input)).toEqual(expected),
)

it('a URL that cannot be read is refused without being shown', () =>
  expect(faults({ url: 'mysql://u:secret@h:port/d' })).toEqual([
    'url: cannot be read as a URL; percent-encode special characters of user and password',
  ]))

it('a place is asked for where there is none', () =>
  expect(faults({})).toEqual(['url: give database.url, or database.host and the other parts']))
