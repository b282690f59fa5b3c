/** POST: one row, many rows, all or nothing. */
import { beforeEach, describe, expect, it } from 'vitest'
import { body, type EngineContext, problem } from './context.ts'

export function inserts(context: EngineContext): void {
  const { get, request } = context
  const post = (path: string, content: unknown, headers: Record<string, string> = {}) =>
    request('POST', path, {
      body: content,
      headers: { ...(typeof content === 'string' && { 'content-type': 'application/json' }), ...headers },
    })
  const count = async (table: string) =>
    Number((await context.sql(`SELECT count(*) AS n FROM ${table}`))[0]?.['n'])

  beforeEach(() =>
    context.sql(
      'DELETE FROM accounts; DELETE FROM ledger; DELETE FROM files; DELETE FROM tokens; DELETE FROM numbered',
    ),
  )

  describe('an inserted row', () => {
    it('is answered with 201, its place and itself, defaults and generated fields included', async () => {
      const answer = await post('/accounts', { id: 7, owner: 'Ada', age: 21, balance: '10.5' })
      body(
        answer,
        '{"id":7,"owner":"Ada","email":null,"balance":"10.50","age":21,"doubled":42,"active":true,"big":null,"parent_id":null}',
        201,
      )
      expect(answer.headers['location']).toBe('/api/v1/accounts/7')
      body(await context.outside('GET', answer.headers['location'] ?? ''), answer.text)
    })

    it('gets its key from the database when it has none', async () => {
      const answer = await post('/accounts?select=id', { owner: 'Ada' })
      expect(answer.status).toBe(201)
      expect(answer.headers['location']).toBe(`/api/v1/accounts/${answer.json.id}`)
      const numbered = await post('/numbered', { name: 'x' })
      expect(numbered.json.name).toBe('x')
    })

    it.each([
      ['/ledger', { account: 'a,b/c', seq: 2 }, '/ledger/a%2Cb%2Fc,2'],
      ['/files', { path: '100% ü?' }, '/files/100%25%20%C3%BC%3F'],
      [
        '/tokens',
        { id: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' },
        context.capabilities.uuids
          ? '/tokens/a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
          : '/tokens/A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
      ],
    ])('has the place of its key: %s', async (path, row, place) => {
      const answer = await post(path, row)
      expect(answer.status, answer.text).toBe(201)
      expect(answer.headers['location']).toBe(`/api/v1${place}`)
      expect((await get(place)).status).toBe(200)
    })

    it('is answered with the selected fields and related rows only', async () => {
      await post('/accounts', { id: 1, owner: 'Ada' })
      const answer = await post('/accounts?select=owner,parent(owner)', { owner: 'Bob', parent_id: 1 })
      body(answer, '{"owner":"Bob","parent":{"owner":"Ada"}}', 201)
    })

    it('is not answered with return=minimal, but has its place and tag', async () => {
      const answer = await post('/files', { path: 'm' }, { prefer: 'return=minimal' })
      expect(`${answer.status} ${answer.text}`).toBe('201 ')
      expect(answer.headers).toMatchObject({
        location: '/api/v1/files/m',
        'preference-applied': 'return=minimal',
      })
      expect(answer.headers['etag']).toBe((await get('/files/m')).headers['etag'])
    })

    it('says that return=representation was applied', async () => {
      const answer = await post('/files', { path: 'r' }, { prefer: 'return=representation' })
      expect(answer.headers['preference-applied']).toBe('return=representation')
    })

    it('may be all defaults', async () => {
      const answer = await post('/numbered', {})
      expect(answer.status, answer.text).toBe(201)
      expect(answer.json.name).toBeNull()
    })

    it('keeps every digit', async () => {
      const answer = await post('/accounts?select=big', '{"owner":"x","big":9223372036854775807}')
      body(answer, '{"big":9223372036854775807}', 201)
      const decimal = await post(
        '/ledger?select=amount',
        '{"account":"x","seq":1,"amount":12345678901234567890.0123456789}',
      )
      body(decimal, '{"amount":"12345678901234567890.0123456789"}', 201)
    })
  })

  describe('inserted rows', () => {
    it('are an array in their order, without a place', async () => {
      const answer = await post('/ledger?select=account,seq,memo', [
        { account: 'z', seq: 1 },
        { account: 'a', seq: 1, memo: null },
        { seq: 2, account: 'z', memo: 'x' },
      ])
      body(
        answer,
        '[{"account":"z","seq":1,"memo":"none"},{"account":"a","seq":1,"memo":null},{"account":"z","seq":2,"memo":"x"}]',
        201,
      )
      expect(answer.headers['location']).toBeUndefined()
    })

    it('may be one in an array, or none', async () => {
      body(await post('/files?select=path', [{ path: 'only' }]), '[{"path":"only"}]', 201)
      body(await post('/files', []), '[]', 201)
    })

    it('are all or nothing', async () => {
      const answer = await post('/files', [{ path: 'a' }, { path: 'b' }, { path: 'a' }])
      problem(answer, 'constraint_unique')
      expect(await count('files')).toBe(0)
    })

    it('name the row that is wrong', async () => {
      const answer = await post('/files', [{ path: 'a' }, { path: 'b', size: 'x' }])
      expect(problem(answer, 'bad_value')).toMatchObject({ row: 2, field: 'size' })
    })

    it('are all or nothing beyond what one statement can bind, too', async () => {
      const many = Array.from({ length: 9000 }, (_, i) => ({
        account: `n${i}`,
        seq: i,
        amount: i,
        ...(i % 2 && { memo: 'm' }),
      }))
      const answer = await post('/ledger', many, { prefer: 'return=minimal' })
      expect(answer.status, answer.text).toBe(201)
      expect(await count('ledger')).toBe(9000)
      await context.sql('DELETE FROM ledger')
      problem(await post('/ledger', [...many, { account: 'n0', seq: 0 }]), 'constraint_unique')
      expect(await count('ledger')).toBe(0)
    })

    it('are limited in number', async () => {
      const answer = await post(
        '/files',
        Array.from({ length: 10_001 }, (_, i) => ({ path: `${i}` })),
      )
      expect(problem(answer, 'body_too_large')).toMatchObject({ limit: 10_000, actual: 10_001 })
    })

    it('are no more than max-affected', async () => {
      const prefer = { prefer: 'max-affected=1' }
      problem(await post('/files', [{ path: 'a' }, { path: 'b' }], prefer), 'max_affected_exceeded')
      expect(await count('files')).toBe(0)
      expect((await post('/files', [{ path: 'a' }], prefer)).status).toBe(201)
    })

    it('are told in number with return=minimal', async () => {
      const answer = await post('/files', [{ path: 'a' }, { path: 'b' }], { prefer: 'return=minimal' })
      expect(`${answer.status} ${answer.text}`).toBe('201 ')
      expect(answer.headers['content-range']).toBe('*/2')
    })
  })

  describe('an insert', () => {
    it.each([
      ['/accounts', {}, 'constraint_not_null', 'owner'],
      ['/accounts', { owner: null }, 'constraint_not_null', 'owner'],
      ['/accounts', { owner: 'x', age: -1 }, 'constraint_check', 'accounts_age_check'],
      ['/accounts', { owner: 'x', parent_id: 999 }, 'constraint_foreign_key', 'accounts_parent_fkey'],
      ['/accounts', { owner: 'x', doubled: 4 }, 'read_only_field', 'doubled'],
      ['/accounts', { owner: 'x'.repeat(21) }, 'bad_value', 'owner'],
      ['/accounts', { owner: 'x', nothing: 1 }, 'unknown_field', 'nothing'],
      ['/accounts', { owner: 'x', parent: { owner: 'y' } }, 'unknown_field', 'parent'],
      ['/ledger_of_ada', { account: 'bob', seq: 1 }, 'constraint_check', ''],
      ['/ledger_of_ada', {}, 'constraint_not_null', ''],
      ['/order_totals', { customer: 'x' }, 'method_not_allowed', ''],
      ['/nothing', {}, 'unknown_resource', 'nothing'],
    ] as const)('%s %j is refused: %s', async (path, row, code, named) => {
      expect(JSON.stringify(problem(await post(path, row), code))).toContain(named)
    })

    it('with a value for an identity that is always made is refused', async ({ skip }) => {
      if (!context.capabilities.alwaysIdentity) skip(`${context.name} has no such identities`)
      expect(problem(await post('/numbered', { id: 4 }), 'read_only_field')).toMatchObject({ field: 'id' })
    })

    it('of a row that is there is refused, and the constraint named', async () => {
      await post('/accounts', { owner: 'x', email: 'e' })
      expect(problem(await post('/accounts', { owner: 'y', email: 'e' }), 'constraint_unique')).toMatchObject(
        { constraint: 'accounts_email_key' },
      )
      expect(await count('accounts')).toBe(1)
    })

    it('goes through views that can be written', async () => {
      const row = { account: 'ada', seq: 1, amount: 2 }
      const answer = await post('/ledger_of_ada', row)
      body(answer, '{"account":"ada","seq":1,"amount":"2.0000000000"}', 201)
      expect(await count('ledger')).toBe(1)
    })

    it.each(['order=id', 'limit=1', 'offset=0', 'filter={}', 'owner=x', 'after=x'])(
      'takes no %s',
      async (query) => void problem(await post(`/accounts?${query}`, { owner: 'x' }), 'unknown_parameter'),
    )

    it('goes to a collection only', async () => {
      const refused = await post('/accounts/1', { owner: 'x' })
      problem(refused, 'method_not_allowed')
      expect(refused.headers['allow']).toBe('GET, HEAD, PUT, PATCH, DELETE, OPTIONS')
    })

    it.each([
      ['', 'malformed_body'],
      ['{', 'malformed_body'],
      ['null', 'malformed_body'],
      ['"x"', 'malformed_body'],
      ['5', 'malformed_body'],
      ['[1]', 'malformed_body'],
      ['[[]]', 'malformed_body'],
      ['{"owner":"x"} x', 'malformed_body'],
      ['{"owner":NaN}', 'malformed_body'],
      [`{"owner":${'['.repeat(100)}${']'.repeat(100)}}`, 'malformed_body'],
      ['{"owner":"\\u0000"}', 'bad_value'],
    ] as const)(
      'with the body %s is refused',
      async (text, code) => void problem(await post('/accounts', text), code),
    )
  })

  describe('CSV rows', () => {
    const csv = { 'content-type': 'text/csv' }

    it('are read by type: empty is NULL, "" is the empty text, left-out fields are defaults', async () => {
      const answer = await post(
        '/accounts?select=owner,email,balance,age,active',
        'owner,email,age,active\r\n"A, ""B""",,7,false\nC,"",,true',
        csv,
      )
      body(
        answer,
        '[{"owner":"A, \\"B\\"","email":null,"balance":"0.00","age":7,"active":false},' +
          '{"owner":"C","email":"","balance":"0.00","age":null,"active":true}]',
        201,
      )
    })

    it.each([
      ['owner\nx,y', 'malformed_body'],
      ['owner,owner\nx,y', 'malformed_body'],
      ['owner\n"x', 'malformed_body'],
      ['', 'malformed_body'],
      ['nothing\nx', 'unknown_field'],
      ['owner,age\nx,old', 'bad_value'],
    ] as const)(
      'like %j are refused',
      async (text, code) => void problem(await post('/accounts', text, csv), code),
    )
  })
}
