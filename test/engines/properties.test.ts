/** Random requests against the whole gateway: valid ones answer as a plain model does, hostile ones never find a fault. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { operators } from '#contract/request.ts'
import { type Answer, startGateway, type TestGateway } from '../support/gateway.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { schemaText } from './engines.ts'
import {
  answerOf,
  fieldNames,
  filterJson,
  filterParameters,
  modelInsert,
  modelSchema,
  someQuery,
} from './model.ts'
import { madeTypes, samples } from './postgres/types.samples.ts'
import { checkAnswer } from './suite/context.ts'

let server: TestPostgres
let gateway: TestGateway
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  const url = await server.createDatabase()
  const columns = samples.map(({ type }, i) => `c${i} ${type === 'char' ? '"char"' : type}`)
  await server.sql(url, `${await schemaText('postgres.sql')}; ${modelSchema} ${modelInsert};`)
  await server.sql(url, `${madeTypes} CREATE TABLE everything (id int PRIMARY KEY, ${columns.join()})`)
  gateway = await startGateway({ url, config: { deadlines: { default: '10s' } } })
})
afterAll(async () => {
  await gateway?.stop()
  await server?.stop()
})

const e = encodeURIComponent

it('answers valid reads as the model does, page by page', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      someQuery,
      fc.integer({ min: 1, max: 25 }),
      fc.integer({ min: 0, max: 10 }),
      fc.boolean(),
      async (query, limit, offset, flat) => {
        const { filter, order, select } = query
        const parameters = [`select=${select.join()}`, `limit=${limit}`]
        const asParameters = flat && filter !== undefined ? filterParameters(filter) : undefined
        if (asParameters !== undefined) parameters.push(...asParameters)
        else if (filter !== undefined) parameters.push(`filter=${e(filterJson(filter))}`)
        if (order.length > 0)
          parameters.push(
            `order=${order.map((o) => `${o.descending ? '-' : ''}${o.field}${o.nulls === undefined ? '' : `.nulls${o.nulls}`}`).join()}`,
          )
        if (offset > 0) parameters.push(`offset=${offset}`)
        const expected = answerOf(query)

        let path = `/api/v1/model?${parameters.join('&')}`
        for (let at = offset; ; at += limit) {
          const answer = await gateway.request('GET', path, { headers: { prefer: 'count=exact' } })
          expect(answer.text, path).toBe(`[${expected.slice(at, at + limit).join()}]`)
          expect(answer.headers['content-range'], path).toMatch(new RegExp(`/${expected.length}$`))
          const link = answer.headers['link']
          expect(link !== undefined, path).toBe(at + limit < expected.length)
          if (link === undefined) return
          path = /^<(.*)>; rel="next"$/.exec(link)?.[1] ?? ''
        }
      },
    ),
    { numRuns: 300, includeErrorInReport: true },
  )
})

/** Statuses of 500 and above that are documented answers to what a client may ask. */
const documented = new Set([501, 504])

function checkHarmless(method: string, path: string, answer: Answer): void {
  if (answer.status >= 500 && !documented.has(answer.status))
    throw new Error(`${method} ${path}\n${answer.status} ${answer.text}\n${gateway.log().slice(-1500)}`)
  checkAnswer(method, path, answer)
}

const resources = [
  'types',
  'everything',
  'orders',
  'order_items',
  'accounts',
  'ledger',
  'files',
  'tokens',
  'events',
  'weird%20table',
  'order_totals',
  'ledger_of_ada',
  'scores',
  'nothing',
  'model',
]
const names = [
  'id',
  'select',
  'limit',
  'order',
  'offset',
  'after',
  'filter',
  'a_int',
  'a_bigint',
  'a_decimal',
  'a_double',
  'a_timestamp',
  'a_date',
  'a_time',
  'a_json',
  'a_binary',
  'a_uuid',
  'a_char',
  'status',
  'items',
  'customer',
  'owner',
  'path',
  'size',
  '__proto__',
  'constructor',
  '',
  ...fieldNames,
  ...samples.map((_, i) => `c${i}`),
]
const values = [
  '',
  '0',
  '-1',
  '1',
  '1.0',
  '1e3',
  '1e400',
  '99999999999999999999',
  '-9223372036854775809',
  'NaN',
  'infinity',
  '-Infinity',
  'null',
  'true',
  'f',
  "'",
  '"',
  '\\',
  '%',
  '_',
  '*',
  '(',
  ')',
  '{}',
  '[]',
  '{1,2}',
  '[1,2)',
  '2026-02-30',
  '2026-11-23',
  '294277-01-01T00:00:00Z',
  '5874898-01-01',
  '4714-01-01 BC',
  '24:00:00',
  '23:59:60',
  '0001-01-01T00:00:00 BC',
  'P1Y',
  '::',
  '$1',
  '--',
  ';',
  '/*',
  'ﬀ',
  '💥',
  '\u202e',
  'a'.repeat(3000),
  '<->',
  ':*',
  '& |',
  'A'.repeat(64),
  '1,2',
  ',',
  '127.0.0.1/33',
  '((1,2),(3',
  '08:00:2b',
  '0/0/0',
  '1 2 3 x',
]

const someName = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
)
const someValue = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...values) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
)
const someJson = fc.oneof(
  fc.jsonValue({ maxDepth: 4, noUnicodeString: false }).map((value) => JSON.stringify(value)),
  fc
    .dictionary(someName, someValue, { maxKeys: 5, noNullPrototype: true })
    .map((value) => JSON.stringify(value)),
  fc
    .dictionary(
      someName,
      fc.dictionary(
        fc.constantFrom(...operators, 'and', 'or', 'not', 'id'),
        fc.oneof(someValue, fc.array(someValue, { maxLength: 3 })),
      ),
      { maxKeys: 3 },
    )
    .map((value) => JSON.stringify(value)),
  fc.integer({ min: 1, max: 900 }).map((depth) => '[{"not":'.repeat(depth)),
  fc.integer({ min: 1, max: 200 }).map((depth) => `${'{"not":'.repeat(depth)}{"id":1}${'}'.repeat(depth)}`),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
/** Text as percent-encoded bytes: sometimes broken, sometimes no UTF-8 at all, sometimes raw where a URL may not have it. */
const someEncoded = fc.oneof(
  { weight: 8, arbitrary: someValue.map((text) => e(text.toWellFormed())) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 6 })
      .map((bytes) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '%',
      '%0',
      '%zz',
      '%00',
      '%ed%a0%80',
      '%c0%af',
      '+',
      '&&',
      '=',
      '[',
      ']',
      '"',
      '..',
    ),
  },
)
const someParameter = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(someName, fc.constantFrom('', ...operators.map((o) => `[${o}]`), '[x]', '['), someEncoded)
      .map(([name, operator, value]) => `${e(name.toWellFormed())}${operator}=${value}`),
  },
  { weight: 2, arbitrary: someJson.map((json) => `filter=${e(json.toWellFormed())}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('select', 'order'),
        fc.array(
          fc.oneof(
            someName,
            fc.constantFrom(
              ',',
              '(',
              ')',
              ';',
              '-',
              '.',
              '!',
              ':',
              '*',
              '"',
              '=',
              'limit=1',
              '.sum()',
              'count()',
              '.nullsfirst',
              'items(',
              'customer(',
            ),
          ),
          { maxLength: 10 },
        ),
      )
      .map(([name, parts]) => `${name}=${e(parts.join('').toWellFormed())}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('limit', 'offset', 'after'), someEncoded)
      .map(([name, value]) => `${name}=${value}`),
  },
)
const someHeaders = fc.dictionary(
  fc.constantFrom(
    'prefer',
    'accept',
    'if-match',
    'if-none-match',
    'content-type',
    'x-request-id',
    'content-encoding',
  ),
  fc.oneof(
    fc.constantFrom(
      'return=minimal',
      'return=representation',
      'count=exact',
      'count=estimated',
      'max-affected=1',
      'max-affected=99999999999999999999',
      'wait=0',
      'wait=1e9',
      '*',
      '"1"',
      'W/"1"',
      '""',
      'application/json',
      'application/json; numbers=native',
      'text/csv',
      'application/x-ndjson',
      'identity',
      ',,,',
      ';q=',
      '"',
    ),
    fc.string({
      unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
      maxLength: 20,
    }),
  ),
  { maxKeys: 3 },
)
const somePath = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...resources) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...resources), fc.array(someEncoded, { minLength: 1, maxLength: 3 }))
      .map(([resource, key]) => `${resource}/${key.join()}`),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        'add_numbers',
        'exact_numbers',
        'labels_up_to',
        'cheapest',
        'split_name',
        'add_file',
        'refuse',
        'describe_thing',
        'nameless',
        'sum_all',
        'echo_json',
        'move_file',
        'nothing',
      )
      .map((name) => `rpc/${name}`),
  },
  { weight: 1, arbitrary: someEncoded },
)
const rpcNames = [
  'a',
  'b',
  'n',
  'customer',
  'at_least',
  'full_name',
  'path',
  'size',
  'reason',
  'id',
  'label',
  '$1',
  '$2',
  'numbers',
  'document',
  'suffix',
]
const someArguments = fc.dictionary(
  fc.constantFrom(...rpcNames),
  fc.oneof(someValue, fc.jsonValue({ maxDepth: 2 })),
  { maxKeys: 3 },
)

it('finds no fault in whatever clients ask', { timeout: 180_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
      somePath,
      fc.array(someParameter, { maxLength: 4 }),
      someHeaders,
      fc.oneof(
        someJson,
        someArguments.map((args) => JSON.stringify(args)),
      ),
      async (method, path, parameters, headers, json) => {
        const url = `/api/v1/${path}${parameters.length > 0 ? `?${parameters.join('&')}` : ''}`
        const sends = method === 'POST' || method === 'PUT' || method === 'PATCH'
        const answer = await gateway.request(method, url, { headers, ...(sends && { body: json }) })
        checkHarmless(method, url, answer)
      },
    ),
    { numRuns: 2500, includeErrorInReport: true },
  )
})

it('finds no fault in values of every type', { timeout: 120_000 }, async () => {
  const column = fc.constantFrom(...samples.map((_, i) => `c${i}`))
  await fc.assert(
    fc.asyncProperty(
      column,
      fc.oneof(
        someValue.map((value) => JSON.stringify(value)),
        someJson,
      ),
      fc.constantFrom(...operators),
      async (name, json, operator) => {
        const headers = { 'content-type': 'application/json' }
        const put = await gateway.request('PUT', '/api/v1/everything/1', {
          body: `{"${name}":${json}}`,
          headers,
        })
        checkHarmless('PUT', json, put)
        const path = `/api/v1/everything?filter=${e(`{"${name}":{"${operator}":${json}}}`)}&order=-${name}`
        checkHarmless('GET', path, await gateway.request('GET', path))
      },
    ),
    { numRuns: 1000, includeErrorInReport: true },
  )
})

it('finds no fault in batches', { timeout: 60_000 }, async () => {
  const someItem = fc.record(
    {
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', ''),
      path: fc.oneof(
        somePath.map((path) => `/${path}`),
        someValue,
      ),
      body: fc.jsonValue({ maxDepth: 2 }),
      headers: fc.oneof(someHeaders, fc.jsonValue({ maxDepth: 1 })),
    },
    { requiredKeys: ['method'] },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(someItem, { maxLength: 4 }), async (items) => {
      checkHarmless(
        'POST',
        JSON.stringify(items),
        await gateway.request('POST', '/api/v1/batch', { body: items }),
      )
    }),
    { numRuns: 300, includeErrorInReport: true },
  )
})

it('answers bytes that are hardly HTTP with HTTP, and never with a fault', { timeout: 60_000 }, async () => {
  const someBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'get', 'BREW', ''),
      someBytes,
      someBytes,
      fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/9'),
      fc.boolean(),
      async (method, path, header, version, absolute) => {
        const text = await gateway.raw(
          Buffer.concat([
            Buffer.from(`${method} ${absolute ? 'http://other.example' : ''}/api/v1/`),
            path,
            Buffer.from(` ${version}\r\nHost: localhost\r\nConnection: close\r\nX-Any: `),
            header,
            Buffer.from('\r\n\r\n'),
          ]),
        )
        const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text.toString('latin1'))?.[1] ?? 0)
        // The bytes may hold the end of the head, and what follows then is another request.
        expect(status, text.toString('latin1')).toBeGreaterThanOrEqual(200)
        expect(status, text.toString('latin1')).toBeLessThan(500)
      },
    ),
    { numRuns: 300, includeErrorInReport: true },
  )
})

it('still serves after all that', async () => {
  const answer = await gateway.request('GET', '/api/v1/tags/1')
  expect(answer.text).toBe('{"id":1,"label":"green"}')
})
