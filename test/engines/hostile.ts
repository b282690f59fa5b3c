/** Requests as nobody should send them: arbitraries of names, values, JSON, URLs and headers, likely and unlikely ones. */
import fc from 'fast-check'
import { operators } from '#contract/request.ts'
import { fieldNames } from './model.ts'
import { samples } from './postgres/types.samples.ts'

const e = encodeURIComponent

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
export const someValue = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...values) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
)
export const someJson = fc.oneof(
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
export const someParameter = fc.oneof(
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
export const someHeaders = fc.dictionary(
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
export const somePath = fc.oneof(
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
export const someArguments = fc.dictionary(
  fc.constantFrom(...rpcNames),
  fc.oneof(someValue, fc.jsonValue({ maxDepth: 2 })),
  { maxKeys: 3 },
)
