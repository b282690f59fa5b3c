/** Several requests in one transaction: all or nothing. */
import { beforeEach, describe, expect, it } from 'vitest'
import { column, type EngineContext, problem } from './context.ts'

interface Item {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export function batches(context: EngineContext): void {
  const { get, request } = context
  const batch = (items: unknown) => request('POST', '/batch', { body: items })
  const paths = async () => column(await get('/files?order=path'), 'path')

  beforeEach(() => context.sql("DELETE FROM files; INSERT INTO files VALUES ('a', 1)"))

  describe('a batch', () => {
    it('answers each item with its status, headers and body', async () => {
      const answer = await batch([
        { method: 'POST', path: '/files', body: { path: 'b', size: 2 } },
        { method: 'GET', path: '/files/b?select=size' },
        {
          method: 'PATCH',
          path: '/api/v1/files/b',
          body: { size: 3 },
          headers: { Prefer: 'return=minimal' },
        },
        { method: 'GET', path: '/files?select=path,size&order=-path&limit=1' },
        { method: 'PUT', path: '/files/c', body: {} },
        { method: 'POST', path: '/rpc/add_numbers', body: { a: 1, b: 1 } },
        { method: 'GET', path: '/rpc/add_numbers?a=2&b=2' },
        { method: 'DELETE', path: '/files/a' },
        {
          method: 'GET',
          path: '/files?path=c&limit=5',
          headers: { accept: 'text/csv', prefer: 'count=exact' },
        },
      ])
      expect(answer.status, answer.text).toBe(200)
      const items: Item[] = answer.json
      expect(items.map((item) => item.status)).toEqual([201, 200, 204, 200, 201, 200, 200, 204, 200])
      expect(items.map((item) => item.body)).toEqual([
        { path: 'b', size: 2 },
        { size: 2 },
        null,
        [{ path: 'b', size: 3 }],
        { path: 'c', size: 0 },
        2,
        4,
        null,
        'path,size\r\nc,0\r\n',
      ])
      expect(items[0]?.headers).toMatchObject({
        location: '/api/v1/files/b',
        etag: expect.any(String),
        'content-type': 'application/json',
      })
      expect(items[2]?.headers['preference-applied']).toBe('return=minimal')
      expect(items[3]?.headers['link']).toMatch(
        /^<\/api\/v1\/files\?select=path,size&order=-path&limit=1&after=[^>]+>; rel="next"$/,
      )
      expect(items[8]?.headers['content-range']).toBe('0-0/1')
      expect(await paths()).toEqual(['b', 'c'])
    })

    it.each([
      ['a constraint', { method: 'POST', path: '/files', body: { path: 'a' } }, 'constraint_unique', 409],
      ['a missing row', { method: 'PATCH', path: '/files/none', body: { size: 1 } }, 'row_not_found', 404],
      ['an unknown field', { method: 'GET', path: '/files?nothing=1' }, 'unknown_field', 400],
      ['a bad value', { method: 'POST', path: '/files', body: { path: 'x', size: 'y' } }, 'bad_value', 422],
      [
        'a failed precondition',
        { method: 'DELETE', path: '/files/a', headers: { 'If-Match': '"0"' } },
        'precondition_failed',
        412,
      ],
      ['an unbounded write', { method: 'DELETE', path: '/files' }, 'unbounded_write', 400],
      [
        'too many rows',
        { method: 'DELETE', path: '/files', headers: { prefer: 'max-affected=0' } },
        'max_affected_exceeded',
        400,
      ],
      ['an unknown resource', { method: 'GET', path: '/nothing' }, 'unknown_resource', 404],
      ['a path that leads nowhere', { method: 'GET', path: '/files/a/b' }, 'not_found', 404],
      ['a batch in a batch', { method: 'POST', path: '/batch', body: [] }, 'not_found', 404],
      [
        'a stream',
        { method: 'GET', path: '/files', headers: { accept: 'application/x-ndjson' } },
        'not_acceptable',
        406,
      ],
      [
        'a body in another form',
        { method: 'POST', path: '/files', body: 'path\nx\n', headers: { 'Content-Type': 'text/plain' } },
        'unsupported_media_type',
        415,
      ],
      [
        'a routine that refuses',
        { method: 'POST', path: '/rpc/refuse', body: { reason: 'r' } },
        'routine_failed',
        422,
      ],
    ] as const)('that fails by %s changes nothing and names the item', async (_, item, code, status) => {
      const answer = await batch([
        { method: 'POST', path: '/files', body: { path: 'first' } },
        item,
        { method: 'POST', path: '/files', body: { path: 'last' } },
      ])
      expect(answer.status).toBe(status)
      const refused = problem(answer, code)
      expect(refused).toMatchObject({ item: 1 })
      expect(refused.detail).toMatch(/^Item 1 \(\w+ \//)
      expect(await paths()).toEqual(['a'])
    })

    it('sees what its items before did, and others see nothing of it before its end', async () => {
      const answer = await batch([
        { method: 'DELETE', path: '/files/a' },
        { method: 'GET', path: '/files' },
        { method: 'POST', path: '/files', body: [{ path: 'n1' }, { path: 'n2' }] },
        { method: 'PATCH', path: '/files?path[starts]=n', body: { size: 5 } },
      ])
      expect(answer.json.map((item: Item) => item.body)).toEqual(
        [
          [],
          [],
          [
            { path: 'n1', size: 0 },
            { path: 'n2', size: 0 },
          ],
          [
            { path: 'n1', size: 5 },
            { path: 'n2', size: 5 },
          ],
        ].map((rows, i) => (i === 0 ? null : rows)),
      )
    })

    it('has one deadline, which its items cannot shorten', async () => {
      const items = [{ method: 'GET', path: '/files', headers: { prefer: 'wait=0, return=minimal' } }]
      const answer = await request('POST', '/batch', { body: items, headers: { prefer: 'wait=5' } })
      expect(answer.headers['preference-applied']).toBe('wait=5')
      expect(answer.json[0].headers['preference-applied']).toBeUndefined()
    })

    it('cannot keep max-affected as a whole, so it refuses it', async () => {
      const items = [{ method: 'DELETE', path: '/files?path=a' }]
      const refused = await request('POST', '/batch', { body: items, headers: { prefer: 'max-affected=0' } })
      expect(problem(refused, 'malformed_header')).toMatchObject({ preference: 'max-affected' })
      expect(await paths()).toEqual(['a'])
    })

    it('takes CSV as a text', async () => {
      const answer = await batch([
        {
          method: 'POST',
          path: '/files?select=path,size',
          headers: { 'Content-Type': 'text/csv; charset=utf-8' },
          body: 'path,size\r\n"b, c",2\r\nd,3\r\n',
        },
      ])
      expect(answer.status, answer.text).toBe(200)
      expect(answer.json[0].body).toEqual([
        { path: 'b, c', size: 2 },
        { path: 'd', size: 3 },
      ])
      expect(await paths()).toEqual(['a', 'b, c', 'd'])
    })

    it('keeps every digit', async () => {
      const text =
        '[{"method":"POST","path":"/files?select=size","body":{"path":"d","size":9007199254740993}}]'
      const answer = await request('POST', '/batch', {
        body: text,
        headers: { 'content-type': 'application/json' },
      })
      expect(answer.text).toContain('"body":{"size":9007199254740993}')
    })

    it('of nothing does nothing', async () => expect((await batch([])).text).toBe('[]'))

    it.each([
      ['{}', 'malformed_body'],
      ['null', 'malformed_body'],
      ['', 'malformed_body'],
      ['[1]', 'malformed_body'],
      ['[{}]', 'malformed_body'],
      ['[{"method":"GET"}]', 'malformed_body'],
      ['[{"method":"TRACE","path":"/files"}]', 'malformed_body'],
      ['[{"method":"GET","path":"files"}]', 'malformed_body'],
      ['[{"method":"GET","path":"/files","extra":1}]', 'malformed_body'],
      ['[{"method":"GET","path":"/files","headers":{"accept":1}}]', 'malformed_body'],
      ['[{"method":"GET","path":"/files","headers":{"Accept":"*/*","accept":"*/*"}}]', 'malformed_body'],
      [
        '[{"method":"POST","path":"/files","headers":{"content-type":"text/csv"},"body":[{"path":"x"}]}]',
        'malformed_body',
      ],
      [`[${Array.from({ length: 101 }, () => '{"method":"GET","path":"/files"}').join()}]`, 'body_too_large'],
    ] as const)(
      'like %s is refused',
      async (text, code) =>
        void problem(
          await request('POST', '/batch', { body: text, headers: { 'content-type': 'application/json' } }),
          code,
        ),
    )

    it('takes only POST', async () => {
      const refused = await get('/batch')
      problem(refused, 'method_not_allowed')
      expect(refused.headers['allow']).toBe('POST, OPTIONS')
    })
  })
}
