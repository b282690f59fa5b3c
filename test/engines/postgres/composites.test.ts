/** Composite values through HTTP, whatever their members are called and however deep they are nested. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Served, startServed } from './served.ts'

let gateway: Served
beforeAll(async () => {
  gateway = await startServed(
    `CREATE TYPE addr AS (street text, fee numeric);
     CREATE TYPE capt AS (home text, fee numeric);
     CREATE TYPE letters AS (c text, r numeric, u text, a bytea, p int, x text, m numeric, e money);
     CREATE TYPE deep AS (c capt, list capt[], grid numeric[], home addr);
     CREATE TYPE inherited AS (a int, "constructor" text, "__proto__" text, "toString" numeric);
     CREATE FUNCTION f_addr() RETURNS TABLE (id int, home addr) LANGUAGE sql STABLE
       AS $$ SELECT 1, ROW('Mill Lane 3', 1.50)::addr UNION ALL SELECT 2, NULL $$;
     CREATE FUNCTION f_capt() RETURNS TABLE (id int, home capt, list capt[]) LANGUAGE sql STABLE
       AS $$ SELECT 1, ROW('Mill Lane 3', 1.50)::capt, ARRAY[ROW('a', 2)::capt, NULL] $$;
     CREATE FUNCTION f_letters() RETURNS TABLE (c letters, r letters, u letters[], a int) LANGUAGE sql STABLE
       AS $$ SELECT l, l, ARRAY[l], 1 FROM (SELECT ROW('c', 1.0, 'u', '\\x00', 1, 'x', 2.0, 3)::letters AS l) AS x $$;
     CREATE FUNCTION f_deep() RETURNS TABLE (id int, c deep, home deep[]) LANGUAGE sql STABLE
       AS $$ SELECT 1, d, ARRAY[d, NULL] FROM (SELECT ROW(ROW('h', 1.5)::capt, ARRAY[ROW('i', 2.5)::capt],
             ARRAY[[1.0, 2.0]], ROW('s', NULL)::addr)::deep AS d) AS x $$;
     CREATE FUNCTION f_one() RETURNS TABLE (home capt) LANGUAGE sql STABLE
       AS $$ SELECT ROW('h', 1.5)::capt UNION ALL SELECT NULL $$;
     CREATE FUNCTION f_out(n int, OUT home addr) LANGUAGE sql STABLE AS $$ SELECT ROW('s', n + 0.5)::addr $$;
     CREATE FUNCTION f_plain(OUT home addr) LANGUAGE sql STABLE AS $$ SELECT NULL::addr $$;
     CREATE TYPE row_r AS (r int, s numeric);
     CREATE FUNCTION f_row(n int) RETURNS row_r LANGUAGE sql STABLE
       AS $$ SELECT CASE WHEN n > 0 THEN ROW(NULL, n)::row_r END $$;
     CREATE TABLE holds (id int PRIMARY KEY, c deep, r letters, home capt, i inherited)`,
  )
})
afterAll(() => gateway?.stop())

const get = async (path: string) => {
  const { status, text } = await gateway.request('GET', `/api/v1/${path}`)
  return `${status} ${text}`
}
const post = async (path: string, body: string) => {
  const headers = { 'content-type': 'application/json' }
  const { status, text } = await gateway.request('POST', `/api/v1/${path}`, { body, headers })
  return `${status} ${text}`
}

const capt = '{"home":"h","fee":"1.5"}'
const letters = '{"c":"c","r":"1.0","u":"u","a":"AA==","p":1,"x":"x","m":"2.0","e":"3.00"}'
const deep = `{"c":${capt},"list":[{"home":"i","fee":"2.5"}],"grid":[["1.0","2.0"]],"home":{"street":"s","fee":null}}`

describe('a composite', () => {
  it.each([
    ['f_addr', '[{"id":1,"home":{"street":"Mill Lane 3","fee":"1.50"}},{"id":2,"home":null}]'],
    ['f_capt', '[{"id":1,"home":{"home":"Mill Lane 3","fee":"1.50"},"list":[{"home":"a","fee":"2"},null]}]'],
    ['f_letters', `[{"c":${letters},"r":${letters},"u":[${letters}],"a":1}]`],
    ['f_deep', `[{"id":1,"c":${deep},"home":[${deep},null]}]`],
    ['f_one', `[{"home":${capt}},{"home":null}]`],
    ['f_out?n=1', '{"home":{"street":"s","fee":"1.5"}}'],
    ['f_plain', '{"home":null}'],
  ])('comes from the function %s', async (call, text) => expect(await get(`rpc/${call}`)).toBe(`200 ${text}`))

  it('with a NULL in a member like any other is a row', async () => {
    expect(await get('rpc/f_row?n=1')).toBe('200 {"r":null,"s":"1"}')
    expect(await get('rpc/f_row?n=0')).toBe('200 null')
  })

  it('is written and read in a column', async () => {
    const row = `{"id":1,"c":${deep},"r":${letters},"home":${capt},"i":null}`
    expect(await post('holds', row)).toBe(`201 ${row}`)
    expect(await get('holds/1')).toBe(`200 ${row}`)
  })

  it('may have members that are called like what every object of JavaScript has', async () => {
    const written = await post('holds?select=i', '{"id":2,"i":{"a":1}}')
    expect(written).toBe('201 {"i":{"a":1,"constructor":null,"__proto__":null,"toString":null}}')
    const all = '{"i":{"a":1,"constructor":"x","__proto__":"y","toString":"1.50"}}'
    expect(await post('holds?select=i', `{"id":3,${all.slice(1)}`)).toBe(`201 ${all}`)
  })
})
