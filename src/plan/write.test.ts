/** Writes as statements with their values, and what is refused before the database is asked. */
import { describe, expect, test } from 'vitest'
import {
  bytea,
  catalog,
  generated,
  int4,
  jsonb,
  arrayOf,
  nullable,
  shop,
  table,
  text,
} from '#catalog/catalog.fixture.ts'
import { environment, only, refusalOf, show, write } from './plan.fixture.ts'
import { planExists, planWrite, versionOfEtag } from './write.ts'

type More = Parameters<typeof environment>[0]
type Sent = Parameters<typeof write>

const represent = { prefer: 'return=representation' }
const plan = (sent: Sent, more: More = {}) => planWrite(write(...sent), environment(more))
const steps = (sent: Sent, more: More = {}) =>
  plan(sent, more).steps.map(({ statement, values }) => [show(statement), values] as const)
const refused = (sent: Sent, more: More = {}) => refusalOf(() => plan(sent, more))
const shapes = (sent: Sent, more: More = {}) => plan(sent, more).steps.map((step) => step.shape)

describe('an insert', () => {
  test('of one object gives its version and key back, for ETag and Location', () => {
    const sent: Sent = ['POST', 'orders', { customer_id: 1, total: '1.50', note: null }]
    expect(steps(sent)).toEqual([
      [
        'insert orders t0 (customer_id, total, note) ($0:int8, $1:numeric, $2:text) returning nothing hidden version, t0.id',
        ['1', '1.50', null],
      ],
    ])
    expect(plan(sent)).toMatchObject({
      single: true,
      versionAt: 0,
      keyAt: [1],
      insertedAt: undefined,
      embeds: false,
    })
  })

  test('is plain when it is of one row, and its table does nothing besides', () => {
    const tables = shop.tables.map((one) => ({ ...one, plainInserts: true as const }))
    const plain = { ...shop, tables }
    const one: Sent = ['POST', 'orders', { customer_id: 1, total: '1.50' }]
    expect(plan(one).plainInsert).toBe(false)
    expect(plan(one, { catalog: plain }).plainInsert).toBe(true)
    const two: Sent = ['POST', 'orders', [{ customer_id: 1 }, { customer_id: 2 }]]
    expect(plan(two, { catalog: plain }).plainInsert).toBe(false)
    const change: Sent = ['PATCH', 'orders/1', { total: '2' }]
    expect(plan(change, { catalog: plain }).plainInsert).toBe(false)
  })

  test('of a list has all columns that any row names, in the order they come, and defaults for the rest', () => {
    const sent: Sent = [
      'POST',
      'orders',
      [
        { customer_id: 1, total: 1.5 },
        { note: 'x', total: 2 },
      ],
    ]
    expect(steps(sent)).toEqual([
      [
        'insert orders t0 (customer_id, total, note) ($0:int8, $1:numeric, default) (default, $2:numeric, $3:text)',
        ['1', '1.5', '2', 'x'],
      ],
    ])
    expect(plan(sent)).toMatchObject({ single: false, keyAt: [] })
  })

  test('of many rows is cut into statements of equal shape by the limit of parameters', () => {
    const rows = Array.from({ length: 25 }, (_, i) => ({ id: i, label: `x${i}` }))
    const made = plan(['POST', 'labels', rows]).steps
    expect(made.map(({ values }) => values.length)).toEqual([20, 20, 10])
    expect(made[0]?.shape).toBe(made[1]?.shape)
    expect(made[2]?.shape).not.toBe(made[1]?.shape)
    expect(made[1]?.values[1]).toBe('x10')
  })

  test('of nothing but defaults names no column, and of no row is no statement', () => {
    expect(steps(['POST', 'labels', {}])[0]?.[0]).toContain('insert labels t0 () () returning')
    expect(steps(['POST', 'labels', []])).toEqual([])
  })

  test('represents its rows when asked to, embeds included; without being asked a select is still looked at', () => {
    const sent: Sent = ['POST', 'orders?select=id,customer(name)', { total: 1 }, represent]
    expect(steps(sent)[0]?.[0]).toContain(
      'returning t0.id, customer{customers t1 on t0.customer_id=t1.id: t1.name} hidden version, t0.id',
    )
    expect(plan(sent).embeds).toBe(true)
    expect(refused(['POST', 'orders?select=nope', { total: 1 }]).code).toBe('unknown_field')
    expect(refused(['POST', 'orders?select=count()', { total: 1 }, represent]).code).toBe('invalid_parameter')
  })

  test('refuses fields that do not exist or cannot be written, and values that do not fit, naming the row', () => {
    expect(refused(['POST', 'orders', [{ total: 1 }, { totl: 1 }]])).toMatchObject({
      code: 'unknown_field',
      facts: { parameter: 'totl', row: 2, nearest: 'total' },
    })
    expect(refused(['POST', 'orders', { total_cents: 1 }])).toMatchObject({
      code: 'read_only_field',
      facts: { field: 'total_cents' },
    })
    expect(refused(['POST', 'orders', [{ total: 1 }, { total: '1.505' }]])).toMatchObject({
      code: 'bad_value',
      facts: { field: 'total', row: 2, scale: 2 },
    })
  })

  test('into a view is not allowed, with the methods that are', () => {
    expect(refused(['POST', 'order_totals', {}])).toMatchObject({
      code: 'method_not_allowed',
      facts: { allow: ['GET', 'HEAD', 'OPTIONS'] },
    })
  })

  test('of values with structure binds them as JSON text, and binary as base64', () => {
    const columns = { id: int4, tags: arrayOf(text), data: jsonb, file: bytea }
    const more = { catalog: catalog([table('t', { columns })]) }
    const row = { id: 1, tags: ['a', null], data: { n: 1 }, file: 'AP8=' }
    expect(steps(['POST', 't', row], more)[0]?.[1]).toEqual(['1', '["a",null]', '{"n":1}', 'AP8='])
  })
})

describe('a PUT', () => {
  test('inserts the row of its key, or replaces all of it, and tells which', () => {
    const sent: Sent = ['PUT', 'order_items/1,2', { product_id: 3, price: 1 }]
    expect(steps(sent)).toEqual([
      [
        'insert order_items t0 (order_id, line, product_id, price) ($0:int8, $1:int2, $2:int8, $3:numeric) ' +
          'upsert order_id, line reset quantity returning nothing hidden version, t0.order_id, t0.line, inserted',
        ['1', '2', '3', '1'],
      ],
    ])
    expect(plan(sent)).toMatchObject({ single: true, versionAt: 0, keyAt: [1, 2], insertedAt: 3 })
  })

  test('may repeat its key, but not change it', () => {
    expect(steps(['PUT', 'order_items/1,2', { line: 2, order_id: '1', product_id: 3 }])[0]?.[0]).toContain(
      '(order_id, line, product_id)',
    )
    expect(refused(['PUT', 'order_items/1,2', { line: 3 }])).toMatchObject({
      code: 'bad_value',
      facts: { field: 'line' },
    })
    expect(refused(['PUT', 'order_items/1', {}])).toMatchObject({ code: 'invalid_parameter' })
  })

  test('with If-Match changes an existing row and never makes one', () => {
    const [statement, values] =
      steps(['PUT', 'order_items/1,2', { price: 1, product_id: 3 }, { 'if-match': '"5.ab"' }])[0] ?? []
    expect(statement).toContain(
      'update order_items t0 set price=$3:numeric, product_id=$4:int8, quantity=default ' +
        'where ((t0.order_id eq $0:int8 and t0.line eq $1:int2) and t0 version $2[]:text)',
    )
    expect(values).toEqual(['1', '2', ['5'], '1', '3'])
  })

  test('with If-None-Match: * inserts and never changes a row', () => {
    const statement = steps(['PUT', 'order_items/1,2', { price: 1 }, { 'if-none-match': '*' }])[0]?.[0]
    expect(statement).toContain('insert order_items')
    expect(statement).not.toContain('upsert')
  })

  test('does not touch what the principal cannot see, nor what the database generates', () => {
    const more = { authorize: only({ orders: ['id', 'status', 'note'] }) }
    expect(steps(['PUT', 'orders/1', { status: 'open' }], more)[0]?.[0]).toContain(
      'upsert id reset note returning',
    )
    expect(steps(['PUT', 'orders/1', {}])[0]?.[0]).not.toContain('total_cents')
  })

  test('cannot make a key that only the database makes', () => {
    const more = { catalog: catalog([table('t', { columns: { id: generated(int4), a: nullable(text) } })]) }
    expect(refused(['PUT', 't/1', { a: 'x' }], more).code).toBe('read_only_field')
  })
})

describe('a PATCH', () => {
  test('by key changes what it names, in the versions that If-Match names', () => {
    const sent: Sent = ['PATCH', 'orders/1', { status: 'paid', note: null }, { 'if-match': '"5", "6.x"' }]
    expect(steps(sent)).toEqual([
      [
        'update orders t0 set status=$2:enum, note=$3:text where (t0.id eq $0:int8 and t0 version $1[]:text) ' +
          'returning nothing hidden version, t0.id',
        ['1', ['5', '6'], 'paid', null],
      ],
    ])
  })

  test('with If-Match: * asks for no version', () => {
    expect(steps(['PATCH', 'orders/1', { note: 'x' }, { 'if-match': '*' }])[0]?.[0]).toContain(
      'where t0.id eq $0:int8 ',
    )
  })

  test('by filter changes all rows it leaves and gives them back when asked to', () => {
    expect(steps(['PATCH', 'orders?select=id&customer.country=DE', { note: 'x' }, represent])).toEqual([
      [
        'update orders t0 set note=$1:text where exists(customers t1 on t0.customer_id=t1.id: t1.country eq $0:varchar) ' +
          'returning t0.id',
        ['DE', 'x'],
      ],
    ])
  })

  test('without key and filter needs a limit of rows', () => {
    expect(steps(['PATCH', 'labels', { label: 'x' }, { prefer: 'max-affected=3' }])[0]?.[0]).toBe(
      'update labels t0 set label=$0:text where ()',
    )
    const request = {
      ...write('PATCH', 'labels', { label: 'x' }, { prefer: 'max-affected=3' }),
      preferences: {},
    }
    expect(refusalOf(() => planWrite(request, environment())).code).toBe('unbounded_write')
  })

  test('of nothing is refused', () => {
    expect(refused(['PATCH', 'orders/1', {}]).code).toBe('bad_value')
  })
})

describe('a DELETE', () => {
  test('by key says nothing of the row unless asked to', () => {
    const sent: Sent = ['DELETE', 'orders/1']
    expect(steps(sent)).toEqual([['delete orders t0 where t0.id eq $0:int8', ['1']]])
    expect(plan(sent)).toMatchObject({ single: true, versionAt: undefined, keyAt: [] })
    expect(steps(['DELETE', 'labels/1', undefined, represent])[0]?.[0]).toContain('returning t0.id, t0.label')
  })
})

describe('shapes', () => {
  test('are equal where the statement is, whatever the values', () => {
    const one: Sent = ['PATCH', 'orders/1?note=a', { note: 'x' }, { 'if-match': '"5"' }]
    expect(shapes(one)).toEqual(
      shapes(['PATCH', 'orders/2?note=b', { note: null }, { 'if-match': '"6", "7"' }]),
    )
    expect(shapes(['POST', 'labels', { label: 'a' }])).toEqual(shapes(['POST', 'labels', { label: 'b' }]))
  })

  test('differ where the statement does', () => {
    const all: readonly (readonly [Sent, More?])[] = [
      [['PATCH', 'labels/1', { label: 'x' }]],
      [['PATCH', 'labels/1', { id: 2 }]],
      [['PATCH', 'labels/1', { label: 'x' }, { 'if-match': '"5"' }]],
      [['PATCH', 'labels/1', { label: 'x' }, represent]],
      [['PATCH', 'labels/1', { label: 'x' }, represent], { authorize: only({ labels: ['label'] }) }],
      [['PATCH', 'labels/1?label=y', { label: 'x' }]],
      [['PUT', 'labels/1', { label: 'x' }]],
      [['PUT', 'labels/1', { label: 'x' }, { 'if-none-match': '*' }]],
      [['PUT', 'labels/1', { label: 'x' }, { 'if-match': '*' }]],
      [['POST', 'labels', { label: 'x' }]],
      [['POST', 'labels', [{ label: 'x' }]]],
      [['POST', 'labels', [{ label: 'x' }, { label: 'y' }]]],
      [['POST', 'labels', [{ label: 'x' }, { id: 1 }]]],
      [['POST', 'labels', [{ label: 'x', id: 1 }, { label: 'y' }]]],
      [['DELETE', 'labels/1']],
    ]
    const made = all.map(([sent, more]) => plan(sent, more).steps[0])
    expect(new Set(made.map((step) => step && show(step.statement))).size).toBe(all.length)
    expect(new Set(made.map((step) => step?.shape)).size).toBe(all.length)
  })
})

test('whether a row exists is asked by a statement that depends on the resource alone', () => {
  const exists = (path: string, headers = {}) =>
    planExists(write('PATCH', path, { line: 1 }, headers), environment())
  const { statement, values } = exists('order_items/1,2?price=5', { 'if-match': '"5"' })
  expect(show(statement)).toBe(
    'select order_items t0: t0.order_id, t0.line hidden version where (t0.order_id eq $0:int8 and t0.line eq $1:int2) limit 1',
  )
  expect(values).toEqual(['1', '2'])
  expect(show(exists('order_items/3,4').statement)).toBe(show(statement))
})

test('the version of an ETag is what stands before the point', () => {
  expect(['812', '812.x_Y', '0af.', ''].map(versionOfEtag)).toEqual(['812', '812', '0af', ''])
})
