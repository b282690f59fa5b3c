import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTypeTable, type NativeType } from './types.ts'

const native = (name: string, more: Partial<NativeType> = {}): NativeType => ({
  name,
  maxLength: 0,
  precision: 0,
  scale: 0,
  ...more,
})
const typeOf = (name: string, more: Partial<NativeType> = {}, json = false) =>
  createTypeTable()(native(name, more), json)

describe('the type table', () => {
  it.each([
    ['bit', 'boolean bit'],
    ['tinyint', 'integer tinyint'],
    ['smallint', 'integer smallint'],
    ['int', 'integer int'],
    ['bigint', 'integer bigint'],
    ['decimal', 'decimal decimal'],
    ['numeric', 'decimal decimal'],
    ['money', 'decimal money'],
    ['smallmoney', 'decimal smallmoney'],
    ['real', 'float real'],
    ['float', 'float float'],
    ['date', 'date date'],
    ['time', 'time time'],
    ['datetime', 'datetime datetime'],
    ['datetime2', 'datetime datetime2'],
    ['smalldatetime', 'datetime smalldatetime'],
    ['datetimeoffset', 'timestamp datetimeoffset'],
    ['char', 'string char'],
    ['varchar', 'string varchar'],
    ['nchar', 'string nchar'],
    ['nvarchar', 'string nvarchar'],
    ['sysname', 'string nvarchar'],
    ['text', 'string text'],
    ['ntext', 'string ntext'],
    ['xml', 'string xml'],
    ['uniqueidentifier', 'string uuid'],
    ['hierarchyid', 'string hierarchyid'],
    ['sql_variant', 'string sql_variant'],
    ['json', 'json json'],
    ['binary', 'binary binary'],
    ['varbinary', 'binary varbinary'],
    ['image', 'binary image'],
    ['timestamp', 'binary rowversion'],
    ['rowversion', 'binary rowversion'],
  ])('makes %s canonical: %s', (name, expected) => {
    const { mapped, type } = typeOf(name)
    expect(`${type.canonical} ${type.family}`).toBe(expected)
    expect(mapped).toBe(true)
  })

  it.each(['geometry', 'geography', 'vector'])('serves %s as text, if at all', (name) => {
    expect(typeOf(name)).toMatchObject({ mapped: false, type: { canonical: 'string', family: name } })
  })

  it('serves what it does not know, such as CLR types, as text, if at all', () => {
    expect(typeOf('[app].[point]')).toEqual({
      mapped: false,
      type: {
        canonical: 'string',
        family: 'other',
        native: '[app].[point]',
        ordered: false,
        comparable: false,
      },
    })
  })

  it.each([
    ['varchar', { maxLength: 40 }, 'varchar(40)', 40],
    ['varchar', { maxLength: -1 }, 'varchar(max)', undefined],
    ['nvarchar', { maxLength: 80 }, 'nvarchar(40)', 40],
    ['nvarchar', { maxLength: -1 }, 'nvarchar(max)', undefined],
    ['nchar', { maxLength: 2 }, 'nchar(1)', 1],
    ['sysname', { maxLength: 256 }, 'nvarchar(128)', 128],
    ['binary', { maxLength: 8 }, 'binary(8)', undefined],
    ['varbinary', { maxLength: -1 }, 'varbinary(max)', undefined],
    ['time', { scale: 7 }, 'time(7)', undefined],
    ['datetime2', { scale: 0 }, 'datetime2(0)', undefined],
    ['datetimeoffset', { scale: 3 }, 'datetimeoffset(3)', undefined],
    ['timestamp', { maxLength: 8 }, 'rowversion', undefined],
    ['int', { maxLength: 4, precision: 10 }, 'int', undefined],
  ] as const)('spells %s with %j as %s', (name, more, spelled, maxLength) => {
    const { type } = typeOf(name, more)
    expect(type.native).toBe(spelled)
    expect(type.maxLength).toBe(maxLength)
  })

  it('knows the digits behind the second that a column keeps, unless it keeps all', () => {
    expect(typeOf('datetime2', { scale: 0 }).type.fraction).toBe(0)
    expect(typeOf('datetimeoffset', { scale: 3 }).type.fraction).toBe(3)
    expect(typeOf('time', { scale: 7 }).type.fraction).toBeUndefined()
    expect(typeOf('datetime', { scale: 3 }).type.fraction).toBeUndefined()
  })

  it('keeps the digits of every decimal, and says those of money', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 38 }), fc.nat(38), (precision, at) => {
        const scale = Math.min(at, precision)
        const native = `decimal(${precision},${scale})`
        expect(typeOf('numeric', { precision, scale }).type).toMatchObject({ native, precision, scale })
      }),
    )
    expect(typeOf('money', { precision: 19, scale: 4 }).type).toMatchObject({ precision: 19, scale: 4 })
    expect(typeOf('smallmoney').type).toMatchObject({ precision: 10, scale: 4 })
  })

  it('knows that a tinyint has no sign', () => {
    expect(typeOf('tinyint').type.range).toEqual(['0', '255'])
    expect(typeOf('bigint').type.range).toEqual(['-9223372036854775808', '9223372036854775807'])
  })

  it('says which types cannot be compared', () => {
    const incomparable = ['text', 'ntext', 'image', 'xml', 'json', 'sql_variant']
    for (const name of incomparable)
      expect(typeOf(name).type).toMatchObject({ ordered: false, comparable: false })
    for (const name of ['varchar', 'varbinary', 'timestamp', 'hierarchyid', 'bit'])
      expect(typeOf(name).type).toMatchObject({ ordered: true, comparable: true })
  })

  it('keeps the collation of text', () => {
    expect(typeOf('varchar', { maxLength: 5, collation: 'Latin1_General_100_BIN2_UTF8' }).type).toMatchObject(
      {
        collation: 'Latin1_General_100_BIN2_UTF8',
      },
    )
    expect(typeOf('int').type).not.toHaveProperty('collation')
  })

  it('makes checked text a document that cannot be compared and has no length of its own', () => {
    expect(typeOf('nvarchar', { maxLength: 200, collation: 'Finnish_Swedish_CI_AS' }, true)).toEqual({
      mapped: true,
      type: {
        canonical: 'json',
        family: 'nvarchar',
        native: 'nvarchar(100)',
        ordered: false,
        comparable: false,
        collation: 'Finnish_Swedish_CI_AS',
      },
    })
  })

  it('gives the same object for the same question', () => {
    const resolve = createTypeTable()
    const asked = native('varchar', { maxLength: 5, collation: 'A_BIN2' })
    expect(resolve(asked)).toBe(resolve({ ...asked }))
    expect(resolve(asked)).not.toBe(resolve({ ...asked, collation: 'B_BIN2' }))
    expect(resolve(asked)).not.toBe(resolve(asked, true))
  })
})
