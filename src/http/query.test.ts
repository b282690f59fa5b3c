/** The flat query string: conditions, reserved parameters, limits. */
import { describe, expect, test } from 'vitest'
import { operators } from '#contract/request.ts'
import { headers, limits, parameter, read, refusal } from './form.fixture.ts'
import { parseRead } from './parse.ts'

const condition = (name: string, value: string) => read(parameter(name, value)).query.filter

describe('conditions', () => {
  test('field=value is equality', () => {
    const { query, values } = read('?status=shipped')
    expect(query.filter).toEqual({
      kind: 'compare',
      field: 'status',
      operator: 'eq',
      slot: 0,
      parameter: 'status',
    })
    expect(values).toEqual(['shipped'])
  })

  test.each(operators)('field[%s]=value is that operator', (operator) => {
    const value = operator === 'null' ? 'true' : operator === 'between' ? '1,2' : '1'
    expect(condition(`total[${operator}]`, value)).toMatchObject({
      field: 'total',
      operator,
      parameter: `total[${operator}]`,
    })
  })

  test('a value never becomes an operator', () => {
    expect(read('?status=gt.5').values).toEqual(['gt.5'])
    expect(condition('status', '[gt]=5')).toMatchObject({ operator: 'eq' })
  })

  test('brackets may be percent-encoded', () => {
    expect(read('?total%5Bgt%5D=5').query.filter).toMatchObject({ field: 'total', operator: 'gt' })
  })

  test('repeated fields are ANDed in their order, each with its own slot', () => {
    const { query, values } = read('?total[gt]=1&total[lt]=5&status=x')
    expect(query.filter).toMatchObject({
      kind: 'and',
      items: [
        { operator: 'gt', slot: 0 },
        { operator: 'lt', slot: 1 },
        { field: 'status', slot: 2 },
      ],
    })
    expect(values).toEqual(['1', '5', 'x'])
  })

  test('an unknown operator is refused with the list', () => {
    expect(refusal(() => read('?total[gtt]=5'))).toMatchObject({
      code: 'unknown_operator',
      facts: { parameter: 'total[gtt]', operator: 'gtt', operators },
    })
    expect(refusal(() => read('?total[]=5')).code).toBe('unknown_operator')
    expect(refusal(() => read('?total[__proto__]=5')).code).toBe('unknown_operator')
    expect(refusal(() => read('?total[GT]=5')).code).toBe('unknown_operator')
  })

  test.each([
    'total[gt',
    'total[gt]x',
    'total[gt][lt]',
    'to"tal',
    'a.',
    '.a',
    'a..b',
    'a!',
    '"a',
    '"a"b',
    'a]',
  ])('the key %s is refused', (key) => {
    expect(refusal(() => condition(key, '1')).code).toBe('invalid_parameter')
  })

  test('relations stand before dots and may carry a hint', () => {
    expect(condition('customer!billing_id.address.city[starts]', 'Z')).toEqual({
      kind: 'related',
      relation: { name: 'customer', hint: 'billing_id' },
      parameter: 'customer!billing_id.address.city[starts]',
      item: {
        kind: 'related',
        relation: { name: 'address' },
        parameter: 'customer!billing_id.address.city[starts]',
        item: {
          kind: 'compare',
          field: 'city',
          operator: 'starts',
          slot: 0,
          parameter: 'customer!billing_id.address.city[starts]',
        },
      },
    })
  })

  test('the field itself takes no hint', () => {
    expect(refusal(() => condition('status!x', '1'))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'status!x' },
    })
  })

  test('quoted names hold any punctuation, bare ones all but that of a key', () => {
    expect(condition('"a.b[gt]\\"!\\\\"[lt]', '1')).toMatchObject({ field: 'a.b[gt]"!\\', operator: 'lt' })
    expect(condition('weird, name (x); y:z', '1')).toMatchObject({ field: 'weird, name (x); y:z' })
    expect(condition('"rel.x"."f.y"', '1')).toMatchObject({
      relation: { name: 'rel.x' },
      item: { field: 'f.y' },
    })
    expect(condition('__proto__', '1')).toMatchObject({ field: '__proto__' })
    expect(condition('constructor', '1')).toMatchObject({ field: 'constructor' })
  })

  test('null takes true and false and tells them in the shape', () => {
    expect(read('?paid[null]=true').query.filter).toMatchObject({ operator: 'null', flag: true, slot: 0 })
    expect(read('?paid[null]=false')).toMatchObject({ query: { filter: { flag: false } }, values: ['false'] })
    expect(read('?paid[null]=true').shape).not.toBe(read('?paid[null]=false').shape)
    expect(refusal(() => read('?paid[null]=1'))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'paid[null]' },
    })
  })

  test('lists are split at commas outside quotes', () => {
    const list = (text: string) => read(parameter('status[in]', text)).values[0]
    expect(list('a,b')).toEqual(['a', 'b'])
    expect(list('"a,b","c\\"\\\\",d e')).toEqual(['a,b', 'c"\\', 'd e'])
    expect(list('')).toEqual([])
    expect(list('""')).toEqual([''])
    expect(list('a,,b')).toEqual(['a', '', 'b'])
    expect(list('5" disk')).toEqual(['5" disk'])
  })

  test.each(['"a', '"a"b', '"a\\n"', 'a,"b'])('the list %s is refused', (text) => {
    expect(refusal(() => read(parameter('status[in]', text)))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'status[in]' },
    })
  })

  test('between takes two values', () => {
    expect(read('?total[between]=1,5').values).toEqual([['1', '5']])
    expect(refusal(() => read('?total[between]=1'))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'total[between]', actual: 1 },
    })
    expect(refusal(() => read('?total[between]=1,2,3')).facts).toMatchObject({ actual: 3 })
  })
})

describe('reserved parameters', () => {
  test('limit and offset are whole numbers', () => {
    expect(read('?limit=0&offset=20').query).toMatchObject({ limit: 0, offset: 20 })
    expect(read('?offset=9007199254740991').query.offset).toBe(9007199254740991)
  })

  test.each(['', '-1', '1.5', '1e3', '0x10', ' 1', '9007199254740992', '99999999999999999999'])(
    'limit=%s and offset=%s are refused',
    (text) => {
      for (const name of ['limit', 'offset'])
        expect(refusal(() => read(parameter(name, text)))).toMatchObject({
          code: 'invalid_parameter',
          facts: { parameter: name },
        })
    },
  )

  test('a limit above the ceiling names it', () => {
    expect(read('?limit=1000').query.limit).toBe(1000)
    const { code, detail, facts } = refusal(() => read('?limit=1001'))
    expect(code).toBe('invalid_parameter')
    expect(detail).toContain('1000')
    expect(facts).toEqual({ parameter: 'limit', limit: 1000, actual: 1001 })
  })

  test('NDJSON streams have no ceiling, CSV pages have', () => {
    expect(read('?limit=5000', { accept: 'application/x-ndjson' }).query.limit).toBe(5000)
    expect(refusal(() => read('?limit=5000', { accept: 'text/csv' })).code).toBe('invalid_parameter')
    expect(read('?status=x', { accept: 'text/csv' }).query.limit).toBeUndefined()
  })

  test('a reserved parameter stands once', () => {
    for (const search of [
      '?limit=1&limit=1',
      '?select=a&select=b',
      '?after=x&after=y',
      '?filter={}&filter={}',
    ])
      expect(refusal(() => read(search))).toMatchObject({
        code: 'invalid_parameter',
      })
  })

  test('a field named like one is reached with an operator or in quotes', () => {
    expect(read('?limit[eq]=5').query).toMatchObject({
      limit: undefined,
      filter: { field: 'limit', operator: 'eq' },
    })
    expect(read('?%22select%22=5').query.filter).toMatchObject({ field: 'select' })
    expect(read('?limit[eq]=5&limit[eq]=6&limit=7').query).toMatchObject({
      limit: 7,
      filter: { kind: 'and' },
    })
  })

  test('after is kept as text and excludes offset', () => {
    expect(read('?after=abc').after).toBe('abc')
    expect(refusal(() => read('?after=abc&offset=1'))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'after' },
    })
  })

  test('a read by key takes select and conditions only', () => {
    const byKey = (search: string) =>
      parseRead({ resource: 'orders', key: '42', search, header: headers(), limits })
    expect(byKey('?select=id&status=open').query.select).toHaveLength(1)
    for (const name of ['order', 'limit', 'offset', 'after'])
      expect(refusal(() => byKey(`?${name}=1`))).toMatchObject({
        code: 'unknown_parameter',
        facts: { parameter: name, parameters: ['select', 'filter'] },
      })
  })
})

describe('order', () => {
  const order = (text: string) => read(parameter('order', text)).query.order

  test('fields, directions and places of NULL', () => {
    expect(order('-created_at.nullslast,id, total.nullsfirst')).toEqual([
      { field: 'created_at', descending: true, nulls: 'last' },
      { field: 'id', descending: false },
      { field: 'total', descending: false, nulls: 'first' },
    ])
  })

  test('quoted names hold punctuation, and a minus that is theirs', () => {
    expect(order('"a.b",-"-c,d".nullsfirst')).toEqual([
      { field: 'a.b', descending: false },
      { field: '-c,d', descending: true, nulls: 'first' },
    ])
  })

  test.each([
    '',
    ',',
    'id,',
    '-',
    '--id',
    'customer.name',
    'id.nullsmiddle',
    'id.nullsfirst.x',
    'a b"c',
    'id,-id',
    'a:b',
  ])('the order "%s" is refused', (text) => {
    expect(refusal(() => order(text))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'order' },
    })
  })

  test('ordering by a related field says what is possible', () => {
    expect(refusal(() => order('customer.name')).detail).toContain('nullsfirst')
  })
})

describe('limits', () => {
  test('the number of conditions', () => {
    const many = (n: number) => `?${Array.from({ length: n }, (_, i) => `f${i}=1`).join('&')}`
    expect(read(many(10)).values).toHaveLength(10)
    expect(refusal(() => read(many(12)))).toMatchObject({
      code: 'too_complex',
      facts: { limit: 10, actual: 12 },
    })
  })

  test('a list counts one condition for each started hundred of its values', () => {
    const list = (n: number) => `a[in]=${Array.from({ length: n }, (_, i) => i).join(',')}`
    expect(read(`?${list(200)}&${Array(8).fill('b=1').join('&')}`).values).toHaveLength(9)
    expect(refusal(() => read(`?${list(101)}&${Array(9).fill('b=1').join('&')}`)).facts).toMatchObject({
      limit: 10,
      actual: 11,
    })
  })

  test('the number of values of a list', () => {
    const list = Array.from({ length: 201 }, (_, i) => i).join(',')
    expect(refusal(() => read(`?a[nin]=${list}`))).toMatchObject({
      code: 'too_complex',
      facts: { parameter: 'a[nin]', limit: 200, actual: 201 },
    })
  })

  test('the depth of relations', () => {
    expect(read('?a.b.c.f=1').values).toHaveLength(1)
    expect(refusal(() => read('?a.b.c.d.f=1'))).toMatchObject({
      code: 'too_complex',
      facts: { parameter: 'a.b.c.d.f', limit: 3, actual: 4 },
    })
  })
})
