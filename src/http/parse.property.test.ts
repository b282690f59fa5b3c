/** Properties of the parsers: nothing but refusals is thrown, what is written is read back, shapes tell structures apart. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayError } from '#base/errors.ts'
import type { ReadRequest } from '#contract/request.ts'
import { headers } from './form.fixture.ts'
import { parseCall, parseRead, parseWrite } from './parse.ts'
import {
  type Condition,
  expected,
  flat,
  model,
  toModel,
  tree,
  value,
  writeQuery,
} from './query-model.fixture.ts'

const limits = {
  maxLimit: 1000,
  maxDepth: 10,
  maxConditions: 1000,
  maxEmbeds: 100,
  maxListValues: 1000,
  jsonDepth: 64,
  bodyValues: 100_000,
  bulkRows: 1000,
}

const read = (search: string): ReadRequest =>
  parseRead({ resource: 'r', key: undefined, search, header: headers(), limits })

/** Everything of a request that is no value: what its shape must stand for. */
function structure({
  query,
  values: _values,
  after: _after,
  key: _key,
  shape: _shape,
  ...rest
}: ReadRequest): string {
  return JSON.stringify({ ...rest, query: { ...query, offset: query.offset !== undefined } })
}

test('a query that is written is read back, whatever its names and values', () => {
  fc.assert(
    fc.property(model, (query) => {
      const { query: parsed, values } = read(writeQuery(query))
      expect(toModel(parsed, values)).toEqual(expected(query))
    }),
    { numRuns: 400 },
  )
})

test('shapes are equal exactly when structures are', () => {
  const small = fc.constantFrom(
    ...String.raw`a=1 a=2 b=1 a[gt]=1 a[null]=true a[null]=false limit=1 limit=2 offset=1 offset=2 order=a order=a,b order=-a select=a select=a,b select=a(b) select=a(b),c select=a(b,c) select=a(x=1;b) select=a(x=2;b) select=a(limit=1) select=a(offset=1) select=a(offset=2) x.a=1 x!h.a=1 x.y.a=1 filter={"or":[{"a":1},{"b":1}]} filter={"or":[{"a":2},{"b":[3]}]} filter={"and":[{"a":1},{"b":1}]} filter={"a":1,"b":1} filter={"not":{"a":1}} filter={"a":null}`.split(
      ' ',
    ),
  )
  const query = fc.oneof(
    fc
      .uniqueArray(small, { maxLength: 3, selector: (text) => text.replace(/=.*/, '') })
      .map((parts) => `?${parts.map((part) => part.replace(/[{}" ]/g, encodeURIComponent)).join('&')}`),
    model.map(writeQuery),
  )
  fc.assert(
    fc.property(query, query, (a, b) => {
      const [one, other] = [read(a), read(b)]
      expect(one.shape === other.shape).toBe(structure(one) === structure(other))
    }),
    { numRuns: 1000 },
  )
})

test('other values leave the shape as it is', () => {
  const revalue = (condition: Condition, next: string): Condition => {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return { ...condition, items: condition.items.map((item) => revalue(item, next)) }
      case 'not':
      case 'related':
        return { ...condition, item: revalue(condition.item, next) }
      case 'compare': {
        const { operator, value } = condition
        if (operator === 'null') return condition
        return {
          ...condition,
          value: operator === 'between' ? [next, next] : Array.isArray(value) ? [next] : next,
        }
      }
    }
  }
  fc.assert(
    fc.property(
      fc.array(flat, { maxLength: 3 }),
      fc.option(tree, { nil: undefined }),
      value,
      (conditions, json, next) => {
        const query = { conditions, json, select: undefined, order: [], limit: undefined, offset: undefined }
        const changed = {
          ...query,
          conditions: conditions.map((condition) => revalue(condition, next)),
          json: json && revalue(json, next),
        }
        expect(read(writeQuery(changed)).shape).toBe(read(writeQuery(query)).shape)
      },
    ),
  )
})

/** Runs what may be refused and gives back what it threw, unless that is a refusal that can be sent. */
function fault(body: () => unknown): unknown {
  try {
    body()
    return undefined
  } catch (error) {
    if (!(error instanceof GatewayError)) return error
    JSON.stringify(error.facts)
    return undefined
  }
}

const grammar = fc
  .array(
    fc.constantFrom(
      ...String.raw`select= filter= order= limit= after= a b [gt] [in] = & . , ; ( ) : ! " \ * - { } [ ] null "or": "a": 1 %22 %00 %C3 + count() .sum() .nullslast`.split(
        ' ',
      ),
    ),
    { maxLength: 25 },
  )
  .map((pieces) => pieces.join(''))
const anything = fc.oneof(grammar, fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }))

test('whatever stands in URL and headers, nothing but a refusal is thrown', () => {
  fc.assert(
    fc.property(
      anything,
      anything,
      anything,
      anything,
      anything,
      fc.constantFrom('select', 'filter', 'order', 'limit', 'a[in]', 'a[between]'),
      (resource, key, search, accept, prefer, parameter) => {
        const header = headers({ accept, prefer, 'if-match': prefer, 'content-type': accept })
        const faults = [
          fault(() => parseRead({ resource, key, search, header: headers(), limits })),
          fault(() => read(`?${parameter}=${search}`)),
          fault(() => read(`?${parameter}=${encodeURIComponent(search.toWellFormed())}`)),
          fault(() => parseRead({ resource: 'r', key: '1', search: '', header, limits })),
          fault(() => parseCall({ resource, search, header, limits, method: 'GET', body: undefined })),
          fault(() =>
            parseWrite({
              method: 'PATCH',
              resource: 'r',
              key,
              search,
              header,
              limits,
              body: new Uint8Array(2),
            }),
          ),
        ]
        expect(faults.filter((thrown) => thrown !== undefined)).toEqual([])
      },
    ),
    { numRuns: 1000 },
  )
})

test('whatever stands in a body, nothing but a refusal is thrown', () => {
  const text = fc.oneof(
    fc.json(),
    fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          '"',
          '\\',
          ',',
          ':',
          '1',
          '-',
          'e',
          '.',
          'a',
          '\n',
          '\r',
          '\\u0000',
          'null',
        ),
        { maxLength: 25 },
      )
      .map((pieces) => pieces.join('')),
  )
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    text.map((text) => new TextEncoder().encode(text)),
  )
  fc.assert(
    fc.property(body, fc.constantFrom('application/json', 'text/csv'), (body, type) => {
      const common = { resource: 'r', search: '', header: headers({ 'content-type': type }), limits, body }
      const faults = [
        fault(() => parseWrite({ ...common, method: 'POST', key: undefined })),
        fault(() => parseWrite({ ...common, method: 'PUT', key: '1' })),
        fault(() => parseCall({ ...common, method: 'POST' })),
      ]
      expect(faults.filter((thrown) => thrown !== undefined)).toEqual([])
    }),
    { numRuns: 1000 },
  )
})
