/** Select lists: fields, aggregates, embeds and their options. */
import { describe, expect, test } from 'vitest'
import { aggregateFunctions } from '#contract/request.ts'
import { parameter, read, refusal, selecting } from './form.fixture.ts'

const select = (text: string) => selecting(text).select

describe('items', () => {
  test('fields and *', () => {
    expect(select('id,*, total')).toEqual([
      { kind: 'field', name: 'id' },
      { kind: 'all' },
      { kind: 'field', name: 'total' },
    ])
  })

  test('no select is all fields', () => {
    expect(read('').query.select).toBeUndefined()
  })

  test('aggregates', () => {
    expect(select('status,total.sum(),count(),id.count()')).toEqual([
      { kind: 'field', name: 'status' },
      { kind: 'aggregate', function: 'sum', field: 'total' },
      { kind: 'aggregate', function: 'count' },
      { kind: 'aggregate', function: 'count', field: 'id' },
    ])
  })

  test('an unknown aggregate is refused with the list', () => {
    expect(refusal(() => select('total.median()'))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'select', functions: aggregateFunctions },
    })
    expect(refusal(() => select('sum()')).detail).toContain('total.sum()')
  })

  test('embeds with alias, hint and nesting', () => {
    expect(select('buyer:customer!billing_id(name,address(*)),items()')).toEqual([
      {
        kind: 'embed',
        relation: { name: 'customer', hint: 'billing_id' },
        alias: 'buyer',
        query: {
          select: [
            { kind: 'field', name: 'name' },
            {
              kind: 'embed',
              relation: { name: 'address' },
              query: {
                select: [{ kind: 'all' }],
                filter: undefined,
                order: [],
                limit: undefined,
                offset: undefined,
              },
            },
          ],
          filter: undefined,
          order: [],
          limit: undefined,
          offset: undefined,
        },
      },
      {
        kind: 'embed',
        relation: { name: 'items' },
        query: { select: undefined, filter: undefined, order: [], limit: undefined, offset: undefined },
      },
    ])
  })

  test('a relation named like an aggregate is quoted or has something in its parentheses', () => {
    expect(select('"count"()')).toMatchObject([{ kind: 'embed', relation: { name: 'count' } }])
    expect(select('sum(a)')).toMatchObject([{ kind: 'embed', relation: { name: 'sum' } }])
    expect(select('x:count()')).toMatchObject([{ kind: 'embed', alias: 'x' }])
  })

  test('quoted names hold any punctuation', () => {
    expect(select('"a,b", "c(d)" ,"e\\"\\\\".max(),"x:y":"r!s"!"h(1)"("f;g")')).toMatchObject([
      { name: 'a,b' },
      { name: 'c(d)' },
      { kind: 'aggregate', field: 'e"\\' },
      {
        alias: 'x:y',
        relation: { name: 'r!s', hint: 'h(1)' },
        query: { select: [{ kind: 'field', name: 'f;g' }] },
      },
    ])
  })

  test.each([
    '',
    ' ',
    ',',
    'a,',
    'a,,b',
    'a)',
    'a(b',
    'a(b))',
    'a(b)c',
    'a;b',
    'a=1',
    'a[gt]',
    '"a',
    '"a"b',
    'a"b"',
    '""',
    'a:b',
    'a:',
    ':a()',
    'a:b:c()',
    'a!()',
    'a!h',
    'a.b',
    'a.sum',
    'a.sum(',
    'a.sum(b)',
    'a.sum().b',
    '*a',
    '**',
    'a(b;c)',
    'a(b;limit=1)',
    'a(;b)',
    'a(limit)=5',
  ])('the list "%s" is refused', (text) => {
    expect(refusal(() => select(text))).toMatchObject({ code: 'invalid_parameter' })
  })
})

describe('options of embeds', () => {
  const embed = (text: string) => {
    const { query, values } = read(parameter('select', text))
    const item = query.select?.[0]
    if (item?.kind !== 'embed') throw new Error('no embed')
    return { ...item.query, values }
  }

  test('options stand before the fields', () => {
    expect(
      embed('items(limit=5;offset=2;order=-quantity,id;quantity[gt]=2;quantity,product(name))'),
    ).toMatchObject({
      limit: 5,
      offset: 2,
      order: [
        { field: 'quantity', descending: true },
        { field: 'id', descending: false },
      ],
      filter: { field: 'quantity', operator: 'gt', slot: 0, parameter: 'select.items.quantity[gt]' },
      select: [
        { kind: 'field', name: 'quantity' },
        { kind: 'embed', relation: { name: 'product' } },
      ],
      values: ['2'],
    })
  })

  test('options without fields are all fields', () => {
    expect(embed('items(limit=5)')).toMatchObject({ limit: 5, select: undefined })
    expect(embed('items(limit=5;)')).toMatchObject({ limit: 5, select: undefined })
  })

  test('conditions reach further relations and may be JSON', () => {
    expect(embed('items(product.name=x;filter={"or":[{"a":"1;)"},{"b":2}]};id)')).toMatchObject({
      filter: {
        kind: 'and',
        items: [
          { kind: 'related', relation: { name: 'product' } },
          { kind: 'or', items: [{ parameter: 'select.items.filter.or.0.a' }, {}] },
        ],
      },
      values: ['x', '1;)', 2],
    })
  })

  test('values with punctuation are quoted', () => {
    expect(embed('items(name="a;b)\\"\\\\";id)').values).toEqual(['a;b)"\\'])
    expect(embed('items(name[in]="a;b",c,"";id)').values).toEqual([['a;b', 'c', '']])
    expect(embed('items(name= a,(b= ;id)').values).toEqual([' a,(b= '])
    expect(refusal(() => embed('items(name=5" disk;id)')).facts).toMatchObject({
      parameter: 'select.items.name',
    })
    expect(refusal(() => embed('items(name="a"b;id)')).code).toBe('invalid_parameter')
  })

  test('a field named like an option has an operator or quotes', () => {
    expect(embed('items(limit[eq]=5)')).toMatchObject({ limit: undefined, filter: { field: 'limit' } })
    expect(embed('items("order"=5)')).toMatchObject({ order: [], filter: { field: 'order' } })
  })

  test('embedded limits have no ceiling', () => {
    expect(embed('items(limit=50000)').limit).toBe(50000)
  })

  test('reserved options stand once, and select and after not at all', () => {
    expect(refusal(() => embed('items(limit=1;limit=2)')).code).toBe('invalid_parameter')
    for (const name of ['select', 'after'])
      expect(refusal(() => embed(`items(${name}=id)`))).toMatchObject({
        code: 'unknown_parameter',
        facts: {
          parameter: `select.items.${name}`,
          parameters: ['filter', 'order', 'limit', 'offset'],
        },
      })
  })

  test('faults within options name embed and option', () => {
    expect(refusal(() => embed('items(a[gtt]=1)'))).toMatchObject({
      code: 'unknown_operator',
      facts: { operator: 'gtt', nearest: 'gt' },
    })
    expect(refusal(() => embed('x:items(p(limit=z))')).facts).toMatchObject({
      parameter: 'select.items.p.limit',
    })
  })

  test('values of the top come before those of embeds, wherever select stands', () => {
    const embedded = 'select=items(a=1;b)'
    expect(read(`?${embedded}&status=x`)).toEqual(read(`?status=x&${embedded}`))
    expect(read(`?${embedded}&status=x`).values).toEqual(['x', '1'])
  })
})

describe('limits', () => {
  test('the depth of embeds', () => {
    expect(select('a(b(c(d)))')).toHaveLength(1)
    expect(refusal(() => select('a(b(c(d(e))))'))).toMatchObject({
      code: 'too_complex',
      facts: { limit: 3, actual: 4 },
    })
    expect(refusal(() => select('a('.repeat(20000))).code).toBe('too_complex')
  })

  test('the number of embeds', () => {
    expect(refusal(() => select('a(),b(),c(),d(e())'))).toMatchObject({
      code: 'too_complex',
      facts: { parameter: 'select', limit: 4, actual: 5 },
    })
  })

  test('conditions of embeds count with the others', () => {
    const conditions = Array(10).fill('a=1').join(';')
    expect(refusal(() => read(`?x=1&select=items(${conditions};b)`)).facts).toMatchObject({
      limit: 10,
      actual: 11,
    })
  })
})
