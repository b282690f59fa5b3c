/** What a browser sends for a page of another origin without asking first is refused; nothing else is. */
import { expect, test } from 'vitest'
import { refuseCrossSite } from './cross-site.ts'
import { headers, refusal } from './form.fixture.ts'

const host = { host: 'localhost:6420' }
const page = { ...host, origin: 'http://evil.example' }

test.each([
  ['a page elsewhere, without a type', page],
  [
    'a page elsewhere, with a type that needs no preflight',
    { ...page, 'content-type': 'text/plain; application/json' },
  ],
  ['a page in a sandbox', { ...host, origin: 'null' }],
  ['a page of another port', { ...host, origin: 'http://localhost:3000' }],
  ['by what the browser says of it', { ...host, 'sec-fetch-site': 'cross-site' }],
  ['by what the browser says of another port', { ...page, 'sec-fetch-site': 'same-site' }],
])('a POST is refused: %s', (_, values) => {
  expect(refusal(() => refuseCrossSite({ method: 'POST', header: headers(values) })).code).toBe('forbidden')
})

test.each([
  ['POST', 'of a program', host],
  ['POST', 'of a page of this origin', { ...host, origin: 'http://localhost:6420' }],
  ['POST', 'of a page behind a proxy with another name', { ...page, 'sec-fetch-site': 'same-origin' }],
  [
    'POST',
    'that was asked for by a preflight',
    { ...page, 'content-type': 'application/json; charset=utf-8' },
  ],
  ['POST', 'of CSV, likewise', { ...page, 'sec-fetch-site': 'cross-site', 'content-type': 'text/csv' }],
  ['GET', 'that only reads', page],
  ['DELETE', 'that was asked for by a preflight', page],
])('%s %s passes', (method, _, values) => {
  expect(() => refuseCrossSite({ method, header: headers(values) })).not.toThrow()
})
