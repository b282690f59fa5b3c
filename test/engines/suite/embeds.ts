/** Related rows inside rows: every kind of relation, both directions, with options of their own. */
import { describe, expect, it } from 'vitest'
import { body, e, type EngineContext, filter, problem } from './context.ts'

export function embeds(context: EngineContext): void {
  const { get } = context

  /** Asks with this select, as written, and expects these bytes. */
  const shows = (path: string, select: string, text: string) => async () =>
    body(await get(`${path}${path.includes('?') ? '&' : '?'}select=${e(select)}`), text)

  describe('embeds', () => {
    it(
      'show the row a key refers to, or null',
      shows(
        '/orders',
        'id,billing_customer(name)',
        '[{"id":1,"billing_customer":{"name":"Ada"}},{"id":2,"billing_customer":{"name":"Grace"}},' +
          '{"id":3,"billing_customer":null},{"id":4,"billing_customer":{"name":"Linus"}}]',
      ),
    )

    it(
      'show the rows that refer to it, or an empty array, by their own key',
      shows(
        '/orders',
        'id,order_items(line_no,quantity)',
        '[{"id":1,"order_items":[{"line_no":1,"quantity":10},{"line_no":2,"quantity":2}]},' +
          '{"id":2,"order_items":[{"line_no":1,"quantity":1}]},' +
          '{"id":3,"order_items":[{"line_no":1,"quantity":3},{"line_no":2,"quantity":2}]},{"id":4,"order_items":[]}]',
      ),
    )

    it(
      'are also named by what their table adds to the name of this one',
      shows('/orders/2', 'items(line_no)', '{"items":[{"line_no":1}]}'),
    )

    it(
      'show all fields where none is named',
      shows(
        '/order_items/2,1',
        'line_no,product()',
        '{"line_no":1,"product":{"id":3,"sku":"C,3","name":"Cheese","price":"12.00","category_id":2}}',
      ),
    )

    it(
      'show all fields and more with a star',
      shows(
        '/tags/1',
        '*,products(*,category(*))',
        '{"id":1,"label":"green","products":[{"id":1,"sku":"A-1","name":"Apple","price":"0.50","category_id":3,' +
          '"category":{"id":3,"name":"Fruit","parent_id":2}}]}',
      ),
    )

    it(
      'are a single row where the referring key is unique',
      shows(
        '/customers?id[in]=1,2',
        'id,profiles(bio)',
        '[{"id":1,"profiles":{"bio":"Counts."}},{"id":2,"profiles":null}]',
      ),
    )

    it('go across a junction, from both sides', async () => {
      body(
        await get('/products?select=id,tags(label)'),
        '[{"id":1,"tags":[{"label":"green"},{"label":"new"}]},{"id":2,"tags":[{"label":"new"}]},{"id":3,"tags":[]},{"id":4,"tags":[]}]',
      )
      body(
        await get('/tags?select=label,products(sku)'),
        '[{"label":"green","products":[{"sku":"A-1"}]},{"label":"new","products":[{"sku":"A-1"},{"sku":"B/2"}]},{"label":"unused","products":[]}]',
      )
    })

    it(
      'show the junction itself, too',
      shows(
        '/products/1',
        'product_tags(tag_id,tag(label))',
        '{"product_tags":[{"tag_id":1,"tag":{"label":"green"}},{"tag_id":2,"tag":{"label":"new"}}]}',
      ),
    )

    it(
      'go up and down a tree',
      shows(
        '/categories/2',
        'name,parent(name),categories(name)',
        '{"name":"Fresh","parent":{"name":"Food"},"categories":[{"name":"Fruit"}]}',
      ),
    )

    it('follow composite keys, both ways', async () => {
      body(
        await get('/order_items/1,1?select=shipments(carrier)'),
        '{"shipments":[{"carrier":"Mule"},{"carrier":"Boat"}]}',
      )
      body(
        await get('/shipments?select=id,order_items(quantity)&id[gte]=2'),
        '[{"id":2,"order_items":{"quantity":10}},{"id":3,"order_items":null}]',
      )
    })

    it(
      'nest',
      shows(
        '/customers/1',
        'name,orders!customer_id(id,items(quantity,product(name,tags(label))))',
        '{"name":"Ada","orders":[{"id":1,"items":[' +
          '{"quantity":10,"product":{"name":"Apple","tags":[{"label":"green"},{"label":"new"}]}},' +
          '{"quantity":2,"product":{"name":"Bread","tags":[{"label":"new"}]}}]},' +
          '{"id":2,"items":[{"quantity":1,"product":{"name":"Cheese","tags":[]}}]}]}',
      ),
    )

    it(
      'take another name, so that one relation may stand twice',
      shows(
        '/orders/1',
        'first:items(limit=1;line_no),last:items(order=-line_no;limit=1;line_no),payer:billing_customer(id)',
        '{"first":[{"line_no":1}],"last":[{"line_no":2}],"payer":{"id":1}}',
      ),
    )

    it('take a hint where a name means several relations', async () => {
      body(
        await get('/customers/2?select=made:orders!customer_id(id),paid:orders!billing_customer_id(id)'),
        '{"made":[{"id":3}],"paid":[{"id":2}]}',
      )
      body(
        await get(
          '/customers/1?select=follows:customers!follower_id(id),followers:customers!followee_id(id)',
        ),
        '{"follows":[{"id":2},{"id":3}],"followers":[{"id":2}]}',
      )
      const refused = problem(await get('/customers?select=orders(id)'), 'ambiguous_relation')
      expect(refused).toMatchObject({ choices: ['orders!billing_customer_id', 'orders!customer_id'] })
      const junction = problem(await get('/customers?select=customers(id)'), 'ambiguous_relation')
      expect(junction).toMatchObject({ choices: ['customers!followee_id', 'customers!follower_id'] })
      problem(await get('/customers?select=orders!nothing(id)'), 'unknown_relation')
    })

    it(
      'take a hint where it is not needed',
      shows('/orders/1', 'customer!customer_id(id)', '{"customer":{"id":1}}'),
    )
  })

  describe('options of embeds', () => {
    it('order, cut and skip', async () => {
      body(
        await get('/orders/1?select=items(order=-quantity;limit=1;quantity)'),
        '{"items":[{"quantity":10}]}',
      )
      body(
        await get('/orders/1?select=items(order=-quantity;offset=1;quantity)'),
        '{"items":[{"quantity":2}]}',
      )
      body(await get('/orders/1?select=items(limit=0;quantity)'), '{"items":[]}')
      body(
        await get('/orders/1?select=items(order=price,-line_no;line_no)'),
        '{"items":[{"line_no":1},{"line_no":2}]}',
      )
    })

    it('filter, flat and as JSON, on related rows too', async () => {
      body(await get('/orders/1?select=items(quantity[gt]=5;line_no)'), '{"items":[{"line_no":1}]}')
      body(await get('/orders/1?select=items(product.name=Bread;line_no)'), '{"items":[{"line_no":2}]}')
      const json = e('items(filter={"or":[{"quantity":2},{"product":{"name":"none"}}]};line_no)')
      body(await get(`/orders/1?select=${json}`), '{"items":[{"line_no":2}]}')
      body(
        await get('/order_items/1,2?select=line_no,product(price[gt]=100;name)'),
        '{"line_no":2,"product":null}',
      )
    })

    it(
      'place rows without a value where the order says',
      shows(
        '/customers/1',
        'last:customers!follower_id(order=-credit.nullslast;id),first:customers!follower_id(order=-credit;id)',
        '{"last":[{"id":3},{"id":2}],"first":[{"id":2},{"id":3}]}',
      ),
    )

    it(
      'filter lists in lists by related rows',
      shows(
        '/customers/1',
        'orders!customer_id(id,items(product.name=Apple;line_no))',
        '{"orders":[{"id":1,"items":[{"line_no":1}]},{"id":2,"items":[]}]}',
      ),
    )

    it('take quoted values with the punctuation of select', async () => {
      const select = e('tags(id),category(id),order_items(product.sku="C,3";order_id)')
      body(
        await get(`/products/3?select=${select}`),
        '{"tags":[],"category":{"id":2},"order_items":[{"order_id":2},{"order_id":3}]}',
      )
    })

    it('do not touch which outer rows there are', async () =>
      body(
        await get('/orders?select=id,items(quantity[gt]=5;line_no)&id[lte]=2'),
        '[{"id":1,"items":[{"line_no":1}]},{"id":2,"items":[]}]',
      ))

    it('work at every depth and next to a filter by the same relation', async () => {
      const select = e('id,items(order=-line_no;limit=1;line_no,product(tags(order=-label;label)))')
      body(
        await get(`/orders?select=${select}&items.quantity=10&${filter({ customer: { name: 'Ada' } })}`),
        '[{"id":1,"items":[{"line_no":2,"product":{"tags":[{"label":"new"}]}}]}]',
      )
    })

    it.each([
      ['items(select=id;line_no)', 'unknown_parameter'],
      ['items(after=x;line_no)', 'unknown_parameter'],
      ['items(limit=x)', 'invalid_parameter'],
      ['items(limit=1;limit=2)', 'invalid_parameter'],
      ['items(line_no;limit=1)', 'invalid_parameter'],
      ['items(nothing=1)', 'unknown_field'],
      ['items(order=nothing)', 'unknown_field'],
      ['items(nothing)', 'unknown_field'],
      ['items(quantity[is]=1)', 'unknown_operator'],
      ['items(quantity=x)', 'invalid_parameter'],
      ['customer(limit=1;id)', 'invalid_parameter'],
      ['customer(order=id;id)', 'invalid_parameter'],
      ['items(limit=1001;line_no)', 'invalid_parameter'],
      ['nothing(id)', 'unknown_relation'],
      ['status(id)', 'unknown_relation'],
      ['customer', 'unknown_field'],
      ['items(line_no', 'invalid_parameter'],
      ['items line_no)', 'invalid_parameter'],
      ['id,id:customer(name)', 'invalid_parameter'],
      ['items(id:line_no)', 'invalid_parameter'],
      ['id,', 'invalid_parameter'],
      ['', 'invalid_parameter'],
      ['items(line_no),items(quantity)', 'invalid_parameter'],
      ['id:customer(name),id', 'invalid_parameter'],
    ] as const)(
      'refuse select=%s',
      async (select, code) => void problem(await get(`/orders?select=${e(select)}`), code),
    )

    it('refuse to nest deeper or to be more than the limits', async () => {
      const deep = `${'parent('.repeat(6)}id${')'.repeat(6)}`
      expect(problem(await get(`/categories?select=${deep}`), 'too_complex')).toMatchObject({
        limit: 5,
        actual: 6,
      })
      const many = Array.from({ length: 21 }, (_, i) => `a${i}:customer(id)`).join(',')
      expect(problem(await get(`/orders?select=${many}`), 'too_complex')).toMatchObject({
        limit: 20,
        actual: 21,
      })
    })
  })
}
