import { describe, expect, it } from 'vitest'
import type { Context } from '#base/context.ts'
import type { Answer } from '#gateway/answer.ts'
import { type Asked, contentRange, respond } from './respond.ts'

const ctx: Context = {
  principal: { subject: 's', role: 'r', claims: {} },
  signal: new AbortController().signal,
  deadline: 0,
  requestId: '00000000-0000-4000-8000-000000000000',
  observe: () => {},
  timing: { poolMs: 0.04, dbMs: 1.26 },
}
const asked = (o: Partial<Asked> = {}): Asked => ({
  method: 'GET',
  path: '/api/v1/orders',
  search: '',
  numbers: 'default',
  preferences: {},
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ...o,
})
const body = Buffer.from('[]')
const page = (o: Partial<Extract<Answer, { kind: 'rows' }>['page']> = {}) => ({
  offset: 0,
  rows: 2,
  total: undefined,
  next: undefined,
  ...o,
})
const rows = (o: Parameters<typeof page>[0] = {}): Answer & { kind: 'rows' } => ({
  kind: 'rows',
  media: 'json',
  body,
  page: page(o),
})
const row = (o: Partial<Extract<Answer, { kind: 'row' }>> = {}): Answer & { kind: 'row' } => ({
  kind: 'row',
  media: 'json',
  body,
  etag: '7',
  created: false,
  key: ['42'],
  ...o,
})

describe('Link', () => {
  it.each([
    ['', { after: 'abc' }, '</api/v1/orders?after=abc>; rel="next"'],
    ['status=open&limit=2', { after: 'abc' }, '</api/v1/orders?status=open&limit=2&after=abc>; rel="next"'],
    ['after=old&limit=2', { after: 'abc' }, '</api/v1/orders?limit=2&after=abc>; rel="next"'],
    ['offset=10&limit=2', { offset: 12 }, '</api/v1/orders?limit=2&offset=12>; rel="next"'],
    ['limit=2&%6Fffset=2', { after: 'abc' }, '</api/v1/orders?limit=2&after=abc>; rel="next"'],
    ['%61fter=old&%22offset%22=2', { offset: 2 }, '</api/v1/orders?%22offset%22=2&offset=2>; rel="next"'],
    ['note=<b>', { offset: 2 }, '</api/v1/orders?note=%3Cb%3E&offset=2>; rel="next"'],
    [
      'after[eq]=kept&offsets=kept',
      { offset: 2 },
      '</api/v1/orders?after[eq]=kept&offsets=kept&offset=2>; rel="next"',
    ],
  ])('of %j and %j is %s', (search, next, link) => {
    expect(respond(rows({ next }), asked({ search }), ctx).headers['link']).toBe(link)
  })

  it('is missing on the last page', () => {
    expect(respond(rows(), asked(), ctx).headers).not.toHaveProperty('link')
  })
})

describe('Content-Range', () => {
  it.each([
    [page({ rows: 50, total: 1234 }), '0-49/1234'],
    [page({ offset: 100, rows: 1 }), '100-100/*'],
    [page({ offset: undefined, rows: 5, total: 9 }), '*/9'],
    [page({ rows: 0, total: 0 }), '*/0'],
    [page({ rows: 0 }), '*/*'],
  ])('of %j is %s', (p, range) => expect(contentRange(p)).toBe(range))

  it('is there only when a count was asked for', () => {
    expect(respond(rows({ total: 2 }), asked(), ctx).headers).not.toHaveProperty('content-range')
    expect(
      respond(rows({ total: 2 }), asked({ preferences: { count: 'exact' } }), ctx).headers,
    ).toMatchObject({ 'content-range': '0-1/2', 'preference-applied': 'count=exact' })
  })
})

describe('a row', () => {
  it('has its ETag, and is 304 for who has it already', () => {
    expect(respond(row(), asked(), ctx)).toMatchObject({ status: 200, headers: { etag: '"7"' } })
    expect(respond(row(), asked({ ifNoneMatch: ['6', '7'] }), ctx)).toMatchObject({
      status: 304,
      body: null,
      headers: { etag: '"7"' },
    })
    expect(respond(row(), asked({ ifNoneMatch: '*' }), ctx).status).toBe(304)
    expect(respond(row(), asked({ ifNoneMatch: ['8'] }), ctx).status).toBe(200)
  })

  it('that was created says where it is, with commas inside key parts encoded', () => {
    expect(
      respond(row({ created: true, key: ['a,b', 'ü/1'] }), asked({ method: 'POST' }), ctx),
    ).toMatchObject({ status: 201, headers: { location: '/api/v1/orders/a%2Cb,%C3%BC%2F1' } })
  })

  it('is refused to who asks for another, before anything else is looked at', () => {
    expect(respond(row(), asked({ ifMatch: ['6', '7'] }), ctx).status).toBe(200)
    expect(respond(row({ etag: undefined }), asked({ ifMatch: '*' }), ctx).status).toBe(200)
    for (const conditions of [{ ifMatch: ['8'] }, { ifMatch: [], ifNoneMatch: ['7'] }])
      expect(() => respond(row(), asked(conditions), ctx)).toThrow(
        expect.objectContaining({ code: 'precondition_failed' }),
      )
  })

  it('that was created says nothing where no path leads to it', () => {
    const at = (...key: string[]) =>
      respond(row({ created: true, key }), asked({ method: 'POST' }), ctx).headers['location']
    for (const key of ['', '.', '..']) expect(at(key)).toBeUndefined()
    expect(at('...')).toBe('/api/v1/orders/...')
    expect(at('..', '')).toBe('/api/v1/orders/..,')
  })
})

it('answers a minimal write with how many rows it touched', () => {
  const answer: Answer & { kind: 'written' } = {
    kind: 'written',
    affected: 3,
    etag: undefined,
    created: false,
    key: [],
  }
  expect(
    respond(answer, asked({ method: 'PATCH', preferences: { return: 'minimal', maxAffected: 5 } }), ctx),
  ).toMatchObject({
    status: 204,
    body: null,
    headers: { 'content-range': '*/3', 'preference-applied': 'return=minimal, max-affected=5' },
  })
})

it('names the style of numbers in the media type, and the times in Server-Timing', () => {
  expect(respond(rows(), asked({ numbers: 'string' }), ctx).headers).toMatchObject({
    'content-type': 'application/json; numbers=string',
    'server-timing': 'pool;dur=0, db;dur=1.3',
  })
})
