/** Errors as HTTP means them: status, headers, and documents that name what is wrong and what there is. */
import { describe, expect, it } from 'vitest'
import { body, e, type EngineContext, problem } from './context.ts'

export function errors(context: EngineContext): void {
  const { get, request, outside } = context

  describe('errors', () => {
    it('are problem documents that name the request', async () => {
      const id = '0c3a5a2e-6f1d-4f57-9a9c-2f3c1a1b2c3d'
      const answer = await get('/nothing', { 'x-request-id': id })
      expect(answer.headers['x-request-id']).toBe(id)
      expect(answer.json).toMatchObject({
        type: 'https://postern.dev/problems/unknown-resource',
        title: 'Unknown resource',
        status: 404,
        instance: `urn:uuid:${id}`,
        code: 'unknown_resource',
      })
    })

    it('do not repeat a request id that is none', async () => {
      const answer = await get('/nothing', { 'x-request-id': 'forged\\nline' })
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    })

    it('name the field and list those that exist', async () => {
      const refused = problem(await get('/tags?lable=x'), 'unknown_field')
      expect(refused).toMatchObject({ parameter: 'lable', nearest: 'label', fields: ['id', 'label'] })
      expect(refused.detail).toContain('label')
      expect(problem(await get('/tags?select=lable'), 'unknown_field')).toMatchObject({
        fields: ['id', 'label'],
      })
      expect(problem(await get('/tags?order=lable'), 'unknown_field')).toMatchObject({
        fields: ['id', 'label'],
      })
    })

    it('name the resource, and the nearest one', async () =>
      expect(problem(await get('/order'), 'unknown_resource').detail).toContain('orders'))

    it('of paths that lead nowhere are 404', async () => {
      for (const path of [
        '/',
        '/api',
        '/api/',
        '/favicon.ico',
        '/metrics',
        '/api/v1/tags/1/2',
        '/api/v1/rpc',
        '/api//v1/tags',
        '/api/v1/rpc/a/b',
      ])
        expect((await outside('GET', path)).status, path).toBe(404)
    })

    it('of methods say what is allowed', async () => {
      for (const [method, path, allow] of [
        ['POST', '/tags/1', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
        ['PUT', '/tags', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS'],
        ['PUT', '/order_totals', 'GET, HEAD, OPTIONS'],
        ['POST', '/order_totals/1', 'OPTIONS'],
        ['TRACE', '/tags', 'GET, HEAD, POST, PATCH, DELETE, OPTIONS'],
        ['PROPFIND', '/tags/1', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
        ['DELETE', '/rpc/add_numbers', 'GET, HEAD, POST, OPTIONS'],
        ['POST', '/openapi.json', 'GET, HEAD, OPTIONS'],
        ['DELETE', '', 'GET, HEAD, OPTIONS'],
      ] as const) {
        const answer = await request(method, path)
        problem(answer, 'method_not_allowed')
        expect(`${method} ${path} ${answer.headers['allow']}`).toBe(`${method} ${path} ${allow}`)
      }
    })

    it.each([
      ['POST', '/nothing/1'],
      ['PUT', '/nothing'],
      ['PATCH', '/nothing/1'],
      ['DELETE', '/nothing?id=1'],
    ])('of what does not exist are 404 whatever the method: %s %s', async (method, path) => {
      const body = method === 'DELETE' ? undefined : {}
      problem(await request(method, path, { body }), 'unknown_resource')
      const item = await request('POST', '/batch', { body: [{ method, path, body }] })
      expect(problem(item, 'unknown_resource')).toMatchObject({ item: 0 })
    })

    it.each([
      '/tags/%',
      '/tags/%zz',
      '/tags/%ff',
      '/tags/%00',
      '/tags?label=%e2%28%a1',
      '/tags?%00=1',
      '/tags?label=%ed%a0%80',
      '/%ff',
    ])(
      'of URLs that cannot be decoded are 400: %s',
      async (path) => void problem(await get(path), 'malformed_url'),
    )

    it.each([
      ['GET', ''],
      ['GET', '/openapi.json'],
      ['POST', '/batch'],
    ])('of parameters where none have a meaning are 400: %s %s', async (method, path) => {
      const answer = await request(method, `${path}?x=1`, method === 'POST' ? { body: [] } : {})
      expect(problem(answer, 'unknown_parameter')).toMatchObject({ parameter: 'x', parameters: [] })
      expect((await request(method, `${path}?`, method === 'POST' ? { body: [] } : {})).status).toBe(200)
    })

    it.each(['/tags?id', '/tags?=1', '/tags?id&label=x'])(
      'of parameters without a value or name are 400: %s',
      async (path) => void problem(await get(path), 'invalid_parameter'),
    )

    it('of URLs that are too long are 414', async () =>
      expect(problem(await get(`/tags?label=${'x'.repeat(17_000)}`), 'url_too_long')).toMatchObject({
        limit: 16_384,
      }))

    it('of bodies that are too large are 413', async () => {
      const large = JSON.stringify({ label: 'x'.repeat(17 * 1024 * 1024) })
      const answer = await request('POST', '/tags', {
        body: large,
        headers: { 'content-type': 'application/json' },
      })
      expect(problem(answer, 'body_too_large')).toMatchObject({ limit: 16 * 1024 * 1024 })
    })

    it.each([
      [{ 'content-type': 'application/xml' }, '<x/>'],
      [{ 'content-type': 'application/x-www-form-urlencoded' }, 'id=1'],
      [{ 'content-type': 'text/plain' }, '{}'],
      [{ 'content-type': 'application/json; charset=latin1' }, '{}'],
      [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, '{}'],
      [{ 'content-type': 'text/csv; header=absent' }, 'id\n1'],
    ])(
      'of bodies in another form are 415: %j',
      async (headers, text) =>
        void problem(
          await request('POST', '/tags', { body: text, headers: { ...headers } }),
          'unsupported_media_type',
        ),
    )

    it('of bodies in another form are 415 in a batch as well', async () => {
      const body = JSON.stringify([{ method: 'GET', path: '/tags' }])
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
      problem(await request('POST', '/batch', { body, headers }), 'unsupported_media_type')
    })

    it('of bodies that are not UTF-8 are 400', async () =>
      void problem(
        await request('POST', '/tags', {
          body: Buffer.from('{"label":"\xff"}', 'latin1'),
          headers: { 'content-type': 'application/json' },
        }),
        'malformed_body',
      ))

    it('of Prefer are told only where they matter', async () => {
      problem(await get('/tags', { prefer: 'count=exact, =' }), 'malformed_header')
      expect((await get('/tags', { prefer: 'count=all, unknown' })).status).toBe(200)
      problem(await get('/tags', { prefer: 'handling=strict, unknown' }), 'malformed_header')
      problem(await get('/tags', { prefer: 'handling=strict, return=minimal' }), 'malformed_header')
      problem(await get('/tags/1', { prefer: 'handling=strict, count=exact' }), 'malformed_header')
    })

    it('do not grow with the request', async () => {
      const answer = await get(`/tags?${e('x'.repeat(5000))}=1`)
      problem(answer, 'unknown_field')
      expect(answer.bytes.length).toBeLessThan(2000)
    })

    it('leave the connection and the gateway as they were', async () =>
      body(await get('/tags/1?select=id'), '{"id":1}'))
  })
}
