/** Accept: which representation is chosen. */
import { expect, test } from 'vitest'
import { negotiate } from './accept.ts'
import { refusal } from './form.fixture.ts'

test.each([
  [undefined, 'json', 'default'],
  ['', 'json', 'default'],
  ['*/*', 'json', 'default'],
  ['application/json', 'json', 'default'],
  ['APPLICATION/JSON', 'json', 'default'],
  ['application/json; charset=utf-8', 'json', 'default'],
  ['application/json; odata=minimal', 'json', 'default'],
  ['application/json; numbers=string', 'json', 'string'],
  ['application/json;numbers="native"', 'json', 'native'],
  ['application/x-ndjson; numbers=string', 'ndjson', 'string'],
  ['text/csv', 'csv', 'default'],
  ['text/*', 'csv', 'default'],
  ['application/*', 'json', 'default'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'json', 'default'],
  ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'json', 'default'],
  ['application/json;q=0.5, text/csv', 'csv', 'default'],
  ['text/csv, application/json', 'csv', 'default'],
  ['application/json, text/csv', 'json', 'default'],
  ['*/*, text/csv', 'csv', 'default'],
  ['*/*;q=0.9, text/csv;q=0.1', 'json', 'default'],
  ['application/json;q=0, */*', 'csv', 'default'],
  ['*/*, application/json;q=0, text/*;q=0', 'ndjson', 'default'],
  ['application/json, application/json;numbers=string', 'json', 'string'],
  ['application/json, application/json;numbers=string;q=0.5', 'json', 'default'],
  ['application/json;numbers=huge, application/x-ndjson;q=0.1', 'ndjson', 'default'],
  ['application/json;q=x, text/csv;q=0.1', 'csv', 'default'],
  ['application/json;q=1.', 'json', 'default'],
  ['application/json;q=0., text/csv;q=0.1', 'csv', 'default'],
  ['application/json;q=10, text/csv;q=0.1', 'csv', 'default'],
] as const)('Accept: %s gives %s with numbers %s', (accept, media, numbers) => {
  expect(negotiate(accept)).toEqual({ media, numbers })
})

test.each([
  'text/html',
  'application/json;q=0',
  '*/*;q=0',
  'application/json;numbers=huge',
  'application/json;charset=latin1',
  'json',
  '/',
  ';;;',
  '"',
])('Accept: %s is refused with what exists', (accept) => {
  expect(refusal(() => negotiate(accept))).toMatchObject({
    code: 'not_acceptable',
    facts: {
      available: [
        'application/json',
        'application/json; numbers=string',
        'application/json; numbers=native',
        'text/csv',
        'application/x-ndjson',
      ],
    },
  })
})
