/** What must hold of every value of every type on every engine: canonical everywhere, written back as it was read, found by itself. */
import { expect } from 'vitest'
import type { Answer, RequestInit } from '../support/gateway.ts'

/** The value as JSON has it. JSON null is SQL's NULL as soon as it comes back from a client. */
export const isNull = (json: string) => json === 'null'

/**
 * A table with a column `v` of the type: row `id` (from 0 on) holds value `id`, a last row NULL; all hang on the one row
 * of table `hub`.
 */
export interface TypeTable {
  readonly name: string
  /** Canonical JSON by `id`. */
  readonly values: readonly string[]
  request(method: string, path: string, init?: RequestInit): Promise<Answer>
}

const get = ({ request }: TypeTable, path: string) => request('GET', `/api/v1/${path}`)

/** The same bytes in rows, in one row and in embeds at any depth. */
export async function checkCanonical(table: TypeTable): Promise<void> {
  const { name, values } = table
  const rows = [...values, 'null'].map((json, id) => `{"id":${id},"v":${json}}`).join()
  expect((await get(table, `${name}?select=id,v`)).text).toBe(`[${rows}]`)
  expect((await get(table, `hub/1?select=${name}(id,v)`)).text).toBe(`{"${name}":[${rows}]}`)
  expect((await get(table, `${name}/0?select=v,hub(id,${name}(limit=1;v))`)).text).toBe(
    `{"v":${values[0]},"hub":{"id":1,"${name}":[{"v":${values[0]}}]}}`,
  )
}

/** What is read can be written, by insert and by update, and is then read the same. Row 100 is used and stays. */
export async function checkWritten(table: TypeTable, written = table.values): Promise<void> {
  const headers = { 'content-type': 'application/json', prefer: 'return=representation' }
  const { name, request } = table
  for (const json of written) {
    const put = await request('PUT', `/api/v1/${name}/100?select=v`, {
      body: `{"hub_id":1,"v":${json}}`,
      headers,
    })
    expect(`${put.status} ${put.text}`).toMatch(/^20[01] /)
    expect(put.text).toBe(`{"v":${json}}`)
    expect((await get(table, `${name}/100?select=v`)).text).toBe(`{"v":${json}}`)
    const patched = await request('PATCH', `/api/v1/${name}/100?select=v`, { body: `{"v":${json}}`, headers })
    expect(`${patched.status} ${patched.text}`).toBe(`200 {"v":${json}}`)
  }
}

/** A row is found by the value it shows, in the URL and in a JSON filter, unless the type says that it cannot be. */
export async function checkFound(table: TypeTable): Promise<void> {
  const { name, values } = table
  for (const [id, json] of values.entries()) {
    if (isNull(json) || json.length > 1000) continue
    const parsed: unknown = json.startsWith('"') ? JSON.parse(json) : json
    for (const query of [
      `v=${encodeURIComponent(String(parsed))}`,
      `filter=${encodeURIComponent(`{"v":{"in":[${json}]}}`)}`,
    ]) {
      const found = await get(table, `${name}?select=id&${query}`)
      if (found.status === 400)
        expect(['unknown_operator', 'invalid_parameter', 'unknown_relation']).toContain(found.json.code)
      else expect(`${found.status} ${found.text}`).toContain(`{"id":${id}}`)
    }
  }
}

/**
 * The smallest and the largest value are those at the ends of the order, in rows and in embeds; sums and averages are there, or
 * refused because of the type or of the values.
 */
export async function checkAggregates(table: TypeTable): Promise<void> {
  const { name } = table
  const ends = await get(table, `${name}?select=v.min(),v.max()`)
  if (ends.status === 400) expect(ends.json.code).toBe('invalid_parameter')
  else {
    const [first, last] = await Promise.all(
      ['v', '-v.nullslast'].map(
        async (order) => (await get(table, `${name}?select=v&order=${order}&limit=1`)).text,
      ),
    )
    const text = `[{"v_min":${first?.slice(6, -2)},"v_max":${last?.slice(6, -2)}}]`
    expect(`${ends.status} ${ends.text}`).toBe(`200 ${text}`)
    expect((await get(table, `hub/1?select=${name}(v.min(),v.max())`)).text).toBe(`{"${name}":${text}}`)
  }
  for (const f of ['sum', 'avg', 'count']) {
    const answer = await get(table, `${name}?select=v.${f}()`)
    if (answer.status !== 200) expect(`${answer.status} ${answer.json.code}`).toBe('400 invalid_parameter')
  }
}

/** The row of NULL is found by being NULL. */
export async function checkNull(table: TypeTable): Promise<void> {
  const { name, values } = table
  expect((await get(table, `${name}?select=id&v[null]=true`)).text).toBe(`[{"id":${values.length}}]`)
}
