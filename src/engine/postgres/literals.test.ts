/** Values as PostgreSQL's input functions read them. */
import { describe, expect, it } from 'vitest'
import { arrayOf, composite, type } from '#engine/statements.fixture.ts'
import { inputText, listText } from './literals.ts'

const [int, text, bytea, jsonb] = [type('int4'), type('text'), type('bytea'), type('jsonb')]

describe('the text of a value', () => {
  it('is the value itself for plain types', () => {
    expect(inputText(int, '42')).toBe('42')
    expect(inputText(text, '[not json]')).toBe('[not json]')
    expect(inputText(jsonb, '{"a":1.50}')).toBe('{"a":1.50}')
    expect(inputText(text, null)).toBeNull()
  })

  it('is hex for base64, and left alone when the database wrote it', () => {
    expect(inputText(bytea, '')).toBe('\\x')
    expect(inputText(bytea, 'AQL/')).toBe('\\x0102ff')
    expect(inputText(bytea, '\\x0102')).toBe('\\x0102')
    for (const wrong of ['A', 'AQ', 'A*==', 'AQ==='])
      expect(() => inputText(bytea, wrong)).toThrow('not padded base64')
  })

  it('quotes every element of an array', () => {
    expect(inputText(arrayOf(text), ['a"b', 'c\\d', '', 'NULL', null, '{x,y}'])).toBe(
      '{"a\\"b","c\\\\d","","NULL",NULL,"{x,y}"}',
    )
    expect(inputText(arrayOf(text), [])).toBe('{}')
    expect(inputText(arrayOf(bytea), '["AQ==",null]')).toBe('{"\\\\x01",NULL}')
    expect(inputText(arrayOf(type('box')), '["(1,1),(0,0)","(2,2),(0,0)"]')).toBe(
      '{"(1,1),(0,0)";"(2,2),(0,0)"}',
    )
  })

  it('takes inner lists for dimensions, unless the elements are JSON', () => {
    expect(inputText(arrayOf(int), '[[1,2],[3,null]]')).toBe('{{"1","2"},{"3",NULL}}')
    expect(inputText(arrayOf(jsonb), '[[1,2.50],{"a":"b"}]')).toBe('{"[1,2.50]","{\\"a\\":\\"b\\"}"}')
    expect(inputText(arrayOf(arrayOf(int)), '[[1],[2,3]]')).toBe('{"{\\"1\\"}","{\\"2\\",\\"3\\"}"}')
  })

  it('keeps every digit of a number', () => {
    expect(inputText(arrayOf(type('numeric')), '[12345678901234567890.10,1e400]')).toBe(
      '{"12345678901234567890.10","1e400"}',
    )
  })

  it('leaves array and record literals of the database alone', () => {
    for (const literal of ['{1,2}', '[0:1]={1,2}', '[', '[1,'])
      expect(inputText(arrayOf(int), literal)).toBe(literal)
    const pair = composite('pair', { a: int, b: text })
    expect(inputText(pair, '(1,x)')).toBe('(1,x)')
  })

  it('is a record for a composite, members in their own order', () => {
    const pair = composite('pair', { a: int, 'b "x"': text })
    const outer = composite('outer', { first: pair, rest: arrayOf(pair), ok: type('bool') })
    expect(inputText(pair, '{"b \\"x\\"":"q\\"\\\\","a":1}')).toBe('("1","q""\\\\")')
    expect(inputText(pair, '{}')).toBe('(,)')
    expect(inputText(outer, '{"first":{"a":1},"rest":[{"a":2},null],"ok":true}')).toBe(
      '("(""1"",)","{""(\\\\""2\\\\"",)"",NULL}","true")',
    )
    expect(() => inputText(pair, '{"c":1}')).toThrow('no member "c"')
  })

  it('has NULL for members left out, whatever they are called', () => {
    const odd = composite('odd', { a: int, constructor: text, toString: text })
    expect(inputText(odd, '{"a":1}')).toBe('("1",,)')
    expect(inputText(odd, '{"toString":"x"}')).toBe('(,,"x")')
  })

  it('does not take lists and objects for plain values', () => {
    const pair = composite('pair', { a: int })
    expect(() => inputText(pair, '{"a":[1]}')).toThrow('a value of type integer is a list')
    expect(() => inputText(arrayOf(text), '[{"a":1}]')).toThrow('a value of type string is an object')
  })

  it('is one array for a list of values', () => {
    expect(listText(bytea, ['AQ==', null])).toBe('{"\\\\x01",NULL}')
  })
})
