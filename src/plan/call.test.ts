/** Calls: arguments by name or place, overloads, and what is refused. */
import { describe, expect, test } from 'vitest'
import { arrayOf, catalog, int4, jsonb, routine, text } from '#catalog/catalog.fixture.ts'
import type { Routine } from '#catalog/model.ts'
import { planCall } from './call.ts'
import { call, environment, refusalOf, show } from './plan.fixture.ts'

const readOnly = { readOnly: true }
const routines: Routine[] = [
  routine('add', { a: int4, b: [int4, 'optional'] }, readOnly),
  routine('close', { id: int4 }),
  routine('secret', {}, { executable: false }),
  routine('unnamed', { $1: int4, total: [int4, 'out'], $2: [text, 'optional'] }, readOnly),
  routine('all', { ids: [arrayOf(int4), 'variadic'] }, readOnly),
  routine('take', { document: jsonb, names: [arrayOf(text), 'optional'] }, readOnly),
  routine('find', { id: int4 }, readOnly),
  routine('find', { name: text }, readOnly),
  routine('find', { name: int4, exact: [text, 'optional'] }, readOnly),
  routine('same', { a: int4 }, readOnly),
  routine('same', { a: int4, b: [int4, 'optional'] }, readOnly),
  routine('listed', { a: int4 }, readOnly),
  routine('listed', { a: int4, more: [arrayOf(int4), 'variadic'] }, readOnly),
  routine('twin', { x: int4 }, readOnly),
  routine('twin', { x: text }, readOnly),
]
const plan = (...sent: Parameters<typeof call>) =>
  planCall(call(...sent), environment({ catalog: catalog([], routines) }))
const shown = (...sent: Parameters<typeof call>) => {
  const { statement, values } = plan(...sent)
  return [show(statement), values]
}
const refused = (...sent: Parameters<typeof call>) => refusalOf(() => plan(...sent))

describe('arguments', () => {
  test('go by the names of parameters, and may be left out where there is a default', () => {
    expect(shown('GET', 'add?b=2&a=1')).toEqual(['call add(0=$0:int4, 1=$1:int4)', ['1', '2']])
    expect(shown('POST', 'add', { a: 1 })).toEqual(['call add(0=$0:int4)', ['1']])
    expect(shown('POST', 'close', { id: null })).toEqual(['call close(0=$0:int4)', [null]])
  })

  test('without a name go by their place among the inputs', () => {
    expect(shown('GET', 'unnamed?$2=x&$1=5')).toEqual(['call unnamed(0=$0:int4, 2=$1:text)', ['5', 'x']])
  })

  test('that are lists are given several times in a URL, or once as JSON', () => {
    const all = 'call all(0=$0:array)'
    expect(shown('GET', 'all?ids=1&ids=2')).toEqual([all, ['["1","2"]']])
    expect(shown('GET', 'all?ids=1')).toEqual([all, ['["1"]']])
    expect(shown('GET', 'all?ids=[1,2]')).toEqual([all, ['["1","2"]']])
    expect(shown('POST', 'all', { ids: [1, 2] })).toEqual([all, ['["1","2"]']])
    expect(shown('GET', 'all')).toEqual(['call all()', []])
  })

  test('that are JSON are JSON text in a URL, and themselves in a body', () => {
    expect(shown('GET', 'take?document={"a":1.50}')[1]).toEqual(['{"a":1.50}'])
    expect(shown('POST', 'take', { document: 'text' })[1]).toEqual(['"text"'])
    expect(refused('GET', 'take?document=text').code).toBe('invalid_parameter')
  })

  test('that are missing, unknown, repeated or unfit are refused by name', () => {
    expect(refused('GET', 'add?b=1')).toMatchObject({
      code: 'invalid_parameter',
      facts: { missing: ['a'], parameters: ['a', 'b'] },
    })
    expect(refused('POST', 'add', {}).code).toBe('bad_value')
    expect(refused('GET', 'add?a=1&aa=2')).toMatchObject({
      code: 'unknown_parameter',
      facts: { parameter: 'aa', nearest: 'a' },
    })
    expect(refused('GET', 'add?a=1&a=2').code).toBe('invalid_parameter')
    expect(refused('GET', 'add?a=x')).toMatchObject({ code: 'invalid_parameter', facts: { parameter: 'a' } })
    expect(refused('POST', 'add', { a: 2 ** 31 })).toMatchObject({ code: 'bad_value', facts: { field: 'a' } })
  })
})

describe('routines', () => {
  test('of one name are told apart by their arguments, the one without further ones first', () => {
    expect(shown('GET', 'find?id=1')[0]).toBe('call find(0=$0:int4)')
    expect(plan('GET', 'find?name=x').statement.routine).toBe(routines[7])
    expect(plan('GET', 'find?name=1&exact=y').statement.routine).toBe(routines[8])
    expect(
      new Set(['find?id=1', 'find?name=x', 'find?name=1&exact=y'].map((p) => plan('GET', p).shape)).size,
    ).toBe(3)
  })

  test('that arguments do not tell apart are refused with their parameters', () => {
    expect(refused('GET', 'twin?x=1').facts).toEqual({ signatures: ['x integer', 'x string'] })
    expect(refused('GET', 'find?nothing=1').facts['signatures']).toHaveLength(3)
    expect(refused('POST', 'same', { a: 1 })).toMatchObject({
      code: 'bad_value',
      facts: { signatures: ['a integer', 'a integer, b integer (optional)'] },
    })
    expect(shown('GET', 'same?a=1&b=2')[0]).toBe('call same(0=$0:int4, 1=$1:int4)')
    expect(shown('GET', 'listed?a=1')[0]).toBe('call listed(0=$0:int4)')
  })

  test('that may write are called by POST only', () => {
    expect(refused('GET', 'close?id=1')).toMatchObject({
      code: 'method_not_allowed',
      facts: { allow: ['POST', 'OPTIONS'] },
    })
  })

  test('that do not exist or may not be called are refused', () => {
    expect(refused('GET', 'ad?a=1')).toMatchObject({ code: 'unknown_resource', facts: { nearest: 'add' } })
    expect(refused('POST', 'secret').code).toBe('forbidden')
  })
})

test('shapes are equal where the statement is', () => {
  expect(plan('GET', 'add?a=1').shape).toBe(plan('POST', 'add', { a: 2 }).shape)
  expect(plan('GET', 'add?a=1').shape).not.toBe(plan('GET', 'add?a=1&b=2').shape)
})
