/** Names that must be quoted in SQL, in URLs, in JSON, or in all of them. */
import { describe, expect, it } from 'vitest'
import { body, e, type EngineContext, filter, nextPage, problem, type SuiteCapabilities } from './context.ts'

/** A column of "weird table", its value in row 2, and how `select`, `order` and filter keys write it. */
const columnsOf = ({
  oddCharacter,
}: SuiteCapabilities): readonly (readonly [name: string, value: string | number, written: string])[] => [
  ['select', 's2', '"select"'],
  ['limit', 20, '"limit"'],
  ['order', 'o2', '"order"'],
  ['filter', 'f2', '"filter"'],
  ['and', 'a2', 'and'],
  ['or', 'r2', 'or'],
  ['not', 'n2', 'not'],
  ['eq', 'e2', 'eq'],
  ['count', 200, 'count'],
  ['dotted.name', 'd2', '"dotted.name"'],
  ['two words', 't2', 'two words'],
  ['quo"te', 'q2', '"quo\\"te"'],
  ["it's", 'i2', "it's"],
  [`ünï¢ødé ${oddCharacter}`, 'u2', `ünï¢ødé ${oddCharacter}`],
  ['br[ack]et', 'b2', '"br[ack]et"'],
  ['pare(n)s,;:!', 'p2', '"pare(n)s,;:!"'],
  ['back\\slash', 'k2', 'back\\slash'],
  ['amp&plus+per%=#?', 'm2', '"amp&plus+per%=#?"'],
  ['-minus', 'x2', '"-minus"'],
  ['$1', 'v2', '$1'],
  ['__proto__', 'y2', '__proto__'],
  [
    'a23456789012345678901234567890123456789012345678901234567890123',
    'l2',
    'a23456789012345678901234567890123456789012345678901234567890123',
  ],
]

const weird = `/${e('weird table')}`

export function names(context: EngineContext): void {
  const { get, request } = context
  const columns = columnsOf(context.capabilities)

  describe('odd names', () => {
    it('stand in the row as the database has them', async () => {
      const expected = columns.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
      body(await get(`${weird}/2`), `{"id":2,${expected.join(',')}}`)
    })

    it.each(columns)('are selected, filtered and ordered by: %s', async (name, value, written) => {
      const text = `{${JSON.stringify(name)}:${JSON.stringify(value)}}`
      body(await get(`${weird}?select=${e(written)}&${e(written)}[eq]=${value}`), `[${text}]`)
      body(
        await get(`${weird}?select=${e(written)}&${e(`"${name.replace(/["\\]/g, '\\$&')}"`)}=${value}`),
        `[${text}]`,
      )
      body(await get(`${weird}?select=${e(written)}&order=-${e(written)}&limit=1`), `[${text}]`)
    })

    it.each(columns)('are filtered by in JSON: %s', async (name, value) => {
      const key = `"${name.replace(/["\\]/g, '\\$&')}"`
      body(await get(`${weird}?select=id&${filter({ [key]: value })}`), '[{"id":2}]')
      body(await get(`${weird}?select=id&${filter({ not: { [key]: { in: [value] } } })}`), '[{"id":1}]')
    })

    it('are reached with an operator when they are parameters too', async () => {
      body(await get(`${weird}?limit[eq]=10&limit=5&select=limit`), '[{"limit":10}]')
      body(await get(`${weird}?select[starts]=s2&select=id`), '[{"id":2}]')
      body(await get(`${weird}?order[eq]=o1&select=id,order`), '[{"id":1,"order":"o1"}]')
    })

    it('are written to', async () => {
      const [name] = ['amp&plus+per%=#?']
      const patch = await request('PATCH', `${weird}/1?select=${e(`"${name}"`)}`, { body: { [name]: 'new' } })
      body(patch, `{"${name}":"new"}`)
      const proto = await request('PATCH', `${weird}/1?select=__proto__`, { body: '{"__proto__":"p"}' })
      body(proto, '{"__proto__":"p"}')
      const restore = await request('PATCH', `${weird}/1`, {
        body: `{"${name}":"m1","__proto__":"y1"}`,
        headers: { prefer: 'return=minimal' },
      })
      expect(restore.status).toBe(204)
    })

    it('lead to relations in both directions', async () => {
      const unicode = `/${e('Ünïcode/slash')}`
      body(
        await get(
          `${unicode}?select=${e('key?,weird(id,"two words")')}&order=${e('key?')}&${e('key?')}[starts]=a`,
        ),
        '[{"key?":"a/b?c","weird":{"id":1,"two words":"t1"}}]',
      )
      body(
        await get(`${weird}?select=${e('id,Ünïcode/slash(key?)')}`),
        '[{"id":1,"Ünïcode/slash":[{"key?":"a/b?c"}]},{"id":2,"Ünïcode/slash":[{"key?":"50%,x"}]}]',
      )
      body(await get(`${weird}?select=id&${e('Ünïcode/slash.key?')}=${e('50%,x')}`), '[{"id":2}]')
    })

    it('stand in links and places as they were asked for', async () => {
      const first = await get(`${weird}?select=id&limit=1&order=${e('"quo\\"te"')}`)
      expect(first.headers['link']).toContain(`</api/v1${weird}?`)
      body(await get(nextPage(first) ?? ''), '[{"id":2}]')
      const posted = await request('POST', weird, { body: { id: 3 }, headers: { prefer: 'return=minimal' } })
      expect(posted.headers['location']).toBe(`/api/v1${weird}/3`)
      expect((await request('DELETE', `${weird}/3`)).status).toBe(204)
      const name = { 'key?': 'ö,/?' }
      const unicode = await request('POST', `/${e('Ünïcode/slash')}`, { body: name })
      expect(unicode.headers['location']).toBe(`/api/v1/${e('Ünïcode/slash')}/${e('ö,/?')}`)
      expect((await context.outside('DELETE', unicode.headers['location'] ?? '')).status).toBe(204)
    })

    it('stand in CSV as RFC 4180 wants', async () => {
      const answer = await get(`${weird}/1?select=${e('"quo\\"te","pare(n)s,;:!"')}`, { accept: 'text/csv' })
      expect(answer.text).toBe('"quo""te","pare(n)s,;:!"\r\nq1,p1\r\n')
    })

    it('are not looked for in any other case', async () => {
      const refused = problem(await get('/orders?Status=open'), 'unknown_field')
      expect(refused).toMatchObject({ parameter: 'Status', nearest: 'status' })
      problem(await get('/Orders'), 'unknown_resource')
    })
  })
}
