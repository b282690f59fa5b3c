/** Values that their column would cut or round are refused, and filters compare what was asked for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Served, startServed } from './served.ts'

let gateway: Served
beforeAll(async () => {
  gateway = await startServed(
    `CREATE DOMAIN posint AS int CHECK (VALUE > 0);
     CREATE DOMAIN short AS numeric(4, 1);
     CREATE TYPE parts AS (at time(0), fee money);
     CREATE TABLE held (id int PRIMARY KEY, c "char", n name, m money, ym interval year to month, i0 interval(0),
       ds interval day to second(3), ivs interval(0)[], t0 time(0), tz0 timetz(0), ts0 timestamp(0), tstz3 timestamptz(3),
       tss timestamp(0)[], p parts, n24 numeric(2, 4), nm2 numeric(3, -2), ad posint[], cs "char"[], sh short);
     INSERT INTO held (id, c, n, m, ad) VALUES (1, 'a', 'abc', 1.01, '{3,4}');
     CREATE TABLE keyed (k numeric(4, 2) PRIMARY KEY, v int);
     CREATE INDEX ON held USING gin (ad);
     CREATE FUNCTION letter(x "char", y name, z money) RETURNS text LANGUAGE sql STABLE AS $$ SELECT concat(x, y, z::numeric) $$`,
  )
})
afterAll(() => gateway?.stop())

const headers = { 'content-type': 'application/json' }
const patch = (body: string) => gateway.request('PATCH', '/api/v1/held/1', { body, headers })
const get = (path: string) => gateway.request('GET', `/api/v1/${path}`)

describe('a value to be stored', () => {
  it.each([
    ['c', '"abc"'],
    ['c', '"é"'],
    ['cs', '["a","bc"]'],
    ['n', JSON.stringify('x'.repeat(64))],
    ['n', JSON.stringify('é'.repeat(32))],
    ['m', '1.005'],
    ['m', '"0.001"'],
    ['ym', '"P1Y2M3D"'],
    ['i0', '"PT0.6S"'],
    ['ds', '"PT0.0006S"'],
    ['ivs', '["PT1S","PT0.6S"]'],
    ['t0', '"14:05:09.6"'],
    ['tz0', '"14:05:09.6+02"'],
    ['ts0', '"2026-11-23T14:05:09.6"'],
    ['tss', '["2026-11-23T14:05:09","2026-11-23T14:05:09.6"]'],
    ['tstz3', '"2026-11-23T14:05:09.0004Z"'],
    ['p', '{"at":"14:05:09.6"}'],
    ['p', '{"fee":1.005}'],
    ['n24', '0.01'],
    ['n24', '0.00001'],
    ['nm2', '12345'],
    ['nm2', '100000'],
    ['sh', '1.25'],
  ])('is refused if it does not fit: %s %s', async (name, json) => {
    const { status, json: problem } = await patch(`{"${name}":${json}}`)
    expect(`${status} ${problem.code}`).toBe('422 bad_value')
    const many = await gateway.request('POST', '/api/v1/held', {
      body: `[${Array.from({ length: 12 }, (_, i) => `{"id":${i + 10},"${name}":${json}}`).join()}]`,
      headers,
    })
    expect(`${many.status} ${many.json.code}`).toBe('422 bad_value')
  })

  it.each([
    ['c', '"a"'],
    ['c', '""'],
    ['c', String.raw`"\\303"`],
    ['cs', '["a",null]'],
    ['n', JSON.stringify('x'.repeat(63))],
    ['m', '"1.50"'],
    ['m', '"92233720368547758.07"'],
    ['ym', '"P1Y2M"'],
    ['i0', '"PT6S"'],
    ['ds', '"P1DT0.125S"'],
    ['ds', '"P1Y"'],
    ['ivs', '["PT1S",null]'],
    ['t0', '"14:05:09"'],
    ['tz0', '"14:05:09+02"'],
    ['ts0', '"2026-11-23T14:05:09"'],
    ['tstz3', '"2026-11-23T14:05:09.123+00:00"'],
    ['p', '{"at":"14:05:09","fee":"1.50"}'],
    ['n24', '"0.0000"'],
    ['n24', '"0.0099"'],
    ['n24', '"NaN"'],
    ['nm2', '"12300"'],
    ['nm2', '"0"'],
    ['nm2', '"99900"'],
    ['ym', 'null'],
    ['ad', '[3,4]'],
  ])('is stored if it fits: %s %s', async (name, json) => {
    const { status, text } = await gateway.request('PATCH', `/api/v1/held/1?select=${name}`, {
      body: `{"${name}":${json}}`,
      headers,
    })
    expect(`${status} ${text}`).toBe(`200 {"${name}":${json}}`)
    const many = await gateway.request('POST', `/api/v1/held?select=${name}`, {
      body: `[${Array.from({ length: 12 }, (_, i) => `{"id":${i + 10},"${name}":${json}}`).join()}]`,
      headers,
    })
    expect(`${many.status} ${many.text}`).toBe(
      `201 [${Array.from({ length: 12 }, () => `{"${name}":${json}}`).join()}]`,
    )
    expect((await gateway.request('DELETE', '/api/v1/held?id[gte]=10')).status).toBe(204)
  })

  it('may have zeros behind what is kept', async () => {
    expect((await patch('{"ts0":"2026-11-23T14:05:09.000","m":"1.500","nm2":"100.0"}')).status).toBe(200)
  })

  it('may be a key in a path, which must fit as well', async () => {
    const put = (key: string) => gateway.request('PUT', `/api/v1/keyed/${key}`, { body: { v: 1 } })
    expect((await put('1.005')).json).toMatchObject({ status: 400, code: 'invalid_parameter' })
    expect((await put('1.5')).text).toBe('{"k":"1.50","v":1}')
  })

  it('may be an argument', async () => {
    expect((await get('rpc/letter?x=a&y=b&z=1.50')).text).toBe('"ab1.50"')
    for (const query of ['x=ab&y=b&z=1', `x=a&y=${'b'.repeat(64)}&z=1`, 'x=a&y=b&z=1.005'])
      expect((await get(`rpc/letter?${query}`)).json.code).toBe('invalid_parameter')
  })
})

describe('a filter', () => {
  it('compares the whole value', async () => {
    await patch('{"c":"a","n":"abc","m":"1.01"}')
    const long = 'x'.repeat(63)
    expect((await patch(`{"n":"${long}"}`)).status).toBe(200)
    expect((await get(`held?select=id&n=${long}y`)).text).toBe('[]')
    expect((await get('held?select=id&c=a&m=1.010')).text).toBe('[{"id":1}]')
  })

  it('refuses what no value of the type equals', async () => {
    for (const query of ['c=abc', 'c[gt]=abc', 'c[in]=a,bc', 'm=1.005', 'm[gt]=1.005', 'm[in]=1,1.005'])
      expect(`${query} ${(await get(`held?${query}`)).json.code}`).toBe(`${query} invalid_parameter`)
  })

  it('takes values that a column of fewer digits does not hold', async () => {
    expect((await get('held?select=id&ts0=2026-11-23T14:05:09.5')).text).toBe('[]')
    expect((await get('held?select=id&n24[lt]=5')).status).toBe(200)
    expect((await get('held?select=id&ym=P1Y2M3D')).text).toBe('[]')
  })

  it('on a domain array refuses what the domain does not allow', async () => {
    await patch('{"ad":[3,4]}')
    expect((await get('held?select=id&ad[contains]=3')).text).toBe('[{"id":1}]')
    expect((await get('held?ad[contains]=-3')).json.code).toBe('invalid_parameter')
  })
})
