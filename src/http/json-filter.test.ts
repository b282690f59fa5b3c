/** The filter language as JSON. */
import { expect, test } from 'vitest'
import { operators } from '#contract/request.ts'
import { filtering, parameter, read, refusal } from './form.fixture.ts'

const values = (json: string) => read(parameter('filter', json)).values

test('a member is equality, and members of an object are ANDed', () => {
  expect(filtering({ status: 'open', total: { gt: 1, lt: 5 } })).toEqual({
    kind: 'and',
    items: [
      { kind: 'compare', field: 'status', operator: 'eq', slot: 0, parameter: 'filter.status' },
      { kind: 'compare', field: 'total', operator: 'gt', slot: 1, parameter: 'filter.total.gt' },
      { kind: 'compare', field: 'total', operator: 'lt', slot: 2, parameter: 'filter.total.lt' },
    ],
  })
})

test('and, or and not nest', () => {
  expect(filtering({ or: [{ status: 'open' }, { and: [{ a: 1 }, { not: { b: 2, c: 3 } }] }] })).toMatchObject(
    {
      kind: 'or',
      items: [
        { field: 'status', parameter: 'filter.or.0.status' },
        { kind: 'and', items: [{ field: 'a' }, { kind: 'not', item: { kind: 'and' } }] },
      ],
    },
  )
})

test('a JSON filter and flat conditions are ANDed', () => {
  const { query } = read(`?a=1&${parameter('filter', '{"or":[{"b":1},{"c":1}]}').slice(1)}&d=1`)
  expect(query.filter).toMatchObject({ kind: 'and', items: [{ field: 'a' }, { kind: 'or' }, { field: 'd' }] })
})

test('an empty filter is none', () => {
  expect(filtering({})).toBeUndefined()
})

test('values keep their JSON type and every digit', () => {
  const text = '{"a":{"gt":12345678901234567890.10},"b":true,"c":[1,"x"],"d":{"eq":{"k":[null]}},"e":0.1}'
  const [a, ...rest] = values(text)
  expect(JSON.stringify(a)).toBe('12345678901234567890.10')
  expect(rest).toEqual([true, [1, 'x'], { k: [null] }, 0.1])
})

test('null is the null test', () => {
  expect(filtering({ a: null })).toMatchObject({ operator: 'null', flag: true })
  expect(filtering({ a: { eq: null } })).toMatchObject({ operator: 'null', flag: true })
  expect(filtering({ a: { neq: null } })).toMatchObject({ operator: 'null', flag: false })
  expect(filtering({ a: { null: false } })).toMatchObject({ operator: 'null', flag: false })
  expect(values('{"a":null,"b":{"null":false}}')).toEqual(['true', 'false'])
})

test.each([
  [{ a: { gt: null } }, 'filter.a.gt'],
  [{ a: { null: 'true' } }, 'filter.a.null'],
  [{ a: { in: 'x' } }, 'filter.a.in'],
  [{ a: { nin: [1, null] } }, 'filter.a.nin'],
  [{ a: { between: [1] } }, 'filter.a.between'],
  [{ and: {} }, 'filter.and'],
  [{ or: [] }, 'filter.or'],
  [{ or: [{}] }, 'filter.or.0'],
  [{ or: [1] }, 'filter.or.0'],
  [{ or: [[]] }, 'filter.or.0'],
  [{ not: {} }, 'filter.not'],
  [{ not: [{ a: 1 }] }, 'filter.not'],
  [{ 'a!h': 1 }, 'filter.a!h'],
  [{ 'a.': 1 }, 'filter.a.'],
  [{ '': 1 }, 'filter.'],
  [{ 'a[gt]': 1 }, 'filter.a[gt]'],
  [[], 'filter'],
  [1, 'filter'],
  ['"x"', 'filter'],
  ['{', 'filter'],
  ['{"a":1,}', 'filter'],
  ['{"a":"\\u0000"}', 'filter'],
  ['{"a":"\\ud800"}', 'filter'],
])('%j is refused with the path of the member', (json, path) => {
  expect(refusal(() => filtering(json))).toMatchObject({
    code: 'invalid_parameter',
    facts: { parameter: path },
  })
})

test('in, nin and between take lists', () => {
  expect(values('{"a":{"in":[1,"x",true]},"b":{"between":[1,2]},"c":{"nin":[]}}')).toEqual([
    [1, 'x', true],
    [1, 2],
    [],
  ])
})

test('an object without operators is about one related row', () => {
  expect(filtering({ items: { quantity: { gt: 5 }, price: 3 } })).toEqual({
    kind: 'related',
    relation: { name: 'items' },
    parameter: 'filter.items',
    item: {
      kind: 'and',
      items: [
        {
          kind: 'compare',
          field: 'quantity',
          operator: 'gt',
          slot: 0,
          parameter: 'filter.items.quantity.gt',
        },
        { kind: 'compare', field: 'price', operator: 'eq', slot: 1, parameter: 'filter.items.price' },
      ],
    },
  })
  expect(filtering({ items: {} })).toMatchObject({ kind: 'related', item: { kind: 'and', items: [] } })
  expect(filtering({ items: { or: [{ a: 1 }, { b: 2 }] } })).toMatchObject({ item: { kind: 'or' } })
})

test('keys may be dotted paths with hints', () => {
  expect(filtering({ 'customer!billing_id.country': { in: ['DE'], neq: 'X' } })).toMatchObject({
    kind: 'related',
    relation: { name: 'customer', hint: 'billing_id' },
    item: { kind: 'and', items: [{ field: 'country', operator: 'in' }, { operator: 'neq' }] },
  })
  expect(filtering({ 'a!h.b': { c: 1 } })).toMatchObject({
    relation: { name: 'a', hint: 'h' },
    item: { relation: { name: 'b' }, item: { field: 'c' } },
  })
})

test('a mix of operators and other keys is an unknown operator', () => {
  expect(refusal(() => filtering({ total: { gt: 1, gtt: 2 } }))).toMatchObject({
    code: 'unknown_operator',
    facts: { parameter: 'filter.total', operator: 'gtt', operators },
  })
})

test('fields named like logic words or operators are quoted in the key', () => {
  expect(filtering('{"\\"not\\"":1}')).toMatchObject({ kind: 'compare', field: 'not', operator: 'eq' })
  expect(filtering('{"\\"and\\"":{"eq":1}}')).toMatchObject({ field: 'and' })
  expect(filtering('{"rel":{"\\"search\\"":1,"x":2}}')).toMatchObject({
    kind: 'related',
    item: { items: [{ field: 'search' }, { field: 'x' }] },
  })
  expect(filtering({ 'rel.search': 'x' })).toMatchObject({ item: { field: 'search', operator: 'eq' } })
  expect(read('?and=1').query.filter).toMatchObject({ field: 'and' })
})

test('__proto__ is a name like any other', () => {
  expect(filtering('{"__proto__":1}')).toMatchObject({ field: '__proto__' })
  expect(filtering('{"__proto__":{"gt":1}}')).toMatchObject({ field: '__proto__', operator: 'gt' })
})

test('the depth of JSON is counted before it is parsed', () => {
  expect(refusal(() => filtering(`{"a":${'['.repeat(4000)}`))).toMatchObject({
    code: 'too_complex',
    facts: { parameter: 'filter', limit: 8, actual: 4001 },
  })
})

test('the depth of relations is limited across nesting and paths', () => {
  expect(filtering({ a: { b: { 'c.f': 1 } } })).toBeDefined()
  expect(refusal(() => filtering({ a: { b: { 'c.d.f': 1 } } }))).toMatchObject({
    code: 'too_complex',
    facts: { limit: 3, actual: 4 },
  })
  expect(refusal(() => filtering({ a: { b: { c: { d: {} } } } }))).toMatchObject({
    code: 'too_complex',
    facts: { parameter: 'filter.a.b.c.d', limit: 3, actual: 4 },
  })
})

test('conditions are counted wherever they stand', () => {
  const many = Array.from({ length: 11 }, (_, i) => (i % 2 ? { a: i } : { rel: {} }))
  expect(refusal(() => filtering({ or: many }))).toMatchObject({
    code: 'too_complex',
    facts: { limit: 10, actual: 11 },
  })
})

test('a condition that stands twice is refused: one of the two would be lost', () => {
  for (const [text, member] of [
    ['{"total":{"gt":1,"gt":5000}}', 'total.gt'],
    ['{"or":[{"a":1,"b":1},{"a":1,"a":2}]}', 'or[1].a'],
  ] as const)
    expect(refusal(() => filtering(text))).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'filter', member },
    })
})
