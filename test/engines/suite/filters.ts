/** Filters in the query string: several, on related rows, and what a value can never become. */
import { describe, expect, it } from 'vitest'
import { body, column, e, type EngineContext, problem } from './context.ts'

export function filters(context: EngineContext): void {
  const { get } = context
  const ids = async (resource: string, query: string) =>
    column(await get(`/${resource}?select=id&order=id&${query}`))

  describe('filters', () => {
    it('are equality without an operator', async () => {
      expect(await ids('orders', 'status=open')).toEqual([2, 3])
      expect(await ids('orders', 'note=')).toEqual([4])
    })

    it('must all hold, also several on one field', async () => {
      expect(await ids('orders', 'status=open&total[lt]=100')).toEqual([2])
      expect(await ids('orders', 'total[gte]=20&total[lte]=45.5')).toEqual([1, 2])
      expect(await ids('orders', 'id=1&id=2')).toEqual([])
    })

    it('compare text with its case, and padded text without its padding', async () => {
      expect(await ids('orders', 'status=OPEN')).toEqual([])
      expect(await ids('customers', 'country=DE')).toEqual([1])
      expect(await ids('types', 'a_char=pad')).toEqual([1])
    })

    it.each([
      "'",
      "' OR '1'='1",
      "open'; DROP TABLE orders; --",
      '[gt]=5',
      'gt.5',
      'null',
      '*',
      '%',
      '$1',
      '\\',
      '{"gt":5}',
      'open,shipped',
      '"open"',
    ])('never take a value for more than a value: %s', async (value) => {
      expect(await ids('orders', `status=${e(value)}`)).toEqual([])
      expect(await ids('orders', `status[neq]=${e(value)}`)).toEqual([1, 2, 3, 4])
    })

    it('take a plus for a blank and an encoded plus for itself', async () => {
      await context.sql("DELETE FROM files; INSERT INTO files (path) VALUES ('a b'), ('a+b')")
      body(await get('/files?select=path&path=a+b'), '[{"path":"a b"}]')
      body(await get('/files?select=path&path=a%2Bb'), '[{"path":"a+b"}]')
    })

    it('take a timestamp whose plus nobody encoded', async () =>
      expect(await ids('customers', 'created_at=2026-01-01T10:00:00+02:00')).toEqual([1]))
  })

  describe('filters on related rows', () => {
    it('find rows by the one they refer to', async () => {
      expect(await ids('orders', 'customer.country=DE')).toEqual([1, 2])
      expect(await ids('orders', 'customer.name[starts]=G')).toEqual([3])
      expect(await ids('orders', 'billing_customer.id[gt]=1')).toEqual([2, 4])
    })

    it('find rows by those that refer to them', async () => {
      expect(await ids('orders', 'items.quantity[gte]=3')).toEqual([1, 3])
      expect(await ids('orders', 'order_items.quantity[gte]=3')).toEqual([1, 3])
      expect(await ids('customers', 'profiles.bio[contains]=Counts')).toEqual([1])
    })

    it('go over several relations', async () => {
      expect(await ids('orders', 'items.product.name=Cheese')).toEqual([2, 3])
      expect(await ids('orders', 'items.product.tags.label=new')).toEqual([1, 3])
      expect(await ids('orders', 'items.product.category.parent.name=Fresh')).toEqual([1, 3])
    })

    it('go across junctions, both ways', async () => {
      expect(await ids('products', 'tags.label=green')).toEqual([1])
      expect(await ids('tags', 'products.sku=B/2')).toEqual([2])
    })

    it('go up and down a tree', async () => {
      expect(await ids('categories', 'parent.name=Food')).toEqual([2])
      expect(await ids('categories', 'categories.name=Fruit')).toEqual([2])
    })

    it('take a hint where a name means several', async () => {
      expect(await ids('customers', 'orders!customer_id.status=open')).toEqual([1, 2])
      expect(await ids('customers', 'orders!billing_customer_id.status=open')).toEqual([2])
      expect(await ids('customers', 'customers!follower_id.name=Linus')).toEqual([1])
      expect(await ids('customers', 'customers!followee_id.name=Grace')).toEqual([1])
      expect(problem(await get('/customers?orders.status=open'), 'ambiguous_relation')).toMatchObject({
        parameter: 'orders.status',
        choices: ['orders!billing_customer_id', 'orders!customer_id'],
      })
    })

    it('are each for themselves: one row may meet the one, another the other', async () => {
      // Order 1 has ten apples for 0.50 and two loaves for 3.25; no line has ten of 3.25.
      expect(await ids('orders', 'items.quantity=10&items.price=3.25')).toEqual([1])
    })

    it('follow composite keys', async () =>
      body(
        await get('/order_items?select=order_id,line_no&shipments.carrier=Boat'),
        '[{"order_id":1,"line_no":1}]',
      ))

    it('refuse what is no relation, and list those that are', async () => {
      const refused = problem(await get('/orders?client.name=x'), 'unknown_relation')
      expect(refused['relations']).toEqual(
        expect.arrayContaining(['customer', 'billing_customer', 'order_items', 'items']),
      )
      problem(await get('/orders?status.name=x'), 'unknown_relation')
      problem(await get('/orders?customer=1'), 'unknown_field')
      problem(await get('/orders?customer.nome=x'), 'unknown_field')
    })

    it('refuse to nest deeper than the limit', async () => {
      const deep = `${'parent.'.repeat(6)}name=x`
      expect(problem(await get(`/categories?${deep}`), 'too_complex')).toMatchObject({ limit: 5, actual: 6 })
    })
  })
}
