/** The filter language as JSON: and, or, not, several operators, related rows. */
import { describe, expect, it } from 'vitest'
import { column, type EngineContext, filter, problem } from './context.ts'

export function jsonFilters(context: EngineContext): void {
  const { get } = context
  const ids = async (resource: string, value: unknown, more = '') =>
    column(await get(`/${resource}?select=id&order=id&${filter(value)}${more}`))

  describe('filters as JSON', () => {
    it.each([
      [{}, [1, 2, 3, 4]],
      [{ status: 'open' }, [2, 3]],
      [{ status: 'open', total: 20 }, [2]],
      [{ status: 'open', total: '20.00' }, [2]],
      [{ total: { gte: 20, lt: 100 } }, [1, 2]],
      [{ or: [{ status: 'shipped' }, { total: { gt: 100 } }] }, [1, 3]],
      [{ and: [{ status: 'open' }, { total: { gt: 100 } }] }, [3]],
      [{ not: { status: 'open' } }, [1, 4]],
      [{ not: { not: { status: 'open' } } }, [2, 3]],
      [{ or: [{ and: [{ id: 1 }, { status: 'shipped' }] }, { not: { id: { in: [1, 2, 3] } } }] }, [1, 4]],
      [{ not: { or: [{ status: 'open' }, { status: 'shipped' }] } }, [4]],
      [{ note: null }, [1, 3]],
      [{ note: { eq: null } }, [1, 3]],
      [{ note: { neq: null } }, [2, 4]],
      [{ note: { null: false } }, [2, 4]],
      [{ billing_customer_id: { in: [1, 3] } }, [1, 4]],
      [{ billing_customer_id: { nin: [1, 3] } }, [2]],
      [{ not: { billing_customer_id: { in: [1, 3] } } }, [2]],
      [{ placed_on: { between: ['2026-02-02', '2026-02-03'] } }, [2, 3]],
      [{ or: [{ billing_customer_id: 1 }, { billing_customer_id: null }] }, [1, 3]],
    ])('%j finds %j', async (value, expected) => expect(await ids('orders', value)).toEqual(expected))

    it('are ANDed with the flat ones', async () =>
      expect(await ids('orders', { or: [{ id: 1 }, { id: 2 }] }, '&status=open')).toEqual([2]))

    it('ask of one and the same related row where they stand in one object', async () => {
      expect(await ids('orders', { items: { quantity: 10, price: 3.25 } })).toEqual([])
      expect(await ids('orders', { items: { quantity: 10, price: 0.5 } })).toEqual([1])
      expect(await ids('orders', { and: [{ items: { quantity: 10 } }, { items: { price: 3.25 } }] })).toEqual(
        [1],
      )
    })

    it('ask whether there is a related row at all', async () => {
      expect(await ids('orders', { items: {} })).toEqual([1, 2, 3])
      expect(await ids('orders', { not: { items: {} } })).toEqual([4])
      expect(await ids('products', { tags: {} })).toEqual([1, 2])
      expect(await ids('orders', { billing_customer: {} })).toEqual([1, 2, 4])
    })

    it('nest relations, logic and dotted paths', async () => {
      expect(
        await ids('orders', {
          items: { product: { or: [{ name: 'Cheese' }, { tags: { label: 'green' } }] } },
        }),
      ).toEqual([1, 2, 3])
      expect(await ids('orders', { items: { not: { product: { name: 'Cheese' } } } })).toEqual([1, 3])
      expect(await ids('orders', { 'items.product.name': { starts: 'Ch' } })).toEqual([2, 3])
      expect(await ids('customers', { 'orders!billing_customer_id': { status: 'open' } })).toEqual([2])
    })

    it.each([
      '',
      '{',
      'null',
      '[]',
      '"x"',
      '{"or":[]}',
      '{"or":{}}',
      '{"and":[{}]}',
      '{"not":{}}',
      '{"not":[]}',
      '{"id":[1]}',
      '{"id":{"in":1}}',
      '{"id":{"in":[1,null]}}',
      '{"id":{"gt":null}}',
      '{"id":{"between":[1]}}',
      '{"id":{"null":"true"}}',
      '{"id":{"eq":{}}}',
      '{"id":1e400}',
      '{"":1}',
      '{"note":"\\u0000"}',
    ])('refuse the form %s', async (text) => {
      expect(problem(await get(`/orders?${filter(text)}`), 'invalid_parameter').detail).toContain('filter')
    })

    it('refuse what is neither operator, relation nor field', async () => {
      problem(await get(`/orders?${filter({ id: { is: 1 } })}`), 'unknown_relation')
      problem(await get(`/orders?${filter({ id: { eq: 1, is: 1 } })}`), 'unknown_operator')
      problem(await get(`/orders?${filter({ nothing: 1 })}`), 'unknown_field')
      problem(await get(`/orders?${filter({ or: [{ items: { nothing: 1 } }] })}`), 'unknown_field')
    })

    it('refuse to be deeper, wider or longer than the limits', async () => {
      const deep = `${'{"not":'.repeat(70)}{"id":1}${'}'.repeat(70)}`
      problem(await get(`/orders?${filter(deep)}`), 'too_complex')
      const wide = { or: Array.from({ length: 101 }, (_, id) => ({ id })) }
      expect(problem(await get(`/orders?${filter(wide)}`), 'too_complex')).toMatchObject({
        limit: 100,
        actual: 101,
      })
      const nested = { parent: { parent: { parent: { parent: { parent: { parent: { id: 1 } } } } } } }
      problem(await get(`/categories?${filter(nested)}`), 'too_complex')
    })
  })
}
