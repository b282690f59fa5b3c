/** Reads as statements: what is selected, filtered, ordered and paged, and what is refused with which facts. */
import { describe, expect, test } from 'vitest'
import { catalog, int8, nullable, table, text } from '#catalog/catalog.fixture.ts'
import { environment, only, read, refusalOf, show } from './plan.fixture.ts'
import { planRead } from './read.ts'

type More = Parameters<typeof environment>[0] & { headers?: Record<string, string> }

const plan = (path: string, { headers, ...more }: More = {}) =>
  planRead(read(path, headers), environment(more))
const select = (path: string, more: More = {}) => show(plan(path, more).select)
const bound = (path: string, more: More = {}, cursor?: readonly (string | null)[]) => {
  const { values, key, query } = read(path, more.headers)
  return plan(path, more).bind({ values, key, cursor, limit: query.limit, offset: query.offset })
}
const refused = (path: string, more: More = {}) => refusalOf(() => plan(path, more))
const json = (filter: unknown) => `filter=${encodeURIComponent(JSON.stringify(filter))}`
const ndjson = { headers: { accept: 'application/x-ndjson' } }

describe('rows', () => {
  test('are all fields in the order of the key, one more than the page keeps', () => {
    const { page, keep, count, tables } = plan('labels')
    expect(select('labels')).toBe('select labels t0: t0.id, t0.label hidden t0.id order t0.id limit 101')
    expect({ page: page.kind, keep, count, tables }).toEqual({
      page: 'keyset',
      keep: 100,
      count: undefined,
      tables: [{ schema: 'public', name: 'labels' }],
    })
  })

  test('by key are one row with its version', () => {
    const one = plan('order_items/7,2?select=price')
    expect(show(one.select)).toBe(
      'select order_items t0: t0.price hidden version where (t0.order_id eq $0:int8 and t0.line eq $1:int2) limit 1',
    )
    expect([one.page.kind, one.versionAt, one.embeds]).toEqual(['single', 0, false])
    expect(bound('order_items/7,2?select=price')).toEqual(['7', '2'])
  })

  test('by key may have to meet a condition too; its value keeps its slot', () => {
    expect(select('labels/7?select=id&label=x')).toBe(
      'select labels t0: t0.id hidden version where (t0.id eq $1:int8 and t0.label eq $0:text) limit 1',
    )
    expect(bound('labels/7?label=x')).toEqual(['x', '7'])
  })

  test('without a key are told by no path, and keys have as many parts as they have', () => {
    expect(refused('order_totals/1').code).toBe('not_found')
    expect(refused('order_items/1')).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'key', fields: ['order_id', 'line'], actual: 1 },
    })
    expect(refused('nothing/1').code).toBe('unknown_resource')
  })
})

describe('embeds', () => {
  test('nest along foreign keys in both directions', () => {
    expect(
      select('orders?select=id,items(limit=5;order=-quantity;quantity,product(name)),customer(name)'),
    ).toBe(
      'select orders t0: t0.id, items[]{order_items t1 on t0.id=t1.order_id: t1.quantity, ' +
        'product{products t2 on t1.product_id=t2.id: t2.name} order -t1.quantity, t1.order_id, t1.line limit 5}, ' +
        'customer{customers t3 on t0.customer_id=t3.id: t3.name} hidden t0.id order t0.id limit 101',
    )
  })

  test('cross a junction, and all tables on the way are touched', () => {
    const { tables, embeds } = plan('products?select=id,labels(label)')
    expect(select('products?select=id,labels(label)')).toBe(
      'select products t0: t0.id, labels[]{product_labels t1 on t0.id=t1.product_id / labels t2 on t1.label_id=t2.id: ' +
        't2.label order t2.id} hidden t0.id order t0.id limit 101',
    )
    expect(tables.map((t) => t.name).sort()).toEqual(['labels', 'product_labels', 'products'])
    expect(embeds).toBe(true)
  })

  test('take the name they are given, and their conditions bind values of the request', () => {
    const path = 'employees?select=boss:manager(name),employees(name[starts]=A;id)'
    expect(select(path)).toBe(
      'select employees t0: boss{employees t1 on t0.manager_id=t1.id: t1.name}, ' +
        'employees[]{employees t2 on t0.id=t2.manager_id: t2.id where t2.name like $0:text order t2.id} ' +
        'hidden t0.id order t0.id limit 101',
    )
    expect(bound(path)).toEqual(['A%'])
  })

  test('of one row take no order, limit or offset; of many no limit above the ceiling', () => {
    expect(refused('orders?select=customer(order=id;id)').facts).toEqual({ parameter: 'select.customer' })
    expect(refused('orders?select=items(limit=1001)').facts).toMatchObject({ limit: 1000, actual: 1001 })
  })

  test('that could be several relations are refused with the choices, that are none with all', () => {
    expect(refused('customers?select=orders(id)')).toMatchObject({
      code: 'ambiguous_relation',
      facts: { choices: ['orders!billing_customer_id', 'orders!customer_id'] },
    })
    expect(refused('customers?select=orders!nope(id)').code).toBe('unknown_relation')
    expect(refused('orders?select=custmer(id)')).toMatchObject({
      code: 'unknown_relation',
      facts: { nearest: 'customer' },
    })
    expect(select('customers?select=orders!orders_customer_id_fkey(id)')).toContain('t0.id=t1.customer_id')
  })

  test('never go out under the name of something else', () => {
    expect(refused('orders?select=id,id:customer(id)').code).toBe('invalid_parameter')
    expect(refused('orders?select=customer(id),customer(name)').code).toBe('invalid_parameter')
  })
})

describe('filters', () => {
  test('become conditions in their order, with a second slot for the other end of between', () => {
    const path =
      'orders?select=id&total[between]=1,2&id[in]=3,4&note[contains]=5%25&note[null]=true&status[neq]=open'
    expect(select(path)).toContain(
      'where (t0.total between $0:numeric..$5:numeric and t0.id in $1[]:int8 and t0.note like $2:text ' +
        'and t0.note is null and t0.status neq $4:enum)',
    )
    expect(bound(path)).toEqual(['1', ['3', '4'], String.raw`%5\%%`, null, 'open', '2'])
  })

  test('on related rows are one EXISTS for each parameter, or for each JSON object', () => {
    expect(select('orders?select=id&items.quantity[gt]=5&items.price=1')).toContain(
      'where (exists(order_items t1 on t0.id=t1.order_id: t1.quantity gt $0:int4) ' +
        'and exists(order_items t2 on t0.id=t2.order_id: t2.price eq $1:numeric))',
    )
    expect(
      select(
        `orders?select=id&${json({ or: [{ items: { quantity: 5, price: 1 } }, { not: { items: {} } }] })}`,
      ),
    ).toContain(
      'where (exists(order_items t1 on t0.id=t1.order_id: (t1.quantity eq $0:int4 and t1.price eq $1:numeric)) ' +
        'or not exists(order_items t2 on t0.id=t2.order_id))',
    )
  })

  test('look for elements in lists', () => {
    expect(select('products?select=id&tags[contains]=new')).toContain('where t0.tags has $0:text')
  })

  test('that do not fit the type are refused with the operators that do', () => {
    expect(refused('orders?meta=1')).toMatchObject({
      code: 'unknown_operator',
      facts: { operators: ['null'] },
    })
    expect(refused('products?tags[gt]=x').facts['operators']).toEqual(['contains', 'null'])
    const capabilities = { maxParameters: 20, fullText: false, estimatedCount: true }
    expect(refused('orders?note[search]=x', { capabilities }).code).toBe('unknown_operator')
  })

  test('on unknown fields are refused with those there are, and the nearest', () => {
    expect(refused('labels?lable=x')).toMatchObject({
      code: 'unknown_field',
      facts: { parameter: 'lable', fields: ['id', 'label'], nearest: 'label' },
    })
  })
})

describe('order', () => {
  test('ends with the key, unless something unique stands in it', () => {
    expect(select('customers?select=id&order=-name')).toContain('order -t0.name, t0.id ')
    expect(select('customers?select=id&order=email,name')).toContain('order t0.email limit')
    expect(select('customers?select=id&order=-id,name')).toContain('order -t0.id limit')
  })

  test('has NULL as the largest value, or where it is asked to be', () => {
    expect(select('orders?select=id&order=note.nullsfirst,-created_at')).toContain(
      'order t0.note.nullsfirst, -t0.created_at, t0.id',
    )
    // Where NULL cannot be the usual place is the one that indexes have.
    expect(select('orders?select=id&order=total.nullsfirst')).toContain('order t0.total, t0.id')
  })

  test('of rows without a key is by all that can be ordered, and pages go by offset', () => {
    expect(select('order_totals?order=-total')).toContain('order -t0.total, t0.order_id limit')
    expect(plan('order_totals').page).toEqual({ kind: 'offset' })
  })

  test('finds a unique key where there is no primary one, but not one with NULL', () => {
    const keyed = (code: Parameters<typeof nullable>[0]) =>
      catalog([table('t', { columns: { a: text, code }, key: [], unique: [['code']] })])
    expect(select('t?order=a', { catalog: keyed(int8) })).toContain('order t0.a, t0.code limit')
    expect(plan('t', { catalog: keyed(int8) }).page.kind).toBe('keyset')
    expect(plan('t', { catalog: keyed(nullable(int8)) }).page.kind).toBe('offset')
  })

  test('by documents and lists is refused with the fields that have one', () => {
    expect(refused('products?order=tags')).toMatchObject({
      code: 'invalid_parameter',
      facts: { parameter: 'order', field: 'tags', fields: ['id', 'name', 'price'] },
    })
  })
})

describe('pages', () => {
  test('print usual sizes and bind others, so that those share one statement', () => {
    expect(select('labels?limit=50')).toContain('limit 51')
    expect(select('labels?limit=7')).toContain('limit $0:int8')
    expect(select('labels?limit=7')).toBe(select('labels?limit=8'))
    expect([bound('labels?limit=7'), plan('labels?limit=7').keep]).toEqual([['8'], 7])
    expect(select('labels', { options: { defaultLimit: 7 } })).toContain('limit 8')
  })

  test('of no rows ask for none', () => {
    expect(select('labels?limit=0')).toContain('limit 0')
    expect(plan('labels?limit=0').keep).toBe(0)
  })

  test('bind the offset, and go on by cursor behind it', () => {
    expect(select('labels?offset=3')).toContain('limit 101 offset $0:int8')
    expect(bound('labels?offset=3')).toEqual(['3'])
    expect(plan('labels?offset=3').page.kind).toBe('keyset')
  })

  test('behind a cursor begin with the row after it; NULL in it changes the condition, not the slots before', () => {
    const more = { cursorNulls: [false, true, false] }
    const path = 'orders?select=id&status=open&order=-created_at,note'
    expect(select(path, more)).toContain(
      'where (t0.status eq $0:enum and after(-t0.created_at $1:timestamptz, t0.note null, t0.id $2:int8)) ' +
        'order -t0.created_at, t0.note, t0.id',
    )
    expect(bound(path, more, ['2026-01-01 00:00:00+00', null, '9'])).toEqual([
      'open',
      '2026-01-01 00:00:00+00',
      '9',
    ])
  })

  test('have a signature that tells resource, order and version, and nothing of the filter', () => {
    const signature = (path: string) => {
      const { page } = plan(path)
      return page.kind === 'keyset' ? page.signature : page.kind
    }
    const same = [signature('orders'), signature('orders?status=open&limit=3'), signature('orders?order=id')]
    const others = [
      signature('orders?order=-id'),
      signature('orders?order=note'),
      signature('orders?order=note.nullsfirst'),
      signature('labels'),
    ]
    expect(new Set(same).size).toBe(1)
    expect(new Set([...same, ...others]).size).toBe(5)
  })

  test('without cursors refuse one', () => {
    expect(refused('order_totals', { cursorNulls: [false] }).code).toBe('invalid_cursor')
    expect(refused('orders', { cursorNulls: [false, false] }).code).toBe('invalid_cursor')
  })

  test('above the ceiling are refused, streams are not', () => {
    const options = { maxLimit: 500 }
    expect(refused('labels?limit=900', { options }).facts).toEqual({
      parameter: 'limit',
      limit: 500,
      actual: 900,
    })
    const stream = plan('labels?limit=900', { ...ndjson, options })
    expect([stream.page.kind, stream.keep]).toEqual(['stream', 900])
    expect(bound('labels?limit=900', { ...ndjson, options })).toEqual(['900'])
  })

  test('streams have no end, and rows without a key no order', () => {
    expect(select('labels', ndjson)).toBe('select labels t0: t0.id, t0.label order t0.id')
    expect(select('order_totals', ndjson)).toBe('select order_totals t0: t0.order_id, t0.total, t0.meta')
    expect(plan('labels?limit=10', ndjson).page.kind).toBe('keyset')
    expect(plan('labels', { headers: { accept: 'text/csv' } }).page.kind).toBe('stream')
  })

  test('are counted without limit, order and cursor', () => {
    const headers = { prefer: 'count=exact' }
    const { count } = plan('labels?label=x&limit=3&offset=2', { headers, cursorNulls: [false] })
    expect(count && show(count)).toBe('count select labels t0: t0.id, t0.label where t0.label eq $0:text')
    const capabilities = { maxParameters: 20, fullText: true, estimatedCount: false }
    expect(refused('labels', { headers: { prefer: 'count=estimated' }, capabilities }).code).toBe(
      'not_supported',
    )
  })
})

describe('aggregates', () => {
  test('group by the plain fields, ordered by what is selected and then by the group', () => {
    expect(select('orders?select=status,total.sum(),count()&order=-total_sum')).toBe(
      'select orders t0: t0.status, total_sum=sum(t0.total), count=count() group t0.status ' +
        'order -sum(t0.total), t0.status limit 101',
    )
    expect(select('orders?select=count()')).toContain('group all limit')
    expect(plan('orders?select=count()').page.kind).toBe('offset')
  })

  test.each([
    ['orders?select=count(),customer(id)'],
    ['orders?select=count(),*'],
    ['orders?select=meta,count()'],
    ['orders?select=status.sum()'],
    ['products?select=tags.max()'],
    ['orders?select=status,count()&order=total'],
    ['orders/1?select=count()'],
  ])('refuse %s', (path) => {
    expect(refused(path).code).toBe('invalid_parameter')
  })
})

describe('numbers', () => {
  test('are written as the request says, else as the configuration does', () => {
    expect(select('labels', { options: { decimals: 'native' } })).toContain('numbers native')
    const headers = { accept: 'application/json;numbers=string' }
    expect(select('labels', { headers, options: { decimals: 'native' } })).toContain('numbers string')
  })
})

describe('the policy', () => {
  const some = { authorize: only({ orders: ['id', 'status', 'customer_id'], customers: 'nothing' }) }

  test('opens fields to select, filter, order and aggregates alike', () => {
    expect(select('orders?select=*', some)).toContain('orders t0: t0.id, t0.customer_id, t0.status hidden')
    for (const path of [
      'orders?select=note',
      'orders?note=x',
      'orders?order=note',
      'orders?select=note.count()',
      'order_items?order.note=x',
    ])
      expect(refused(path, some)).toMatchObject({
        code: 'unknown_field',
        facts: { fields: ['id', 'customer_id', 'status'] },
      })
  })

  test('hides relations to what may not be read', () => {
    for (const path of ['orders?select=customer(id)', 'orders?customer.name=x'])
      expect(refused(path, some)).toMatchObject({
        code: 'unknown_relation',
        facts: { relations: ['order_items', 'items'] },
      })
  })

  test('puts no value into a cursor that may not be seen', () => {
    const { page, select: s } = plan('orders?order=status', { authorize: only({ orders: ['status'] }) })
    expect([page.kind, show(s)]).toEqual([
      'offset',
      'select orders t0: t0.status order t0.status, t0.id limit 101',
    ])
  })

  test('refuses what may not be read, and says what may be done', () => {
    expect(refused('orders', { authorize: only({ orders: 'nothing' }) })).toMatchObject({
      code: 'forbidden',
      facts: { allow: ['OPTIONS'] },
    })
  })
})
