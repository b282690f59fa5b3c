/** ETag, If-None-Match and If-Match. */
import { beforeEach, describe, expect, it } from 'vitest'
import { body, type EngineContext, problem } from './context.ts'

export function conditionals(context: EngineContext): void {
  const { get, request } = context
  const etag = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await get(path, headers)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers['etag']).toMatch(/^"[!#-~]+"$/)
    return answer.headers['etag'] as string
  }

  beforeEach(async () => {
    await context.sql("DELETE FROM files; INSERT INTO files VALUES ('a', 1), ('b', 2)")
    await context.sql("DELETE FROM ledger; INSERT INTO ledger (account, seq, amount) VALUES ('ada', 1, 5)")
  })

  describe('the ETag of a row', () => {
    it('stays while the row does, and changes with it', async () => {
      const first = await etag('/files/a')
      expect(await etag('/files/a')).toBe(first)
      await context.sql("UPDATE files SET size = 9 WHERE path = 'b'")
      expect(await etag('/files/a')).toBe(first)
      await context.sql("UPDATE files SET size = 9 WHERE path = 'a'")
      expect(await etag('/files/a')).not.toBe(first)
    })

    it('differs between representations', async () => {
      const tags = new Set([
        await etag('/files/a'),
        await etag('/files/a', { accept: 'text/csv' }),
        await etag('/files/a', { accept: 'application/json; numbers=string' }),
      ])
      expect(tags.size).toBe(3)
    })

    it('changes with what is embedded', async () => {
      await context.sql(
        "DELETE FROM accounts; INSERT INTO accounts (id, owner) VALUES (1, 'one'); INSERT INTO accounts (id, owner, parent_id) VALUES (2, 'two', 1)",
      )
      const before = await etag('/accounts/2?select=id,parent(owner)')
      await context.sql("UPDATE accounts SET owner = 'uno' WHERE id = 1")
      expect(await etag('/accounts/2?select=id,parent(owner)')).not.toBe(before)
    })

    it('is given for rows one writes, and is the one a read gives', async () => {
      const patched = await request('PATCH', '/files/a', { body: { size: 3 } })
      expect(patched.headers['etag']).toBe(await etag('/files/a'))
      const put = await request('PUT', '/files/c', { body: { size: 4 } })
      expect(put.headers['etag']).toBe(await etag('/files/c'))
      const posted = await request('POST', '/files', { body: { path: 'd' } })
      expect(posted.headers['etag']).toBe(await etag('/files/d'))
      const minimal = await request('PATCH', '/files/a', {
        body: { size: 5 },
        headers: { prefer: 'return=minimal' },
      })
      expect(minimal.headers['etag']).toBe(await etag('/files/a'))
    })

    it('is not given for collections', async () =>
      expect((await get('/files')).headers['etag']).toBeUndefined())
  })

  describe('If-None-Match', () => {
    it('answers 304 with the tag while the row is the same', async () => {
      const tag = await etag('/files/a')
      for (const value of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        const answer = await get('/files/a', { 'if-none-match': value })
        expect(answer.status).toBe(304)
        expect(answer.headers['etag']).toBe(tag)
      }
      const head = await request('HEAD', '/files/a', { headers: { 'if-none-match': tag } })
      expect(head.status).toBe(304)
    })

    it('answers the row when it has changed', async () => {
      const tag = await etag('/files/a')
      await context.sql("UPDATE files SET size = 9 WHERE path = 'a'")
      body(await get('/files/a', { 'if-none-match': tag }), '{"path":"a","size":9}')
    })

    it('of a missing row is 404', async () =>
      void problem(await get('/files/none', { 'if-none-match': '*' }), 'row_not_found'))

    it.each(['abc', '"', '"a" "b"', ''])(
      'that is no list of tags is refused: %s',
      async (value) => void problem(await get('/files/a', { 'if-none-match': value }), 'malformed_header'),
    )
  })

  describe('If-Match', () => {
    it.each(['PATCH', 'PUT', 'DELETE'])('lets %s through while the row is the same', async (method) => {
      const tag = await etag('/files/a')
      const sent = method === 'DELETE' ? {} : { body: { size: 7 } }
      const answer = await request(method, '/files/a', { ...sent, headers: { 'if-match': `"x", ${tag}` } })
      expect(answer.status, answer.text).toBe(method === 'DELETE' ? 204 : 200)
    })

    it.each(['PATCH', 'PUT', 'DELETE'])(
      'stops %s when the row has changed, and changes nothing',
      async (method) => {
        const tag = await etag('/files/a')
        await context.sql("UPDATE files SET size = 8 WHERE path = 'a'")
        const sent = method === 'DELETE' ? {} : { body: { size: 7 } }
        problem(
          await request(method, '/files/a', { ...sent, headers: { 'if-match': tag } }),
          'precondition_failed',
        )
        body(await get('/files/a'), '{"path":"a","size":8}')
      },
    )

    it('takes the tags of every representation of the row', async () => {
      for (const headers of [{ accept: 'text/csv' }, { accept: 'application/json; numbers=string' }]) {
        const tag = await etag('/files/a', headers)
        const answer = await request('PATCH', '/files/a', { body: { size: 7 }, headers: { 'if-match': tag } })
        expect(answer.status, answer.text).toBe(200)
      }
      const selected = await etag('/files/a?select=size')
      expect(
        (await request('PATCH', '/files/a', { body: { size: 7 }, headers: { 'if-match': selected } })).status,
      ).toBe(200)
    })

    it('with a star asks that the row is there', async () => {
      expect(
        (await request('PATCH', '/files/a', { body: { size: 7 }, headers: { 'if-match': '*' } })).status,
      ).toBe(200)
      problem(
        await request('PUT', '/files/none', { body: { size: 7 }, headers: { 'if-match': '*' } }),
        'precondition_failed',
      )
      expect(await context.sql("SELECT * FROM files WHERE path = 'none'")).toEqual([])
    })

    it('with a weak tag matches nothing', async () => {
      const tag = await etag('/files/a')
      problem(
        await request('DELETE', '/files/a', { headers: { 'if-match': `W/${tag}` } }),
        'precondition_failed',
      )
    })

    it('of a missing row is 404 for PATCH and DELETE, and 412 for PUT', async () => {
      const headers = { 'if-match': '"1"' }
      problem(await request('PATCH', '/files/none', { body: { size: 1 }, headers }), 'row_not_found')
      problem(await request('DELETE', '/files/none', { headers }), 'row_not_found')
      problem(await request('PUT', '/files/none', { body: { size: 1 }, headers }), 'precondition_failed')
    })

    it.each(['GET', 'HEAD'])('answers %s while the answer is the same, and else 412', async (method) => {
      const tag = await etag('/files/a')
      const ask = (value: string) => request(method, '/files/a', { headers: { 'if-match': value } })
      expect((await ask(`"x", ${tag}`)).status).toBe(200)
      expect((await ask('*')).status).toBe(200)
      expect((await ask(`W/${tag}`)).status).toBe(412)
      await context.sql("UPDATE files SET size = 9 WHERE path = 'a'")
      expect((await ask(tag)).status).toBe(412)
      problem(await get('/files/none', { 'if-match': tag }), 'row_not_found')
    })

    it('is looked at before If-None-Match', async () => {
      const tag = await etag('/files/a')
      expect((await get('/files/a', { 'if-match': tag, 'if-none-match': tag })).status).toBe(304)
      problem(await get('/files/a', { 'if-match': '"x"', 'if-none-match': tag }), 'precondition_failed')
    })

    it('lets only one of two writers win', async () => {
      const tag = await etag('/files/a')
      const headers = { 'if-match': tag }
      const both = await Promise.all(
        [1, 2, 3, 4].map((size) => request('PATCH', '/files/a', { body: { size: 10 + size }, headers })),
      )
      expect(both.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412])
    })

    it.each([
      ['PATCH', '/files?size=1', { size: 2 }],
      ['GET', '/files', undefined],
      ['GET', '/rpc/add_numbers?a=1&b=2', undefined],
      ['POST', '/rpc/add_numbers', { a: 1, b: 2 }],
      ['POST', '/batch', []],
      ['GET', '', undefined],
    ])('is refused for what has no tag: %s %s', async (method, path, body) => {
      for (const value of ['"1"', '*'])
        problem(await request(method, path, { body, headers: { 'if-match': value } }), 'malformed_header')
    })

    it('is kept in a batch', async () => {
      const tag = await etag('/files/a')
      const read = (headers: Record<string, string>, path = '/files/a') =>
        request('POST', '/batch', { body: [{ method: 'GET', path, headers }] })
      expect((await read({ 'If-Match': tag })).json[0].status).toBe(200)
      expect((await read({ 'If-None-Match': tag })).json[0]).toMatchObject({ status: 304, body: null })
      expect(problem(await read({ 'If-Match': '"x"' }), 'precondition_failed')).toMatchObject({ item: 0 })
      problem(await read({ 'If-Match': tag }, '/files'), 'malformed_header')
    })
  })

  describe('If-None-Match: *', () => {
    it('lets PUT only insert', async () => {
      const headers = { 'if-none-match': '*' }
      expect((await request('PUT', '/files/new', { body: { size: 1 }, headers })).status).toBe(201)
      problem(await request('PUT', '/files/new', { body: { size: 2 }, headers }), 'precondition_failed')
      body(await get('/files/new'), '{"path":"new","size":1}')
    })

    it('does not hide that another key is taken', async () => {
      await context.sql(
        "DELETE FROM accounts; INSERT INTO accounts (id, owner, email) VALUES (1, 'one', 'e')",
      )
      const headers = { 'if-none-match': '*' }
      const body = { owner: 'two', email: 'e' }
      problem(await request('PUT', '/accounts/2', { body, headers }), 'constraint_unique')
      problem(await request('PUT', '/accounts/1', { body, headers }), 'precondition_failed')
    })

    it('is refused for what has no tag, of which single tags hold by themselves', async () => {
      problem(await get('/files', { 'if-none-match': '*' }), 'malformed_header')
      problem(await get('/rpc/add_numbers?a=1&b=2', { 'if-none-match': '*' }), 'malformed_header')
      expect((await get('/files', { 'if-none-match': '"1"' })).status).toBe(200)
      for (const [path, body] of [
        ['/rpc/add_numbers', { a: 1, b: 2 }],
        ['/batch', []],
      ] as const)
        problem(
          await request('POST', path, { body, headers: { 'if-none-match': '"1"' } }),
          'malformed_header',
        )
    })

    it.each(['PATCH', 'DELETE'])('is refused for %s', async (method) => {
      const sent = method === 'DELETE' ? {} : { body: { size: 1 } }
      problem(
        await request(method, '/files/a', { ...sent, headers: { 'if-none-match': '*' } }),
        'malformed_header',
      )
    })
  })
}
