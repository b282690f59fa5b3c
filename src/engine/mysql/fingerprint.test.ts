import fc from 'fast-check'
import { expect, it } from 'vitest'
import { digestSql, sources, sourcesOf } from './catalog-sql.ts'
import { digestOf, fingerprintOf } from './fingerprint.ts'

it('a digest is the number of rows and 64 bits of a SHA-256 digest of them', () => {
  expect(digestOf([])).toBe('0:0')
  // SHA-256 of "a", U+0001, "b" begins with these sixteen digits.
  expect(digestOf([['a', 'b']])).toBe(`1:${BigInt('0x82d34c7d68cf2821')}`)
})

it('a digest does not depend on the order of rows, and tells NULL from the empty text', () => {
  const rows = [
    ['a', 'b'],
    ['c', null],
    ['d', ''],
  ]
  expect(digestOf(rows.toReversed())).toBe(digestOf(rows))
  expect(digestOf([['c', null]])).not.toBe(digestOf([['c', '']]))
})

it('a digest differs when any text of any row does', () =>
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 8 }),
      fc.string({ maxLength: 8 }),
      fc.nat(),
      (names, other, at) => {
        const rows = names.map((name, i) => [name, `text ${i}`])
        const changed = rows.map((row, i) => (i === at % rows.length ? [row[0] ?? '', other] : row))
        expect(digestOf(changed) === digestOf(rows)).toBe(other === `text ${at % rows.length}`)
      },
    ),
  ))

it('a fingerprint keeps its parts apart', () => {
  expect(fingerprintOf(['a', 'b'])).not.toBe(fingerprintOf(['ab', '']))
  expect(fingerprintOf(['a', null])).not.toBe(fingerprintOf(['a', '']))
})

it('the server digests the columns that are read, each source as often as it binds', () => {
  for (const [name, source] of Object.entries(sources)) {
    const text = digestSql(source)
    for (const column of source.columns)
      expect(text, name).toContain(`IFNULL(CONVERT(${column} USING utf8mb4) `)
    expect(text.split('?').length - 1, name).toBe(source.schema === undefined ? 0 : 1)
  }
  expect(sourcesOf({ mariadb: false })).not.toContain('checks')
})
