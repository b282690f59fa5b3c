import { describe, expect, it } from 'vitest'
import { createTypeTable } from './types.ts'

const typeOf = (native: string, json = false) => createTypeTable()(native, { json })
const brief = (native: string) => {
  const { type, mapped } = typeOf(native)
  return `${mapped ? '' : 'unmapped '}${type.family} ${type.canonical}`
}

describe('native types', () => {
  it.each([
    ['tinyint(1)', 'boolean boolean'],
    ['tinyint(1) unsigned', 'tinyint unsigned integer'],
    ['tinyint(4)', 'tinyint integer'],
    ['tinyint', 'tinyint integer'],
    ['smallint(5) unsigned', 'smallint unsigned integer'],
    ['mediumint(9)', 'mediumint integer'],
    ['int(10) unsigned zerofill', 'int unsigned integer'],
    ['bigint(20)', 'bigint integer'],
    ['bigint unsigned', 'bigint unsigned integer'],
    ['year(4)', 'year integer'],
    ['bit(1)', 'bit1 boolean'],
    ['bit(64)', 'bit integer'],
    ['decimal(10,2) unsigned', 'decimal decimal'],
    ['float', 'float float'],
    ['float(7,3)', 'float float'],
    ['double unsigned', 'double float'],
    ['char(8)', 'char string'],
    ['varchar(40)', 'varchar string'],
    ['tinytext', 'text string'],
    ['longtext', 'text string'],
    ["enum('a','b')", 'enum string'],
    ["set('a','b')", 'set string'],
    ['uuid', 'uuid string'],
    ['inet4', 'inet4 string'],
    ['inet6', 'inet6 string'],
    ['json', 'json json'],
    ['binary(16)', 'binary binary'],
    ['varbinary(10)', 'varbinary binary'],
    ['mediumblob', 'blob binary'],
    ['date', 'date date'],
    ['time(6)', 'time time'],
    ['datetime', 'datetime datetime'],
    ['timestamp(3)', 'timestamp timestamp'],
    ['point', 'unmapped geometry string'],
    ['geomcollection', 'unmapped geometry string'],
    ['vector(3)', 'unmapped vector string'],
    ['xmltype', 'unmapped other string'],
  ])('%s is %s', (native, expected) => expect(brief(native)).toBe(expected))

  it('know the digits behind the second that a column keeps, unless it keeps all', () => {
    expect(typeOf('datetime').type.fraction).toBe(0)
    expect(typeOf('timestamp(3)').type.fraction).toBe(3)
    expect(typeOf('time(6)').type.fraction).toBeUndefined()
  })

  it('know their range', () => {
    expect(typeOf('bigint(20) unsigned').type.range).toEqual(['0', '18446744073709551615'])
    expect(typeOf('mediumint(9)').type.range).toEqual(['-8388608', '8388607'])
    expect(typeOf('bit(64)').type.range).toEqual(['0', '18446744073709551615'])
    expect(typeOf('bit(3)').type.range).toEqual(['0', '7'])
    expect(typeOf('tinyint(1)').type.range).toBeUndefined()
    expect(typeOf('double').type.range).toBeUndefined()
  })

  it('know their length and digits', () => {
    expect(typeOf('varchar(40)').type.maxLength).toBe(40)
    expect(typeOf('char(1)').type.maxLength).toBe(1)
    expect(typeOf('varbinary(40)').type.maxLength).toBeUndefined()
    expect(typeOf('decimal(65,30)').type).toMatchObject({ precision: 65, scale: 30 })
    expect(typeOf('decimal').type).toMatchObject({ precision: 10, scale: 0 })
    expect(typeOf('datetime(3)').type.scale).toBeUndefined()
  })

  it('give the labels of an enum as they are', () => {
    expect(typeOf(String.raw`enum('a','it''s','b\\s','x\ny','comma,here',')')`).type.labels).toEqual([
      'a',
      "it's",
      'b\\s',
      'x\ny',
      'comma,here',
      ')',
    ])
    // Of a set any of them together is a value.
    expect(typeOf("set('a','b')").type.labels).toBeUndefined()
  })

  it('of texts have the collation of their column', () => {
    const resolve = createTypeTable()
    const inLatin = resolve('varchar(40)', { collation: 'latin1_swedish_ci' })
    expect(inLatin.type.collation).toBe('latin1_swedish_ci')
    expect(resolve('varchar(40)', { collation: 'utf8mb4_bin' }).type.collation).toBe('utf8mb4_bin')
    expect(resolve('varchar(40)').type.collation).toBeUndefined()
    expect(resolve('varchar(40)', { collation: 'latin1_swedish_ci' })).toBe(inLatin)
    expect(resolve('longtext', { json: true, collation: 'utf8mb4_bin' }).type.collation).toBeUndefined()
    expect(resolve('varchar(40)', { collation: 'x; --' }).type.collation).toBeUndefined()
  })

  it('are JSON where a check says so', () => {
    expect(typeOf('longtext', true)).toMatchObject({
      mapped: true,
      type: { canonical: 'json', family: 'json', native: 'longtext', ordered: false, comparable: false },
    })
    expect(typeOf('longtext').type.canonical).toBe('string')
  })

  it('are one object for equal questions', () => {
    const resolve = createTypeTable()
    expect(resolve('int(11)')).toBe(resolve('int(11)'))
    expect(resolve('longtext')).not.toBe(resolve('longtext', { json: true }))
  })
})
