/** The catalogue of the API and its OpenAPI document. */
import { describe, expect, it } from 'vitest'
import { type EngineContext, problem } from './context.ts'

export function discovery(context: EngineContext): void {
  const { get, outside } = context

  describe('the catalogue', () => {
    it('lists every resource with its key, fields and relations', async () => {
      const { resources } = (await get('')).json
      const names = resources.map((r: { name: string }) => r.name)
      expect(names).toEqual(
        expect.arrayContaining([
          'countries',
          'customers',
          'orders',
          'order_items',
          'order_totals',
          'events',
          'weird table',
        ]),
      )
      expect(names.filter((name: string) => /^pg_|information_schema|^sys/.test(name))).toEqual([])
      const items = resources.find((r: { name: string }) => r.name === 'order_items')
      expect(items).toMatchObject({
        href: '/api/v1/order_items',
        kind: 'table',
        key: ['order_id', 'line_no'],
        fields: [
          { name: 'order_id', type: 'integer', nullable: false },
          { name: 'line_no', type: 'integer', nullable: false },
          { name: 'product_id', type: 'integer', nullable: false },
          { name: 'quantity', type: 'integer', nullable: false },
          { name: 'price', type: 'decimal', nullable: false },
        ],
      })
      expect(items.relations).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: 'order', to: 'orders', many: false }),
          expect.objectContaining({ name: 'product', to: 'products', many: false }),
          expect.objectContaining({ name: 'shipments', to: 'shipments', many: true }),
        ]),
      )
      expect(resources.find((r: { name: string }) => r.name === 'order_totals')).toMatchObject({
        kind: 'view',
        key: [],
      })
      expect(resources.find((r: { name: string }) => r.name === 'weird table').href).toBe(
        '/api/v1/weird%20table',
      )
    })

    it('has hrefs that lead to what they name', async () => {
      for (const { href } of (await get('')).json.resources)
        expect((await outside('GET', `${href}?limit=1`)).status).toBe(200)
    })

    it('lists routines with their methods and parameters', async () => {
      const { defaults, overloads, unnamed } = context.capabilities.routines
      const { routines } = (await get('')).json
      expect(routines).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            name: 'add_numbers',
            href: '/api/v1/rpc/add_numbers',
            methods: ['GET', 'POST'],
            parameters: [
              { name: 'a', type: 'integer', required: true },
              { name: 'b', type: 'integer', required: !defaults },
            ],
          }),
          expect.objectContaining({ name: 'add_file', methods: ['POST'] }),
          expect.objectContaining({
            name: 'split_name',
            parameters: [{ name: 'full_name', type: 'string', required: true }],
          }),
          expect.objectContaining({ name: 'move_file', methods: ['POST'] }),
        ]),
      )
      const some = (name: string, parameters: unknown) => expect.objectContaining({ name, parameters })
      if (overloads)
        expect(routines).toEqual(
          expect.arrayContaining([
            some('describe_thing', [{ name: 'id', type: 'integer', required: true }]),
            some('describe_thing', [{ name: 'label', type: 'string', required: true }]),
          ]),
        )
      if (unnamed)
        expect(routines).toEqual(
          expect.arrayContaining([
            some('nameless', [
              { name: '$1', type: 'integer', required: true },
              { name: '$2', type: 'integer', required: true },
            ]),
            some('sum_all', [{ name: 'numbers', type: 'array', required: false }]),
          ]),
        )
    })

    it('names the document', async () => {
      const { openapi, version } = (await get('')).json
      expect(version).toBe('v1')
      expect((await outside('GET', openapi)).json.openapi).toBe('3.1.0')
    })
  })

  describe('the OpenAPI document', () => {
    it('describes every resource, row and routine, and what may be done with it', async () => {
      const { paths } = (await get('/openapi.json')).json
      expect(Object.keys(paths['/orders'])).toEqual(['get', 'post', 'patch', 'delete'])
      expect(Object.keys(paths['/orders/{key}']).filter((key) => key !== 'parameters')).toEqual([
        'get',
        'put',
        'patch',
        'delete',
      ])
      expect(Object.keys(paths['/order_items/{key1},{key2}'])).toContain('get')
      expect(Object.keys(paths['/order_totals'])).toEqual(['get'])
      expect(Object.keys(paths['/rpc/add_numbers'])).toEqual(['get', 'post'])
      expect(Object.keys(paths['/rpc/add_file'])).toEqual(['post'])
      expect(paths['/weird%20table']).toBeDefined()
      expect(paths['/batch'].post).toBeDefined()
    })

    it('allows what OPTIONS allows', async () => {
      const { paths } = (await get('/openapi.json')).json
      for (const [path, operations] of Object.entries(paths)) {
        if (path.includes('{')) continue
        const answer = await context.request('OPTIONS', path)
        const allow = (answer.headers['allow'] ?? '')
          .split(', ')
          .filter((m) => m !== 'HEAD' && m !== 'OPTIONS')
        const described = Object.keys(operations as object).map((m) => m.toUpperCase())
        expect(`${path}: ${described.sort().join()}`).toBe(`${path}: ${allow.sort().join()}`)
      }
    })

    it('is not there for another version', async () => {
      expect(problem(await outside('GET', '/api/v9/openapi.json'), 'unknown_version')).toMatchObject({
        versions: ['v1'],
      })
      problem(await outside('GET', '/api/v9'), 'unknown_version')
      problem(await outside('GET', '/api/v9/orders'), 'unknown_version')
    })
  })
}
