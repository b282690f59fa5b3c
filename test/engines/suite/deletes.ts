/** DELETE by key and by filter, and its bounds. */
import { beforeEach, describe, expect, it } from 'vitest'
import { body, column, type EngineContext, filter, problem } from './context.ts'

export function deletes(context: EngineContext): void {
  const { get, request } = context
  const remove = (path: string, headers: Record<string, string> = {}) => request('DELETE', path, { headers })
  const left = async () => column(await get('/files?order=path'), 'path')

  beforeEach(() => context.sql("DELETE FROM files; INSERT INTO files VALUES ('a', 1), ('b', 2), ('c', 3)"))

  describe('DELETE', () => {
    it('of a row takes it away and answers nothing', async () => {
      const answer = await remove('/files/a')
      expect(`${answer.status} ${answer.text}`).toBe('204 ')
      expect(await left()).toEqual(['b', 'c'])
      problem(await remove('/files/a'), 'row_not_found')
    })

    it('of a row answers it as it was with return=representation', async () => {
      const answer = await remove('/files/a?select=size', { prefer: 'return=representation' })
      body(answer, '{"size":1}')
      expect(answer.headers['preference-applied']).toBe('return=representation')
    })

    it('answers related rows, too, with return=representation', async () => {
      await context.sql(
        "DELETE FROM accounts; INSERT INTO accounts (id, owner, parent_id) VALUES (1, 'one', NULL), (2, 'two', 1), (3, 'three', 2)",
      )
      const path = '/accounts/3?select=owner,parent(owner,accounts(order=id;id))'
      const answer = await remove(path, { prefer: 'return=representation' })
      expect(answer.json).toMatchObject({ owner: 'three', parent: { owner: 'two' } })
      expect(column(await get('/accounts'))).toEqual([1, 2])
    })

    it('by filter takes the rows away that it finds, and says how many', async () => {
      const answer = await remove('/files?size[gt]=1')
      expect(`${answer.status} ${answer.headers['content-range']}`).toBe('204 */2')
      expect(await left()).toEqual(['a'])
    })

    it('by filter answers them with return=representation', async () => {
      body(
        await remove(`/files?${filter({ size: { in: [2] } })}`, { prefer: 'return=representation' }),
        '[{"path":"b","size":2}]',
      )
      body(await remove('/files?size=99', { prefer: 'return=representation' }), '[]')
    })

    it('without a filter is refused, and allowed with max-affected', async () => {
      problem(await remove('/files'), 'unbounded_write')
      problem(await remove('/files', { prefer: 'max-affected=2' }), 'max_affected_exceeded')
      expect(await left()).toEqual(['a', 'b', 'c'])
      expect((await remove('/files', { prefer: 'max-affected=3' })).status).toBe(204)
      expect(await left()).toEqual([])
    })

    it('with max-affected=0 deletes nothing or fails', async () => {
      expect((await remove('/files?size=99', { prefer: 'max-affected=0' })).status).toBe(204)
      problem(await remove('/files?size=1', { prefer: 'max-affected=0' }), 'max_affected_exceeded')
    })

    it('of a row that others refer to is refused', async () => {
      const refused = problem(await remove('/customers/1'), 'constraint_foreign_key')
      expect(refused['constraint']).toEqual(expect.any(String))
      expect((await get('/customers/1')).status).toBe(200)
    })

    it.each([
      ['/files/none', {}, 'row_not_found'],
      ['/files?nothing=1', {}, 'unknown_field'],
      ['/files?size=x', {}, 'invalid_parameter'],
      ['/files?limit=1', {}, 'unknown_parameter'],
      ['/files', { prefer: 'max-affected=many' }, 'malformed_header'],
      ['/order_totals?items=1', {}, 'method_not_allowed'],
      ['/nothing?a=1', {}, 'unknown_resource'],
    ] as const)('%s %j is refused', async (path, headers, code) => {
      problem(await remove(path, headers), code)
      expect(await left()).toEqual(['a', 'b', 'c'])
    })

    it('takes no body', async () => {
      problem(await request('DELETE', '/files/a', { body: { size: 1 } }), 'malformed_body')
      expect(await left()).toEqual(['a', 'b', 'c'])
    })
  })
}
