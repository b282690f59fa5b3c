/** Whole requests: reads, writes, calls; bodies by type; which shapes are equal. */
import { describe, expect, test } from 'vitest'
import { headers, limits, read, refusal } from './form.fixture.ts'
import { isRawNumber } from './json.ts'
import { type CallForm, parseCall, parseRead, parseWrite, type WriteMethod } from './parse.ts'

interface Sent {
  key?: string
  search?: string
  headers?: Record<string, string>
  body?: string
}

const bytes = (text: string | undefined) => (text === undefined ? undefined : new TextEncoder().encode(text))

const write = (method: WriteMethod, sent: Sent = {}) =>
  parseWrite({
    method,
    resource: 'orders',
    key: sent.key,
    search: sent.search ?? '',
    header: headers(sent.headers),
    body: bytes(sent.body),
    limits,
  })

const call = (method: CallForm['method'], sent: Omit<Sent, 'key'> = {}) =>
  parseCall({
    method,
    resource: 'add',
    search: sent.search ?? '',
    header: headers(sent.headers),
    body: bytes(sent.body),
    limits,
  })

describe('reads', () => {
  test('a read by key without parameters shares its query with all others', () => {
    const one = parseRead({ resource: 'orders', key: '42', search: '', header: headers(), limits })
    expect(one).toMatchObject({
      kind: 'read',
      resource: 'orders',
      key: ['42'],
      values: [],
      media: 'json',
      numbers: 'default',
      preferences: {},
      after: undefined,
    })
    const other = parseRead({ resource: 'orders', key: '43', search: '?', header: headers(), limits })
    expect(other.query).toBe(one.query)
    expect(other.shape).toBe(one.shape)
  })

  test('the resource is percent-decoded', () => {
    const at = (resource: string) =>
      parseRead({ resource, key: undefined, search: '', header: headers(), limits })
    expect(at('order%20items').resource).toBe('order items')
    expect(refusal(() => at('a%00'))).toMatchObject({
      code: 'malformed_url',
      facts: { parameter: 'resource' },
    })
  })

  test('headers choose representation and preferences', () => {
    expect(
      read('', { accept: 'application/json; numbers=string', prefer: 'count=exact, wait=1' }),
    ).toMatchObject({ media: 'json', numbers: 'string', preferences: { count: 'exact', wait: 1 } })
  })
})

describe('shapes', () => {
  test.each([
    ['?status=a', '?status=b'],
    ['?status[in]=a', '?status[in]=b,c'],
    ['?offset=1', '?offset=2'],
    ['?after=x', '?after=y'],
    ['', '?after=y'],
    ['?filter=%7B%22a%22%3A1%7D', '?filter=%7B%22a%22%3A%5B%22x%22%5D%7D'],
  ])('%s and %s have one shape', (a, b) => {
    expect(read(a).shape).toBe(read(b).shape)
  })

  test.each([
    ['?status=a', '?total=a'],
    ['?status=a', '?status[neq]=a'],
    ['?status=a', '?status[eq]=a'],
    ['?limit=1', '?limit=2'],
    ['', '?limit=100'],
    ['', '?offset=0'],
    ['?order=a', '?order=-a'],
    ['?order=a', '?order=a.nullslast'],
    ['?order=a.nullsfirst', '?order=a.nullslast'],
    ['?select=a', '?select=b'],
    ['?select=a', '?order=a'],
    ['?select=count()', '?select=count'],
    ['?select=a(b)', '?select=a,b'],
    ['?select=a(b)', '?select=x:a(b)'],
    ['?select=a(b)', '?select=a!x(b)'],
    ['?select=a(offset=1;b)', '?select=a(offset=2;b)'],
    ['?a.b=1', '?a!c.b=1'],
    ['?a=1&b=1', '?b=1&a=1'],
  ])('%s and %s have two shapes', (a, b) => {
    expect(read(a).shape).not.toBe(read(b).shape)
  })

  test('resource, key, representation and count are', () => {
    const shape = (resource: string, key?: string, values: Record<string, string> = {}) =>
      parseRead({ resource, key, search: '', header: headers(values), limits }).shape
    const shapes = [
      shape('a'),
      shape('b'),
      shape('a', '1'),
      shape('a', '1,2'),
      shape('a', undefined, { accept: 'text/csv' }),
      shape('a', undefined, { accept: 'application/json;numbers=native' }),
      shape('a', undefined, { prefer: 'count=exact' }),
      shape('a', undefined, { prefer: 'count=estimated' }),
    ]
    expect(new Set(shapes).size).toBe(shapes.length)
    expect(shape('a', undefined, { prefer: 'wait=3, return=minimal, max-affected=5' })).toBe(shape('a'))
  })
})

describe('writes', () => {
  test('POST inserts an object or a list of them', () => {
    expect(write('POST', { body: '{"a":1}', search: '?select=id' })).toMatchObject({
      kind: 'write',
      operation: 'insert',
      key: undefined,
      rows: [{ a: 1 }],
      many: false,
      query: { select: [{ name: 'id' }], filter: undefined },
      ifMatch: undefined,
      ifNoneMatchAny: false,
    })
    expect(write('POST', { body: '[{"a":1},{"b":null}]' })).toMatchObject({
      rows: [{ a: 1 }, { b: null }],
      many: true,
    })
    expect(write('POST', { body: '[]' })).toMatchObject({ rows: [], many: true })
  })

  test('rows hold nothing but their own members', () => {
    const [row] = write('POST', { body: '{"__proto__":{"x":1}}' }).rows
    expect(Object.getPrototypeOf(row)).toBeNull()
    expect(Object.keys(row ?? {})).toEqual(['__proto__'])
    expect(row?.['x']).toBeUndefined()
    expect(row?.['constructor']).toBeUndefined()
  })

  test('numbers keep every digit', () => {
    const [row] = write('POST', { body: '{"a":12345678901234567890,"b":1.5}' }).rows
    expect(isRawNumber(row?.['a'])).toBe(true)
    expect(row?.['b']).toBe(1.5)
  })

  test('CSV is always a list', () => {
    expect(
      write('POST', { body: 'a,b\n1,\n', headers: { 'content-type': 'text/csv; charset=UTF-8' } }),
    ).toMatchObject({
      rows: [{ a: '1', b: null }],
      many: true,
    })
  })

  test.each([
    ['', 'is empty'],
    ['1', 'a number'],
    ['1e9', 'a number'],
    ['"x"', 'a string'],
    ['null', 'null'],
    ['true', 'a boolean'],
    ['[1]', 'row 1'],
    ['[{},[]]', 'row 2'],
    ['[{},1e5]', 'row 2'],
    ['{', 'JSON'],
  ])('POST refuses the body %s', (body, why) => {
    const { code, detail } = refusal(() => write('POST', { body }))
    expect(code).toBe('malformed_body')
    expect(detail).toContain(why)
  })

  test('POST takes as many rows as allowed, counted before they are parsed', () => {
    const body = (n: number) => `[${Array(n).fill('{"a":[1,2,{"b":3}]}').join(' , ')}]`
    expect(write('POST', { body: body(3) }).rows).toHaveLength(3)
    expect(refusal(() => write('POST', { body: body(4) }))).toMatchObject({
      code: 'body_too_large',
      facts: { limit: 3, actual: 4 },
    })
    expect(refusal(() => write('POST', { body: '[{},{},{},{}' })).code).toBe('body_too_large')
    expect(
      refusal(() => write('POST', { body: 'a\n1\n2\n3\n4', headers: { 'content-type': 'text/csv' } })),
    ).toMatchObject({ code: 'body_too_large', facts: { limit: 3, actual: 4 } })
  })

  test('a wide object is no list', () => {
    expect(write('POST', { body: '{"a":1,"b":2,"c":3,"d":4}' }).rows).toHaveLength(1)
  })

  test.each([
    ['PUT', 'upsert'],
    ['PATCH', 'update'],
  ] as const)('%s writes exactly one object', (method, operation) => {
    expect(write(method, { key: '4,2', body: '{"a":1}' })).toMatchObject({
      operation,
      key: ['4', '2'],
      rows: [{ a: 1 }],
      many: false,
    })
    for (const body of ['[{"a":1}]', '1', '', 'null'])
      expect(refusal(() => write(method, { key: '1', body })).code).toBe('malformed_body')
    expect(
      refusal(() => write(method, { key: '1', body: 'a\n1\n2\n', headers: { 'content-type': 'text/csv' } })),
    ).toMatchObject({ code: 'malformed_body', facts: { actual: 2 } })
  })

  test('DELETE takes no body', () => {
    expect(write('DELETE', { key: '1' })).toMatchObject({ operation: 'delete', rows: [], many: false })
    expect(write('DELETE', { key: '1', body: '' }).rows).toEqual([])
    expect(refusal(() => write('DELETE', { key: '1', body: '{}' })).code).toBe('malformed_body')
  })

  test('a collection is changed only with a filter or a bound', () => {
    for (const search of ['', '?select=id', '?filter=%7B%7D'])
      expect(refusal(() => write('PATCH', { search, body: '{}' })).code).toBe('unbounded_write')
    expect(refusal(() => write('DELETE')).code).toBe('unbounded_write')
    expect(write('PATCH', { search: '?status=open', body: '{}' }).query.filter).toMatchObject({
      field: 'status',
    })
    expect(write('DELETE', { headers: { prefer: 'max-affected=5' } }).preferences).toEqual({ maxAffected: 5 })
  })

  test('parameters that have no meaning in a write are refused', () => {
    for (const name of ['order', 'limit', 'offset', 'after'])
      expect(refusal(() => write('DELETE', { search: `?a=1&${name}=1` }))).toMatchObject({
        code: 'unknown_parameter',
        facts: { parameter: name, parameters: ['select', 'filter'] },
      })
    for (const name of ['status', 'filter', 'limit'])
      expect(refusal(() => write('POST', { search: `?${name}=1`, body: '{}' }))).toMatchObject({
        code: 'unknown_parameter',
        facts: { parameter: name, parameters: ['select'] },
      })
  })

  test('If-Match goes with one row', () => {
    expect(write('PATCH', { key: '1', body: '{}', headers: { 'if-match': '"a", "b"' } }).ifMatch).toEqual([
      'a',
      'b',
    ])
    expect(write('DELETE', { key: '1', headers: { 'if-match': '*' } }).ifMatch).toBe('*')
    expect(
      refusal(() => write('PATCH', { search: '?a=1', body: '{}', headers: { 'if-match': '"a"' } })).code,
    ).toBe('malformed_header')
  })

  test('If-None-Match is * on PUT, and refused where it could not be kept', () => {
    expect(write('PUT', { key: '1', body: '{}', headers: { 'if-none-match': '*' } }).ifNoneMatchAny).toBe(
      true,
    )
    for (const method of ['PUT', 'PATCH'] as const)
      expect(
        refusal(() => write(method, { key: '1', body: '{}', headers: { 'if-none-match': '"a"' } })),
      ).toMatchObject({ code: 'malformed_header', facts: { header: 'If-None-Match' } })
    const both = { 'if-match': '*', 'if-none-match': '*' }
    expect(refusal(() => write('PUT', { key: '1', body: '{}', headers: both }))).toMatchObject({
      code: 'malformed_header',
      facts: { header: 'If-None-Match' },
    })
    expect(refusal(() => write('DELETE', { key: '1', headers: { 'if-none-match': '*' } })).code).toBe(
      'malformed_header',
    )
  })

  test('shapes cover operation, filter, select and the preferred return, not values', () => {
    const shape = (method: WriteMethod, search: string, prefer = '') =>
      write(method, { search, headers: { prefer }, ...(method === 'DELETE' ? {} : { body: '{}' }) }).shape
    expect(shape('PATCH', '?a=1')).toBe(shape('PATCH', '?a=2'))
    const shapes = [
      shape('PATCH', '?a=1'),
      shape('DELETE', '?a=1'),
      shape('PATCH', '?b=1'),
      shape('PATCH', '?a=1&select=a'),
      shape('PATCH', '?a=1', 'return=minimal'),
      shape('PATCH', '?a=1', 'return=representation'),
    ]
    expect(new Set(shapes).size).toBe(shapes.length)
  })
})

describe('media types of bodies', () => {
  const post = (values: Record<string, string>) => write('POST', { body: '{"a":1}', headers: values })

  test.each(['', 'application/json', 'Application/JSON ; Charset="UTF-8"', 'application/json;profile=x'])(
    'Content-Type: %s is JSON',
    (type) => {
      expect(post({ 'content-type': type }).rows).toHaveLength(1)
    },
  )

  test('without Content-Type a body is JSON', () => {
    expect(post({}).rows).toHaveLength(1)
    expect(post({ 'content-encoding': 'identity' }).rows).toHaveLength(1)
  })

  test.each([
    [{ 'content-type': 'application/x-www-form-urlencoded' }, ['application/json', 'text/csv']],
    [{ 'content-type': 'text/plain' }, ['application/json', 'text/csv']],
    [{ 'content-type': 'json' }, ['application/json', 'text/csv']],
    [{ 'content-type': 'application/json; charset=iso-8859-1' }, ['charset=utf-8']],
    [{ 'content-type': 'text/csv; header=absent' }, ['header=present']],
    [{ 'content-encoding': 'gzip' }, ['identity']],
  ])('%j is refused with what is taken', (values, accepted) => {
    expect(refusal(() => post(values as unknown as Record<string, string>))).toMatchObject({
      code: 'unsupported_media_type',
      facts: { accepted },
    })
  })
})

describe('calls', () => {
  test('GET has its arguments in the query string, a repeated one is a list', () => {
    const { args, ...rest } = call('GET', { search: '?a=1&limit=2&a=3&x[gt]=4&__proto__=5&a=6' })
    expect(Object.entries(args)).toEqual([
      ['a', ['1', '3', '6']],
      ['limit', '2'],
      ['x[gt]', '4'],
      ['__proto__', '5'],
    ])
    expect(Object.getPrototypeOf(args)).toBeNull()
    expect(rest).toEqual({
      kind: 'call',
      routine: 'add',
      method: 'GET',
      media: 'json',
      numbers: 'default',
      preferences: {},
    })
  })

  test('POST has them in a JSON object, or has none', () => {
    expect({ ...call('POST', { body: '{"a":[1,{"b":null}]}' }).args }).toEqual({ a: [1, { b: null }] })
    expect({ ...call('POST').args }).toEqual({})
    expect({ ...call('POST', { body: '' }).args }).toEqual({})
  })

  test.each(['[]', '1', 'null', '{'])('POST refuses the body %s', (body) => {
    expect(refusal(() => call('POST', { body })).code).toBe('malformed_body')
  })

  test('POST refuses CSV, and arguments in the query string', () => {
    expect(refusal(() => call('POST', { body: 'a\n1', headers: { 'content-type': 'text/csv' } })).code).toBe(
      'unsupported_media_type',
    )
    expect(refusal(() => call('POST', { search: '?a=1', body: '{}' }))).toMatchObject({
      code: 'unknown_parameter',
      facts: { parameter: 'a' },
    })
  })
})
