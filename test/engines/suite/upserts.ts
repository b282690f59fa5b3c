/** PUT: a whole row by its key, inserted or replaced. */
import { beforeEach, describe, expect, it } from 'vitest'
import { body, type EngineContext, problem } from './context.ts'

export function upserts(context: EngineContext): void {
  const { get, request } = context
  const put = (path: string, content: unknown, headers: Record<string, string> = {}) =>
    request('PUT', path, { body: content, headers })

  beforeEach(() =>
    context.sql('DELETE FROM accounts; DELETE FROM ledger; DELETE FROM files; DELETE FROM numbered'),
  )

  describe('PUT', () => {
    it('inserts a row that is not there, and says 201', async () => {
      const answer = await put('/ledger/ada,1', { amount: '1.5' })
      body(answer, '{"account":"ada","seq":1,"amount":"1.5000000000","memo":"none"}', 201)
    })

    it('replaces a row that is there, and says 200: what is left out gets its default', async () => {
      await put('/ledger/ada,1', { amount: '1.5', memo: 'first' })
      body(await put('/ledger/ada,1', {}), '{"account":"ada","seq":1,"amount":null,"memo":"none"}')
      body(await get('/ledger/ada,1'), '{"account":"ada","seq":1,"amount":null,"memo":"none"}')
    })

    it('resets every field but the key, and leaves generated ones to the database', async () => {
      await put('/accounts/1', { owner: 'Ada', email: 'e', balance: 5, age: 4, active: false, big: 1 })
      body(
        await put('/accounts/1', { owner: 'Eve', age: 2 }),
        '{"id":1,"owner":"Eve","email":null,"balance":"0.00","age":2,"doubled":4,"active":true,"big":null,"parent_id":null}',
      )
    })

    it('does the same again with the same result', async () => {
      const answers = [
        await put('/files/x', { size: 3 }),
        await put('/files/x', { size: 3 }),
        await put('/files/x', { size: 3 }),
      ]
      expect(answers.map((answer) => `${answer.status} ${answer.text}`)).toEqual([
        '201 {"path":"x","size":3}',
        '200 {"path":"x","size":3}',
        '200 {"path":"x","size":3}',
      ])
    })

    it('takes the key in the body too, when it is the same', async () => {
      expect((await put('/ledger/ada,1', { account: 'ada', seq: 1 })).status).toBe(201)
      const refused = problem(await put('/ledger/ada,1', { account: 'ada', seq: 2 }), 'bad_value')
      expect(refused.detail).toContain('seq')
      expect(await context.sql('SELECT seq FROM ledger')).toEqual([{ seq: 1 }])
    })

    it('answers nothing with return=minimal: 201, then 204', async () => {
      const headers = { prefer: 'return=minimal' }
      const answers = [
        await put('/files/m', { size: 1 }, headers),
        await put('/files/m', { size: 2 }, headers),
      ]
      expect(answers.map((answer) => `${answer.status} ${answer.text}`)).toEqual(['201 ', '204 '])
      expect(answers[1]?.headers['preference-applied']).toBe('return=minimal')
    })

    it('shows the selected fields and related rows', async () => {
      await put('/accounts/1', { owner: 'Ada' })
      body(
        await put('/accounts/2?select=owner,parent(owner)', { owner: 'Bob', parent_id: 1 }),
        '{"owner":"Bob","parent":{"owner":"Ada"}}',
        201,
      )
    })

    it('survives two at once', async () => {
      const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((size) => put('/files/race', { size })))
      expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 200, 200, 200, 201])
    })

    it.each([
      ['/accounts', { owner: 'x' }, 'method_not_allowed'],
      ['/accounts/1', {}, 'constraint_not_null'],
      ['/accounts/1', { owner: 'x', doubled: 1 }, 'read_only_field'],
      ['/accounts/1', { owner: 'x', age: -1 }, 'constraint_check'],
      ['/accounts/1', { owner: 'x', nothing: 1 }, 'unknown_field'],
      ['/accounts/1', [{ owner: 'x' }], 'malformed_body'],
      ['/accounts/x', { owner: 'x' }, 'invalid_parameter'],
      ['/accounts/1,2', { owner: 'x' }, 'invalid_parameter'],
      ['/accounts/1?owner=x', { owner: 'x' }, 'unknown_parameter'],
      ['/order_totals/1', {}, 'method_not_allowed'],
      ['/events/1', {}, 'not_found'],
    ] as const)('%s %j is refused', async (path, row, code) => void problem(await put(path, row), code))

    it('to a key that only the database makes is refused', async ({ skip }) => {
      if (!context.capabilities.alwaysIdentity) skip(`${context.name} has no such keys`)
      problem(await put('/numbered/1', { name: 'x' }), 'read_only_field')
    })

    it('that breaks another unique key is refused and changes nothing', async () => {
      await put('/accounts/1', { owner: 'x', email: 'e' })
      await put('/accounts/2', { owner: 'y', email: 'f' })
      problem(await put('/accounts/2', { owner: 'z', email: 'e' }), 'constraint_unique')
      body(await get('/accounts/2?select=owner,email'), '{"owner":"y","email":"f"}')
    })
  })
}
