/** Aggregates, and groups by the plain fields beside them. */
import { describe, expect, it } from 'vitest'
import { body, type EngineContext, nextPage, problem, walk } from './context.ts'

export function aggregates(context: EngineContext): void {
  const { get } = context

  describe('aggregates', () => {
    it('are one row over all', async () =>
      body(
        await get('/orders?select=count(),total.sum(),total.min(),total.max(),billing_customer_id.count()'),
        '[{"count":4,"total_sum":"265.49","total_min":"0.00","total_max":"199.99","billing_customer_id_count":3}]',
      ))

    it('are grouped by the plain fields, in their order', async () =>
      body(
        await get('/orders?select=status,total.sum(),count()&order=status'),
        '[{"status":"cancelled","total_sum":"0.00","count":1},{"status":"open","total_sum":"219.99","count":2},' +
          '{"status":"shipped","total_sum":"45.50","count":1}]',
      ))

    it('put NULL into a group of its own, the largest', async () =>
      body(
        await get('/orders?select=billing_customer_id,count()&order=-billing_customer_id'),
        '[{"billing_customer_id":null,"count":1},{"billing_customer_id":3,"count":1},' +
          '{"billing_customer_id":2,"count":1},{"billing_customer_id":1,"count":1}]',
      ))

    it('may be ordered by', async () => {
      body(
        await get('/orders?select=status,count()&order=-count,status'),
        '[{"status":"open","count":2},{"status":"cancelled","count":1},{"status":"shipped","count":1}]',
      )
      body(
        await get('/orders?select=status,total.sum()&order=total_sum&limit=1'),
        '[{"status":"cancelled","total_sum":"0.00"}]',
      )
    })

    it('stand in embeds, grouped there', async () => {
      body(
        await get('/orders/1?select=id,items(quantity.sum(),count())'),
        '{"id":1,"items":[{"quantity_sum":12,"count":2}]}',
      )
      body(
        await get('/customers/1?select=orders!customer_id(order=status;status,total.sum())'),
        '{"orders":[{"status":"open","total_sum":"20.00"},{"status":"shipped","total_sum":"45.50"}]}',
      )
    })

    it('are taken over the rows the filter leaves', async () => {
      body(await get('/orders?select=count()&status=open'), '[{"count":2}]')
      body(await get('/order_items?select=quantity.sum()&product.name=Apple'), '[{"quantity_sum":13}]')
    })

    it('are null, and the count 0, over nothing', async () =>
      body(
        await get('/orders?select=count(),total.sum(),total.avg(),id.max()&id=99'),
        '[{"count":0,"total_sum":null,"total_avg":null,"id_max":null}]',
      ))

    it('keep every digit of a sum, and give an average as a float', async () => {
      body(await get('/types?select=a_bigint.sum()'), '[{"a_bigint_sum":-1}]')
      body(
        await get('/types?select=a_decimal.sum()&id=1'),
        '[{"a_decimal_sum":"12345678901234567890.0123456789"}]',
      )
      body(await get('/order_items?select=quantity.avg()&order_id=3'), '[{"quantity_avg":2.5}]')
      body(await get('/orders?select=total.avg()&status=open'), '[{"total_avg":109.995}]')
    })

    it('of dates and texts are the first and the last', async () =>
      body(
        await get('/orders?select=placed_on.min(),placed_on.max(),status.max()'),
        '[{"placed_on_min":"2026-02-01","placed_on_max":"2026-02-04","status_max":"shipped"}]',
      ))

    it('write numbers as the client wants them', async () => {
      const sum = 'select=total.sum(),count()'
      const text = await get(`/orders?${sum}`, { accept: 'application/json; numbers=string' })
      expect(text.text).toBe('[{"total_sum":"265.49","count":"4"}]')
      const bare = await get(`/orders?${sum}`, { accept: 'application/json; numbers=native' })
      expect(bare.text).toBe('[{"total_sum":265.49,"count":4}]')
    })

    it('are paged by their groups', async () => {
      const first = await get('/scores?select=grp,count()&order=grp&limit=2')
      body(first, '[{"grp":0,"count":12},{"grp":1,"count":12}]')
      expect(nextPage(first)).toBe('/scores?select=grp,count()&order=grp&limit=2&offset=2')
      const all = await walk(context, '/scores?select=grp,count()&order=grp&limit=2')
      expect(all.map((row) => row['grp'])).toEqual([0, 1, 2, 3, null])
    })

    it('are paged by their groups without an order, too', async () => {
      const all = await walk(context, '/scores?select=grp,label,count()&limit=3')
      expect(new Set(all.map((row) => JSON.stringify([row['grp'], row['label']]))).size).toBe(all.length)
      expect(all.reduce((sum, row) => sum + (row['count'] as number), 0)).toBe(60)
    })

    it('group without counting anything where a group is all there is', async () =>
      body(
        await get('/events?select=kind,count()&order=kind'),
        '[{"kind":"start","count":2},{"kind":"stop","count":1}]',
      ))

    it.each([
      ['/orders?select=sum()', 'invalid_parameter'],
      ['/orders?select=total.total()', 'invalid_parameter'],
      ['/orders?select=status.sum()', 'invalid_parameter'],
      ['/orders?select=nothing.sum()', 'unknown_field'],
      ['/types?select=a_boolean.max()', 'invalid_parameter'],
      ['/types?select=a_json.min()', 'invalid_parameter'],
      ['/orders?select=count(),customer(name)', 'invalid_parameter'],
      ['/orders?select=status,count()&order=id', 'invalid_parameter'],
      ['/orders?select=count(),count()', 'invalid_parameter'],
      ['/orders?select=total.sum', 'invalid_parameter'],
    ] as const)('refuse %s', async (path, code) => void problem(await get(path), code))
  })
}
