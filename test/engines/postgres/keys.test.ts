/** Keys of every kind: a row is found under its Location, and a PUT may spell its key in the body as GET does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Served, startServed } from './served.ts'

const types = {
  numeric: 'numeric(12,2)',
  float: 'float8',
  cash: 'money',
  padded: 'char(6)',
  moment: 'timestamptz',
  words: 'text',
  list: 'int[]',
  texts: 'text[]',
  pair: 'pair',
  pairs: 'pair[]',
  flags: 'bool[]',
  document: 'jsonb',
  bytes: 'bytea',
  span: 'int4range',
}

let gateway: Served
beforeAll(async () => {
  const tables = Object.entries(types).map(
    ([name, type]) => `CREATE TABLE by_${name} (k ${type} PRIMARY KEY, v int);`,
  )
  gateway = await startServed(
    `CREATE TYPE pair AS (a int, b text); ${tables.join('\n')}
     CREATE TABLE by_late (k int PRIMARY KEY DEFERRABLE, v int);
     CREATE TABLE by_two (a text, b int[], v int, PRIMARY KEY (a, b))`,
  )
})
afterAll(() => gateway?.stop())

const headers = { 'content-type': 'application/json' }
const post = (table: string, body: string) =>
  gateway.request('POST', `/api/v1/by_${table}`, { body, headers })

describe('Location', () => {
  it.each([
    ['numeric', '"1.50"'],
    ['float', '1e+300'],
    ['cash', '"1.50"'],
    ['padded', '"ab"'],
    ['moment', '"2026-01-01T00:00:00.5+00:00"'],
    ['words', '"a/b,c?d%20 ü"'],
    ['words', '"..."'],
    ['list', '[1,null,3]'],
    ['list', '[[1,2],[3,4]]'],
    ['list', '[]'],
    ['texts', String.raw`["a,b","{\"}","NULL",null,""]`],
    ['pair', String.raw`{"a":1,"b":"x, \"y\""}`],
    ['pair', '{"a":null,"b":null}'],
    ['pairs', '[{"a":1,"b":"x"},null]'],
    ['flags', '[true,false]'],
    ['document', '{"a": [1]}'],
    ['bytes', '"AP8Q"'],
    ['span', '"[1,5)"'],
  ])('leads to a row by %s: %s', async (table, key) => {
    const made = await post(table, `{"k":${key},"v":1}`)
    expect(`${made.status} ${made.text}`).toBe(`201 {"k":${key},"v":1}`)
    const { location } = made.headers
    const found = await gateway.request('GET', location as string)
    expect(`${found.status} ${found.text}`).toBe(`200 {"k":${key},"v":1}`)
    // As clients resolve it (WHATWG URL).
    expect(new URL(location as string, gateway.url).pathname).toBe(location)
    expect((await gateway.request('DELETE', location as string)).status).toBe(204)
  })

  it('leads to a row with a list among several parts', async () => {
    const made = await post('two', '{"a":"..","b":[1,2]}')
    const found = await gateway.request('GET', made.headers['location'] as string)
    expect(found.text).toBe('{"a":"..","b":[1,2],"v":null}')
  })

  it.each(['', '.', '..'])('is left out where no path leads to the row: "%s"', async (key) => {
    const made = await post('words', JSON.stringify({ k: key }))
    expect(`${made.status} ${made.headers['location']}`).toBe('201 undefined')
    expect((await gateway.request('GET', `/api/v1/by_words?k=${key}`)).json).toEqual([{ k: key, v: null }])
  })

  it('of a text that is no list or row is refused as one', async () => {
    for (const path of ['by_list/%7B1', 'by_list/x', 'by_pair/(1', 'by_pair/x', 'by_list/%7Bx%7D'])
      expect(`${path} ${(await gateway.request('GET', `/api/v1/${path}`)).json.code}`).toBe(
        `${path} invalid_parameter`,
      )
  })
})

describe('a PUT', () => {
  it.each([
    ['numeric', '1.5', '"1.50"'],
    ['numeric', '2e1', '20.00'],
    ['float', '1.0', '1'],
    ['cash', '1.5', '"1.50"'],
    ['padded', 'ab%20%20', '"ab"'],
    ['moment', '2025-12-31T22:00:00Z', '"2026-01-01T00:00:00+02:00"'],
  ])('by %s may repeat its key in another spelling: %s, %s', async (table, path, key) => {
    for (const status of [201, 200]) {
      const put = await gateway.request('PUT', `/api/v1/by_${table}/${path}`, {
        body: `{"k":${key},"v":${status}}`,
        headers,
      })
      expect(`${put.status} ${put.json.v}`).toBe(`${status} ${status}`)
    }
    const shown = (await gateway.request('GET', `/api/v1/by_${table}/${path}`)).text
    const put = await gateway.request('PUT', `/api/v1/by_${table}/${path}`, { body: shown, headers })
    expect(`${put.status} ${put.text}`).toBe(`200 ${shown}`)
  })

  it('by a deferrable key needs a condition, and is not offered', async () => {
    const put = (more: Record<string, string>) =>
      gateway.request('PUT', '/api/v1/by_late/1', { body: '{"v":1}', headers: { ...headers, ...more } })
    const refused = await put({})
    expect(refused.json).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(refused.headers['allow']).toBe('GET, HEAD, PATCH, DELETE, OPTIONS')
    expect((await put({ 'if-none-match': '*' })).status).toBe(201)
    expect((await put({ 'if-match': '*' })).status).toBe(200)
  })

  it('may not give another key', async () => {
    const put = await gateway.request('PUT', '/api/v1/by_numeric/1.5', { body: '{"k":1.51}', headers })
    expect(put.json.code).toBe('bad_value')
  })
})
