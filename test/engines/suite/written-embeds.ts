/** Related rows in the answers of writes: as they are after the write, as the next read shows them. */
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Answer, RequestInit } from '../../support/gateway.ts'
import { body, e, type EngineContext, problem } from './context.ts'

export function writtenEmbeds(context: EngineContext): void {
  const { get, request } = context
  const csv = { accept: 'text/csv', 'content-type': 'application/json' }
  const family = 'select=id,parent(owner),accounts(order=id;id)'
  const order = `select=${e('line_no,quantity,order(items(order=line_no;line_no,quantity))')}`
  const clean =
    'UPDATE accounts SET parent_id = NULL; DELETE FROM accounts; DELETE FROM order_items WHERE order_id = 90; DELETE FROM orders WHERE id = 90'

  beforeEach(() =>
    context.sql(
      `${clean}; INSERT INTO accounts (id, owner) VALUES (1, 'Ada'); INSERT INTO accounts (id, owner, parent_id) VALUES (2, 'Bob', 1);` +
        "INSERT INTO orders (id, customer_id, status, placed_on, total) VALUES (90, 1, 'open', '2026-03-01', 1);" +
        'INSERT INTO order_items VALUES (90, 1, 1, 10, 0.50), (90, 2, 2, 2, 3.25)',
    ),
  )
  afterAll(() => context.sql(clean))

  /** Writes, and expects the row and its ETag to be what the next read of `path` gives. */
  async function reads(method: string, path: string, init: RequestInit, read = path): Promise<Answer> {
    const written = await request(method, path, init)
    const { accept = 'application/json' } = init.headers ?? {}
    const found = await get(read, { accept })
    expect(`${written.status} ${written.text}`).toBe(`${written.status} ${found.text}`)
    expect(written.headers['etag']).toBe(found.headers['etag'])
    return written
  }

  describe('embeds of a write', () => {
    it('are as they are after it: one new row', async () => {
      const made = await reads(
        'POST',
        `/accounts?${family}`,
        { body: { id: 3, owner: 'Eve', parent_id: 3 } },
        `/accounts/3?${family}`,
      )
      body(made, '{"id":3,"parent":{"owner":"Eve"},"accounts":[{"id":3}]}', 201)
      expect(made.headers['location']).toBe('/api/v1/accounts/3')
    })

    it('are as they are after it: a new row whose key the database makes', async () => {
      const made = await request('POST', '/accounts?select=id,parent(accounts(order=id;id))', {
        body: { owner: 'Eve', parent_id: 1 },
      })
      expect(made.json.parent.accounts).toEqual([{ id: 2 }, { id: made.json.id }])
    })

    it('are as they are after it: many new rows that belong to each other, in their order', async () => {
      const made = await request('POST', `/accounts?${family}`, {
        body: [
          { id: 61, owner: 'two', parent_id: null },
          { id: 60, owner: 'one', parent_id: 61 },
          { id: 62, owner: 'three', parent_id: 60 },
        ],
      })
      body(
        made,
        '[{"id":61,"parent":null,"accounts":[{"id":60}]},{"id":60,"parent":{"owner":"two"},"accounts":[{"id":62}]},' +
          '{"id":62,"parent":{"owner":"one"},"accounts":[]}]',
        201,
      )
    })

    it('are as they are after it: more new rows than go one by one', async () => {
      const rows = Array.from({ length: 300 }, (_, i) => ({
        owner: `n${i}`,
        id: 1000 - i,
        parent_id: i % 2 ? 1000 - i : 1,
      }))
      const made = await request('POST', '/accounts?select=owner,parent(owner)', { body: rows })
      expect(made.status, made.text).toBe(201)
      expect(made.json).toEqual(
        rows.map(({ owner }, i) => ({ owner, parent: { owner: i % 2 ? owner : 'Ada' } })),
      )
    })

    it('are as they are after it: PATCH of a row', async () => {
      const changed = await reads('PATCH', `/order_items/90,1?${order}`, { body: { quantity: 77 } })
      body(
        changed,
        '{"line_no":1,"quantity":77,"order":{"items":[{"line_no":1,"quantity":77},{"line_no":2,"quantity":2}]}}',
      )
    })

    it('are as they are after it: PATCH that changes the key', async () => {
      const changed = await reads(
        'PATCH',
        `/order_items/90,1?${order}`,
        { body: { line_no: 5 } },
        `/order_items/90,5?${order}`,
      )
      body(
        changed,
        '{"line_no":5,"quantity":10,"order":{"items":[{"line_no":2,"quantity":2},{"line_no":5,"quantity":10}]}}',
      )
    })

    it('are as they are after it: PATCH by filter', async () => {
      const path = `/order_items?order_id=90&${order}`
      const changed = await request('PATCH', path, { body: { quantity: 5 } })
      const items = '{"items":[{"line_no":1,"quantity":5},{"line_no":2,"quantity":5}]}'
      expect(changed.json.map((row: unknown) => JSON.stringify(row)).sort()).toEqual(
        [1, 2].map((n) => `{"line_no":${n},"quantity":5,"order":${items}}`),
      )
      body(await request('PATCH', `/order_items?order_id=91&${order}`, { body: { quantity: 5 } }), '[]')
    })

    it('are as they are after it: PUT that inserts, and PUT that replaces', async () => {
      const put = (parent: number) =>
        reads('PUT', `/accounts/4?${family}`, { body: { owner: 'Dan', parent_id: parent } })
      body(await put(4), '{"id":4,"parent":{"owner":"Dan"},"accounts":[{"id":4}]}', 201)
      body(await put(1), '{"id":4,"parent":{"owner":"Ada"},"accounts":[]}')
      expect((await get('/accounts/1?select=accounts(order=id;id)')).text).toBe(
        '{"accounts":[{"id":2},{"id":4}]}',
      )
    })

    it('are as they are after it: inside a batch', async () => {
      const answer = await request('POST', '/batch', {
        body: [
          { method: 'POST', path: `/accounts?${family}`, body: { id: 3, owner: 'Eve', parent_id: 3 } },
          { method: 'PATCH', path: `/accounts/3?${family}`, body: { parent_id: 1 } },
          { method: 'PUT', path: `/accounts/2?${family}`, body: { owner: 'Bob', parent_id: 2 } },
          { method: 'GET', path: `/accounts/2?${family}` },
        ],
      })
      expect(answer.status, answer.text).toBe(200)
      const [made, changed, put, found] = answer.json
      expect(made.body).toEqual({ id: 3, parent: { owner: 'Eve' }, accounts: [{ id: 3 }] })
      expect(changed.body).toEqual({ id: 3, parent: { owner: 'Ada' }, accounts: [] })
      expect(put.body).toEqual({ id: 2, parent: { owner: 'Bob' }, accounts: [{ id: 2 }] })
      expect(found.body).toEqual(put.body)
      expect(found.headers.etag).toBe(put.headers.etag)
    })

    it('are as they are after it: CSV and NDJSON', async () => {
      await reads('PATCH', `/order_items/90,1?${order}`, { body: { quantity: 8 }, headers: csv })
      const lines = await request('PATCH', `/order_items?order_id=90&line_no=2&${order}`, {
        body: { quantity: 9 },
        headers: { accept: 'application/x-ndjson' },
      })
      expect(`${lines.status} ${lines.text}`).toBe(
        '200 {"line_no":2,"quantity":9,"order":{"items":[{"line_no":1,"quantity":8},{"line_no":2,"quantity":9}]}}\n',
      )
    })

    it('stay away when a condition is not met, or too many rows would change', async () => {
      const patch = (path: string, headers: Record<string, string>) =>
        request('PATCH', path, { body: { quantity: 1 }, headers })
      const one = `/order_items/90,1?${order}`
      problem(await patch(one, { 'if-match': '"0"' }), 'precondition_failed')
      problem(await patch(`/order_items/90,9?${order}`, {}), 'row_not_found')
      problem(
        await patch(`/order_items?order_id=90&${order}`, { prefer: 'max-affected=1' }),
        'max_affected_exceeded',
      )
      body(
        await get(one),
        '{"line_no":1,"quantity":10,"order":{"items":[{"line_no":1,"quantity":10},{"line_no":2,"quantity":2}]}}',
      )
      const etag = (await get(one)).headers['etag'] ?? ''
      expect((await patch(one, { 'if-match': etag })).json.order.items[0].quantity).toBe(1)
      expect((await patch(`/order_items?order_id=90&${order}`, { prefer: 'max-affected=2' })).status).toBe(
        200,
      )
    })
  })
}
