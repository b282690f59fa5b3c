/** Rows as an array, one row by its key, HEAD and OPTIONS. */
import { describe, expect, it } from 'vitest'
import { body, type EngineContext, nextPage, problem } from './context.ts'

export function rows(context: EngineContext): void {
  const { get, request } = context

  describe('rows', () => {
    it('are a bare array in the order of their key', async () =>
      body(
        await get('/countries'),
        '[{"code":"AT","name":"Austria"},{"code":"CH","name":"Switzerland"},{"code":"DE","name":"Germany"}]',
      ))

    it('have all fields of their table, in its order', async () =>
      body(
        await get('/orders?limit=2'),
        '[{"id":1,"customer_id":1,"billing_customer_id":1,"status":"shipped","placed_on":"2026-02-01","total":"45.50","note":null},' +
          '{"id":2,"customer_id":1,"billing_customer_id":2,"status":"open","placed_on":"2026-02-02","total":"20.00","note":"gift"}]',
      ))

    it('come from tables without a key, alike ones too', async () => {
      const answer = await get('/events?order=kind')
      body(answer, '[{"kind":"start","level":1},{"kind":"start","level":1},{"kind":"stop","level":null}]')
      expect(nextPage(answer)).toBeUndefined()
    })

    it('come from views', async () =>
      body(
        await get('/order_totals?order=order_id&limit=2'),
        '[{"order_id":1,"customer":"Ada","items":2},{"order_id":2,"customer":"Ada","items":1}]',
      ))

    it('come from materialised views', async ({ skip }) => {
      if (!context.capabilities.materializedViews) skip(`${context.name} has no materialised views`)
      body(
        await get('/product_sales?order=product_id'),
        '[{"product_id":1,"sold":13},{"product_id":2,"sold":2},{"product_id":3,"sold":3}]',
      )
    })

    it('have only the fields that select names, in the order it names them', async () =>
      body(await get('/products/2?select=price,id,name'), '{"price":"3.25","id":2,"name":"Bread"}'))

    it('have all fields where select names the star', async () =>
      body(await get('/tags/1?select=*'), '{"id":1,"label":"green"}'))

    it('give a field that is named twice once, where it was named first', async () => {
      body(await get('/products/2?select=name,id,name'), '{"name":"Bread","id":2}')
      body(await get('/tags/1?select=label,*'), '{"label":"green","id":1}')
      body(await get('/tags/1?select=*,id'), '{"id":1,"label":"green"}')
      body(
        await get('/orders/2?select=id,customer(name,name,*)&customer.id[gt]=0'),
        (await get('/orders/2?select=id,customer(name,*)')).text,
      )
      expect((await get('/orders?select=status,count(),status&order=status')).text).toBe(
        (await get('/orders?select=status,count()&order=status')).text,
      )
      for (const select of ['id,id:customer(name)', 'customer(name),customer(id)', 'count(),count()'])
        problem(await get(`/orders?select=${select}`), 'invalid_parameter')
    })

    it('are cut by limit and skipped by offset', async () =>
      body(await get('/tags?select=id&limit=1&offset=1'), '[{"id":2}]'))

    it('are none with limit 0, and none beyond the end', async () => {
      const none = await get('/tags?limit=0')
      body(none, '[]')
      expect(nextPage(none)).toBeUndefined()
      body(await get('/tags?offset=1000000000000'), '[]')
    })

    it('refuse a limit above the ceiling, and name it', async () => {
      const refused = problem(await get('/tags?limit=1001'), 'invalid_parameter')
      expect(refused).toMatchObject({ parameter: 'limit', limit: 1000, actual: 1001 })
    })

    it.each(['limit=-1', 'limit=1.5', 'limit=', 'limit=ten', 'offset=-1', 'offset=1e3', 'limit=1&limit=2'])(
      'refuse %s',
      async (query) => void problem(await get(`/tags?${query}`), 'invalid_parameter'),
    )
  })

  describe('one row', () => {
    it('is found by a number', async () => body(await get('/tags/3'), '{"id":3,"label":"unused"}'))

    it('is found by a text, padding aside', async () =>
      body(await get('/countries/DE'), '{"code":"DE","name":"Germany"}'))

    it('is found by the parts of a composite key, in key order', async () =>
      body(
        await get('/order_items/1,2'),
        '{"order_id":1,"line_no":2,"product_id":2,"quantity":2,"price":"3.25"}',
      ))

    it('is found by a uuid, in any case', async () => {
      await context.sql(`DELETE FROM tokens`)
      await context.sql(`INSERT INTO tokens VALUES ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'one')`)
      const text = '{"id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","name":"one"}'
      body(await get('/tokens/a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), text)
      const capitals = await get('/tokens/A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11')
      if (context.capabilities.uuids) body(capitals, text)
      else problem(capitals, 'row_not_found')
    })

    it.each([
      ['a slash and a question mark', 'a%2Fb%3Fc', '{"key?":"a/b?c","weird_id":1}'],
      ['a percent sign and a comma', '50%25%2Cx', '{"key?":"50%,x","weird_id":2}'],
      ['only dots', '%2E%2E', '{"key?":"..","weird_id":null}'],
    ])('is found by a key with %s, percent-encoded', async (_, key, text) =>
      body(await get(`/%C3%9Cn%C3%AFcode%2Fslash/${key}`), text),
    )

    it('is found by a key with a plus, which in a path is itself', async () => {
      await context.sql("DELETE FROM files; INSERT INTO files (path) VALUES ('a+b'), (' a')")
      body(await get('/files/a+b?select=path'), '{"path":"a+b"}')
      body(await get('/files/%20a?select=path'), '{"path":" a"}')
    })

    it('is missing when no row has the key', async () => void problem(await get('/tags/99'), 'row_not_found'))

    it.each(['/tags/1,2', '/order_items/1', '/order_items/1,2,3', '/order_items/1,'])(
      'needs as many parts as the key has: %s',
      async (path) => void problem(await get(path), 'invalid_parameter'),
    )

    it.each([
      '/tags/x',
      '/tags/99999999999',
      '/tags/1.5',
      ...(context.capabilities.uuids ? ['/tokens/no-uuid'] : []),
    ])(
      'needs a key of the right type: %s',
      async (path) => void problem(await get(path), 'invalid_parameter'),
    )

    it('cannot be asked for where there is no key', async () =>
      void problem(await get('/events/1'), 'not_found'))

    it('may have to meet a condition as well', async () => {
      body(await get('/orders/2?status=open&select=id'), '{"id":2}')
      problem(await get('/orders/1?status=open&select=id'), 'row_not_found')
    })

    it.each(['limit=1', 'offset=0', 'order=id', 'after=x'])('takes no %s', async (query) => {
      const refused = problem(await get(`/tags/1?${query}`), 'unknown_parameter')
      expect(refused).toMatchObject({ parameters: ['select', 'filter'] })
    })
  })

  describe('HEAD', () => {
    it.each(['/tags', '/tags/1', '/tags?limit=1&offset=1', '/rpc/add_numbers?a=1&b=2', '', '/openapi.json'])(
      'of "%s" has the headers of GET and no body',
      async (path) => {
        const [head, whole] = [await request('HEAD', path), await get(path)]
        expect(head.status).toBe(200)
        expect(head.bytes.length).toBe(0)
        const same = ['content-type', 'content-length', 'etag', 'link', 'cache-control']
        for (const name of same)
          expect(`${name}: ${head.headers[name]}`).toBe(`${name}: ${whole.headers[name]}`)
        expect(whole.headers['content-length']).toBe(String(whole.bytes.length))
      },
    )

    it('of a missing row is 404', async () => expect((await request('HEAD', '/tags/99')).status).toBe(404))
  })

  describe('OPTIONS', () => {
    it.each([
      ['', 'GET, HEAD, OPTIONS'],
      ['/openapi.json', 'GET, HEAD, OPTIONS'],
      ['/batch', 'POST, OPTIONS'],
      ['/tags', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS'],
      ['/tags/1', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
      ['/order_totals', 'GET, HEAD, OPTIONS'],
      ['/ledger_of_ada', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS'],
      ['/rpc/add_numbers', 'GET, HEAD, POST, OPTIONS'],
      ['/rpc/add_file', 'POST, OPTIONS'],
    ])('of "%s" allows %s', async (path, allow) => {
      const answer = await request('OPTIONS', path)
      expect(answer.status).toBe(204)
      expect(answer.headers['allow']).toBe(allow)
    })

    it('of what is not there is 404', async () => {
      problem(await request('OPTIONS', '/nothing'), 'unknown_resource')
      problem(await request('OPTIONS', '/rpc/nothing'), 'unknown_resource')
    })
  })
}
