import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TypeRow } from './catalog-rows.ts'
import { createTypeTable } from './types.ts'

const row = (oid: string, name: string, more: Partial<TypeRow> = {}): TypeRow => ({
  oid,
  schema: 'pg_catalog',
  name,
  native: name,
  kind: 'base',
  stringlike: false,
  base: '0',
  baseModifier: -1,
  notNull: false,
  hasDefault: false,
  element: '0',
  relation: '0',
  labels: null,
  members: null,
  ordered: true,
  comparable: true,
  moneyScale: 2,
  ...more,
})
const own = (oid: string, name: string, more: Partial<TypeRow> = {}) =>
  row(oid, name, { schema: 'app', native: `app.${name}`, ...more })

const rows = [
  row('23', 'int4', { native: 'integer' }),
  row('1043', 'varchar', { native: 'character varying' }),
  row('1015', '_varchar', { native: 'character varying[]', element: '1043' }),
  row('1700', 'numeric'),
  row('1114', 'timestamp'),
  row('1115', '_timestamp', { native: 'timestamp[]', element: '1114' }),
  row('1186', 'interval'),
  row('1187', '_interval', { native: 'interval[]', element: '1186' }),
  row('1266', 'timetz'),
  row('114', 'json', { ordered: false, comparable: false }),
  row('2283', 'anyelement', { kind: 'pseudo' }),
  own('1', 'code', { kind: 'domain', base: '1043', baseModifier: 9, notNull: true }),
  own('2', 'special_code', { kind: 'domain', base: '1', hasDefault: true }),
  own('3', '_code', { element: '1' }),
  own('4', 'pair', {
    kind: 'composite',
    relation: '77',
    members: [
      ['a', '23', -1],
      ['b', '114', -1],
    ],
  }),
  own('5', 'opaque', { ordered: true, comparable: false }),
  own('6', '_opaque', { element: '5' }),
  own('7', 'holder', { kind: 'composite', members: [['o', '5', -1]] }),
  own('8', 'opaque_domain', { kind: 'domain', base: '5', notNull: true }),
  own('9', 'citext', { stringlike: true }),
  own('10', 'numeric', { stringlike: false }),
  own('11', 'loop', { kind: 'composite', members: [['again', '11', -1]] }),
]
const resolve = createTypeTable(rows)

describe('the type table', () => {
  it('resolves domains through all their layers to the base, keeping its length and their constraints', () => {
    expect(resolve('2', -1)).toMatchObject({
      notNull: true,
      hasDefault: true,
      type: { family: 'varchar', native: 'character varying', maxLength: 5 },
    })
    expect(resolve('1', -1)).toMatchObject({ notNull: true, hasDefault: false })
  })

  it('hands the modifier of an array to its elements, and keeps a domain array its own type', () => {
    expect(resolve('1015', 14).type).toMatchObject({
      canonical: 'array',
      native: 'character varying[]',
      element: { maxLength: 10 },
    })
    expect(resolve('3', -1).type).toMatchObject({ native: 'app._code', element: { maxLength: 5 } })
  })

  it('lets a composite be compared only where all its members can be', () => {
    expect(resolve('4', -1)).toMatchObject({
      mapped: true,
      type: { canonical: 'json', family: 'composite', ordered: false, comparable: false },
      row: { relation: '77' },
    })
  })

  it('serves a type of unknown form, and whatever holds one, as text', () => {
    for (const oid of ['5', '6', '7', '8', '10'])
      expect(resolve(oid, -1)).toMatchObject({
        mapped: false,
        type: { canonical: 'string', family: 'other' },
      })
    expect(resolve('5', -1).type).toMatchObject({ native: 'app.opaque', ordered: true, comparable: false })
    expect(resolve('8', -1).notNull).toBe(true)
    expect(resolve('9', -1)).toMatchObject({ mapped: true, type: { canonical: 'string', family: 'citext' } })
  })

  it('marks types that stand for no values', () => {
    expect(resolve('2283', -1).pseudo).toBe(true)
    expect(resolve('23', -1).pseudo).toBe(false)
  })

  it('gives the same object for the same question', () => {
    expect(resolve('1043', 12)).toBe(resolve('1043', 12))
    expect(resolve('1043', 12)).not.toBe(resolve('1043', 13))
  })

  it('refuses types it was not told of, and nesting without end', () => {
    expect(() => resolve('999', -1)).toThrow('no type 999')
    expect(() => resolve('11', -1)).toThrow('nested beyond 32 levels')
  })

  it('reads precision and scale of every numeric as PostgreSQL packs them', () => {
    const pack = (precision: number, scale: number) => ((precision << 16) | (scale & 0x7ff)) + 4
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 1000 }),
        (precision, scale) => {
          expect(resolve('1700', pack(precision, scale)).type).toMatchObject({ precision, scale })
        },
      ),
    )
    expect(resolve('1700', pack(3, -2)).type).toMatchObject({ precision: 3, scale: -2 })
  })

  it.each([
    [-1, undefined],
    [(0x7fff << 16) | 0, 'interval(0)'],
    [(0x06 << 16) | 0xffff, 'interval year to month'],
    [(0x04 << 16) | 0xffff, 'interval year'],
    [(0x1c08 << 16) | 3, 'interval day to second(3)'],
    [(0x1000 << 16) | 2, 'interval second(2)'],
  ])('reads the fields and digits of an interval as PostgreSQL packs them: %i', (modifier, limited) =>
    expect(resolve('1186', modifier).type.limited).toBe(limited),
  )

  it('knows the digits that times keep, where they are fewer than microseconds', () => {
    expect(resolve('1114', 0).type.fraction).toBe(0)
    expect(resolve('1114', 6).type.fraction).toBeUndefined()
    expect(resolve('1114', -1).type.fraction).toBeUndefined()
    expect(resolve('1266', 2).type.limited).toBe('time(2) with time zone')
    expect(resolve('1115', 2).type.element?.fraction).toBe(2)
    expect(resolve('1187', 0x7fff0000).type.limited).toBe('interval(0)[]')
  })
})
