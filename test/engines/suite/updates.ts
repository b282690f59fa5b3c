/** PATCH by key and by filter, and its bounds. */
import { beforeEach, describe, expect, it } from 'vitest'
import { body, type EngineContext, filter, problem } from './context.ts'

export function updates(context: EngineContext): void {
  const { get, request } = context
  const patch = (path: string, content: unknown, headers: Record<string, string> = {}) =>
    request('PATCH', path, { body: content, headers })
  const sizes = async () => (await get('/files?order=path')).text

  beforeEach(() =>
    context.sql(
      "DELETE FROM files; INSERT INTO files VALUES ('a', 1), ('b', 2), ('c', 3); DELETE FROM accounts; INSERT INTO accounts (id, owner, age) VALUES (1, 'Ada', 3)",
    ),
  )
  const before = '[{"path":"a","size":1},{"path":"b","size":2},{"path":"c","size":3}]'

  describe('PATCH of a row', () => {
    it('changes the fields it names and answers the row', async () => {
      body(await patch('/files/a', { size: 10 }), '{"path":"a","size":10}')
      body(
        await patch('/accounts/1?select=id,owner,age,doubled', { age: 5 }),
        '{"id":1,"owner":"Ada","age":5,"doubled":10}',
      )
    })

    it('sets NULL where it says null', async () =>
      body(await patch('/accounts/1?select=age,doubled', { age: null }), '{"age":null,"doubled":null}'))

    it('may change the key', async () => {
      body(await patch('/files/a', { path: 'z' }), '{"path":"z","size":1}')
      problem(await get('/files/a'), 'row_not_found')
    })

    it('answers nothing with return=minimal', async () => {
      const answer = await patch('/files/a', { size: 9 }, { prefer: 'return=minimal' })
      expect(`${answer.status} ${answer.text}`).toBe('204 ')
      expect(answer.headers['preference-applied']).toBe('return=minimal')
    })

    it('may have to meet a condition as well', async () => {
      body(await patch('/files/a?size=1', { size: 4 }), '{"path":"a","size":4}')
      problem(await patch('/files/a?size=1', { size: 5 }), 'row_not_found')
    })

    it('takes one row of CSV', async () => {
      const answer = await request('PATCH', '/files/a', {
        body: 'size\n12',
        headers: { 'content-type': 'text/csv' },
      })
      body(answer, '{"path":"a","size":12}')
    })

    it.each([
      ['/files/none', { size: 1 }, 'row_not_found'],
      ['/files/a', { size: 'x' }, 'bad_value'],
      ['/files/a', { size: null }, 'constraint_not_null'],
      ['/files/a', { path: 'b' }, 'constraint_unique'],
      ['/files/a', { nothing: 1 }, 'unknown_field'],
      ['/files/a', [{ size: 1 }], 'malformed_body'],
      ['/files/a', 5, 'malformed_body'],
      ['/files/a', {}, 'bad_value'],
      ['/accounts/1', { doubled: 1 }, 'read_only_field'],
      ['/accounts/1', { age: -1 }, 'constraint_check'],
      ['/accounts/1', { parent_id: 99 }, 'constraint_foreign_key'],
      ['/order_totals?items=1', { items: 1 }, 'method_not_allowed'],
      ['/files/a?order=size', { size: 1 }, 'unknown_parameter'],
    ] as const)('%s %j is refused', async (path, content, code) => {
      problem(await patch(path, content), code)
      expect(await sizes()).toBe(before)
    })
  })

  describe('PATCH by filter', () => {
    it('changes the rows that the filter finds and answers them', async () => {
      const answer = await patch('/files?size[gte]=2', { size: 7 })
      expect(answer.status).toBe(200)
      expect(
        answer.json.toSorted((x: { path: string }, y: { path: string }) => (x.path < y.path ? -1 : 1)),
      ).toEqual([
        { path: 'b', size: 7 },
        { path: 'c', size: 7 },
      ])
      expect(await sizes()).toBe('[{"path":"a","size":1},{"path":"b","size":7},{"path":"c","size":7}]')
    })

    it('takes JSON filters and related rows', async () => {
      await context.sql("INSERT INTO accounts (id, owner, parent_id) VALUES (2, 'Bob', 1)")
      body(
        await patch(`/accounts?select=id,age&${filter({ or: [{ parent: { owner: 'Ada' } }] })}`, { age: 1 }),
        '[{"id":2,"age":1}]',
      )
      body(await patch('/accounts?select=id,age&accounts.owner=Bob', { age: 8 }), '[{"id":1,"age":8}]')
    })

    it('of no row is an empty array, or says so with return=minimal', async () => {
      body(await patch('/files?size=99', { size: 1 }), '[]')
      const minimal = await patch('/files?size[gte]=2', { size: 7 }, { prefer: 'return=minimal' })
      expect(`${minimal.status} ${minimal.headers['content-range']}`).toBe('204 */2')
    })

    it('without a filter is refused', async () => {
      problem(await patch('/files', { size: 0 }), 'unbounded_write')
      problem(await patch('/files?select=path', { size: 0 }), 'unbounded_write')
      problem(await patch('/files?filter={}', { size: 0 }), 'unbounded_write')
      expect(await sizes()).toBe(before)
    })

    it('without a filter is allowed with max-affected', async () => {
      const answer = await patch('/files', { size: 0 }, { prefer: 'max-affected=3' })
      expect(answer.status, answer.text).toBe(200)
      expect(answer.headers['preference-applied']).toBe('max-affected=3')
      expect(await sizes()).toBe('[{"path":"a","size":0},{"path":"b","size":0},{"path":"c","size":0}]')
    })

    it('that touches more than max-affected changes nothing', async () => {
      const refused = problem(
        await patch('/files', { size: 0 }, { prefer: 'max-affected=2' }),
        'max_affected_exceeded',
      )
      expect(refused).toMatchObject({ maxAffected: 2 })
      problem(
        await patch('/files?size[gt]=1', { size: 0 }, { prefer: 'max-affected=1, return=minimal' }),
        'max_affected_exceeded',
      )
      expect(await sizes()).toBe(before)
    })

    it('that breaks a constraint in one row changes none', async () => {
      problem(await patch('/files?size[gt]=1', { path: 'same' }), 'constraint_unique')
      expect(await sizes()).toBe(before)
    })
  })
}
