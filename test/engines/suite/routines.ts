/** Functions and procedures below /rpc. */
import { beforeEach, describe, expect, it } from 'vitest'
import { body, column, e, type EngineContext, nextPage, problem } from './context.ts'

export function routines(context: EngineContext): void {
  const { get, request } = context
  const { functionsGiveRows, defaults, overloads, unnamed, documents } = context.capabilities.routines
  const { readOnlyOutputs, functionsWrite } = context.capabilities.routines
  const call = (name: string, args?: unknown, headers: Record<string, string> = {}) =>
    request('POST', `/rpc/${name}`, { ...(args === undefined ? {} : { body: args }), headers })

  beforeEach(() => context.sql('DELETE FROM files'))

  describe('a read-only function', () => {
    it('is called with GET and with POST', async () => {
      body(await get('/rpc/add_numbers?a=1&b=2'), '3')
      body(await call('add_numbers', { a: 1, b: 2 }), '3')
    })

    it('takes its defaults', async ({ skip }) => {
      if (!defaults) skip(`arguments have no defaults on ${context.name}`)
      body(await get('/rpc/add_numbers?a=1'), '11')
      body(await call('add_numbers', { a: 1 }), '11')
    })

    it('that knows nothing answers null', async () => {
      body(await get('/rpc/nothing_known'), 'null')
      body(await call('nothing_known'), 'null')
      body(await call('add_numbers', { a: null, b: 1 }), 'null')
    })

    it('gives a list of values', async () => {
      const list = functionsGiveRows ? '["green","new"]' : '[{"label":"green"},{"label":"new"}]'
      body(await get('/rpc/labels_up_to?n=2'), list)
      body(await get('/rpc/labels_up_to?n=0'), '[]')
    })

    it('gives rows', async () => {
      expect(column(await get('/rpc/orders_of?customer=1'))).toEqual([1, 2])
      body(await get('/rpc/orders_of?customer=4'), '[]')
      expect(nextPage(await get('/rpc/orders_of?customer=1'))).toBeUndefined()
    })

    it('gives one row, or null', async () => {
      const row = '{"id":2,"sku":"B/2","name":"Bread","price":"3.25","category_id":2}'
      body(await get('/rpc/cheapest?at_least=3'), functionsGiveRows ? row : `[${row}]`)
      body(await get('/rpc/cheapest?at_least=1000'), functionsGiveRows ? 'null' : '[]')
    })

    it('gives its output parameters', async () => {
      const outputs = '{"first":"Ada","last":"Lovelace"}'
      const answer = await get(`/rpc/split_name?full_name=${e('Ada Lovelace')}`)
      body(answer, readOnlyOutputs ? outputs : `[${outputs}]`)
    })

    it('takes and gives every digit', async () => {
      const exact = '[{"big":9223372036854775807,"exact":"12345678901234567890.0123456789"}]'
      body(await get('/rpc/exact_numbers?a=9223372036854775807&b=12345678901234567890.0123456789'), exact)
      const sent = '{"a":9223372036854775807,"b":12345678901234567890.0123456789}'
      body(
        await request('POST', '/rpc/exact_numbers', {
          body: sent,
          headers: { 'content-type': 'application/json' },
        }),
        exact,
      )
    })

    it('takes and gives documents', async ({ skip }) => {
      if (!documents) skip(`arguments are no documents on ${context.name}`)
      const document = { a: [1, { b: null }] }
      expect((await call('echo_json', { document })).json).toEqual(document)
      expect((await get(`/rpc/echo_json?document=${e(JSON.stringify(document))}`)).json).toEqual(document)
    })

    it('is chosen among those of its name by the arguments', async ({ skip }) => {
      if (!overloads) skip(`a name is that of one routine on ${context.name}`)
      body(await get('/rpc/describe_thing?id=5'), '"number 5"')
      body(await get('/rpc/describe_thing?label=5'), '"label 5"')
      body(await call('describe_thing', { label: 'x' }), '"label x"')
      expect(problem(await call('describe_thing', { other: 'x' }), 'bad_value').detail).toContain(
        'label string',
      )
    })

    it('takes arguments by place where they have no names', async ({ skip }) => {
      if (!unnamed) skip(`all arguments have names on ${context.name}`)
      body(await get(`/rpc/nameless?${e('$1')}=5&${e('$2')}=3`), '2')
      body(await call('nameless', { $1: 5, $2: 3 }), '2')
    })

    it('takes a list for its last parameter', async ({ skip }) => {
      if (!unnamed) skip(`no routine takes lists on ${context.name}`)
      body(await call('sum_all', { numbers: [1, 2, 3] }), '6')
      body(await get('/rpc/sum_all?numbers=1&numbers=2'), '3')
    })

    it('gives CSV and NDJSON too', async () => {
      const csv = await get('/rpc/orders_of?customer=2', { accept: 'text/csv' })
      expect(csv.text.split('\r\n')[0]).toBe('id,customer_id,billing_customer_id,status,placed_on,total,note')
      const lines = await get('/rpc/orders_of?customer=1', { accept: 'application/x-ndjson' })
      expect(lines.text.trimEnd().split('\n')).toHaveLength(2)
      const none = await get('/rpc/cheapest?at_least=1000', { accept: 'application/x-ndjson' })
      expect(none.text).toBe(functionsGiveRows ? 'null\n' : '')
    })

    it.each([
      ['add_numbers?a=x', 'invalid_parameter'],
      ['add_numbers?a=1&a=2', 'invalid_parameter'],
      ['add_numbers', 'invalid_parameter'],
      ['add_numbers?a=1&c=2', 'unknown_parameter'],
      ['nothing?a=1', 'unknown_resource'],
    ] as const)('GET %s is refused', async (path, code) => void problem(await get(`/rpc/${path}`), code))

    it.each([
      ['add_numbers', { a: 'x' }, 'bad_value'],
      ['add_numbers', {}, 'bad_value'],
      ['add_numbers', { a: 1, c: 2 }, 'unknown_parameter'],
      ['add_numbers', [1], 'malformed_body'],
      ['nothing', {}, 'unknown_resource'],
    ] as const)(
      'POST %s %j is refused',
      async (name, args, code) => void problem(await call(name, args), code),
    )

    it('claims no preference that it cannot honour', async () => {
      const answer = await call(
        'add_numbers',
        { a: 1, b: 2 },
        { prefer: 'return=minimal, count=exact, wait=9' },
      )
      expect(answer.headers['preference-applied']).toBe('wait=9')
      expect(answer.headers['content-range']).toBeUndefined()
      problem(await call('add_numbers', { a: 1, b: 2 }, { prefer: 'max-affected=0' }), 'malformed_header')
    })

    it('takes its arguments from one place only', async () =>
      void problem(await request('POST', '/rpc/add_numbers?a=1', { body: { b: 1 } }), 'unknown_parameter'))
  })

  describe('a routine that may write', () => {
    it('is called with POST only', async () => {
      body(await call('add_file', { path: 'p', size: 4 }), functionsWrite ? '4' : '[{"size":4}]')
      expect(column(await get('/files'), 'path')).toEqual(['p'])
      const refused = await get('/rpc/add_file?path=q&size=1')
      problem(refused, 'method_not_allowed')
      expect(refused.headers['allow']).toBe('POST, OPTIONS')
      expect(column(await get('/files'), 'path')).toEqual(['p'])
    })

    it('that returns nothing answers 204', async () => {
      await call('add_file', { path: 'p', size: 4 })
      const answer = await call('forget_files')
      expect(`${answer.status} ${answer.text}`).toBe('204 ')
      expect(column(await get('/files'), 'path')).toEqual([])
    })

    it('may be a procedure, and gives its output parameters', async () => {
      await call('add_file', { path: 'p', size: 4 })
      body(await call('move_file', { path: 'p', suffix: '.old' }), '{"path":"p.old"}')
      expect(column(await get('/files'), 'path')).toEqual(['p.old'])
    })

    it('that raises an error is told apart from a fault, without its words', async () => {
      const refused = await call('refuse', { reason: 'why' })
      problem(refused, 'routine_failed')
      expect(refused.text).not.toContain('why')
    })

    it('that breaks a constraint says which', async () => {
      await call('add_file', { path: 'p', size: 4 })
      expect(problem(await call('add_file', { path: 'p', size: 4 }), 'constraint_unique')).toHaveProperty(
        'constraint',
      )
    })

    it('is cancelled when its time is over, and says the numbers', async () => {
      const late = problem(await call('nap', { seconds: 20 }, { prefer: 'wait=0.3' }), 'statement_timeout')
      expect(late.detail).toMatch(/\b[12]?\d{1,2} ms|300 ms/)
    })
  })
}
