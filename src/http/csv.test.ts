/** CSV in. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCsv } from './csv.ts'
import { refusal } from './form.fixture.ts'

const csv = (text: string, maxRows = 100, bodyValues = 10_000) =>
  parseCsv(new TextEncoder().encode(text), { bulkRows: maxRows, bodyValues })
const plain = (text: string) => csv(text).map((row) => ({ ...row }))

test('a header row names the fields of the rows behind it', () => {
  expect(plain('id,name\n1,Ada\n2,Grace\n')).toEqual([
    { id: '1', name: 'Ada' },
    { id: '2', name: 'Grace' },
  ])
})

test('CRLF, a missing last line break and a byte order mark are fine', () => {
  expect(plain('\uFEFFid,name\r\n1,Ada')).toEqual([{ id: '1', name: 'Ada' }])
})

test('an unquoted empty field is null, a quoted one the empty text', () => {
  expect(plain('a,b,c\n,"",\n')).toEqual([{ a: null, b: '', c: null }])
})

test('quoted fields hold commas, quotes and line breaks', () => {
  expect(plain('"a,b",c\n"x ""y""\r\nz"," 1 "\n')).toEqual([{ 'a,b': 'x "y"\r\nz', c: ' 1 ' }])
})

test('in a file of one column an empty line is null', () => {
  expect(plain('a\n1\n\n2\n')).toEqual([{ a: '1' }, { a: null }, { a: '2' }])
})

test('no field name is special', () => {
  const [row] = csv('__proto__,constructor\n1,2\n')
  expect(Object.entries(row ?? {})).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ])
  expect(csv('a\n1\n')[0]?.['toString']).toBeUndefined()
})

test('a header row alone is no rows', () => {
  expect(csv('a,b\n')).toEqual([])
})

test.each([
  ['', 0],
  ['a,\n1,2\n', 0],
  ['a,a\n1,2\n', 0],
  ['a,b\n1,2\n1\n', 2],
  ['a,b\n1,2,3\n', 1],
  ['a,b\n1,2\n\n', 2],
  ['a,b\n1,"2\n', 1],
  ['a,b\n1,"2"x\n', 1],
  ['a,b\n1,2"x\n', 1],
  ['a,b\n1,2\r3,4\n', 1],
])('%j is refused with row %i', (text, row) => {
  expect(refusal(() => csv(text))).toMatchObject({ code: 'malformed_body', facts: { row } })
})

test('a NUL is refused with row and field', () => {
  expect(refusal(() => csv('a,b\n1,2\n3,x\0y\n'))).toMatchObject({
    code: 'bad_value',
    facts: { row: 2, member: 'b' },
  })
})

test('more rows than allowed are counted', () => {
  expect(refusal(() => csv('a\n1\n2\n3\n4\n', 2))).toMatchObject({
    code: 'body_too_large',
    facts: { limit: 2, actual: 4 },
  })
})

test.each([
  ['in a row that is all commas', `a,b,c\n${',,\n'.repeat(4)}`],
  ['in the header alone', ','.repeat(12)],
])('more values than allowed are refused, however short they are: %s', (_, text) => {
  expect(refusal(() => csv(text, 100, 11))).toMatchObject({
    code: 'body_too_large',
    detail: 'body: has more values, at most 11 (limits.bodyValues)',
    facts: { limit: 11 },
  })
})

test('what is written as RFC 4180 has it is read back', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'ü', '😀') })
  const cell = (value: string | null) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`)
  fc.assert(
    fc.property(
      fc.uniqueArray(
        text.filter((name) => name !== ''),
        { minLength: 2, maxLength: 4 },
      ),
      fc.array(fc.array(fc.option(text), { minLength: 4, maxLength: 4 }), { maxLength: 5 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (names, rows, eol, last) => {
        const cut = rows.map((row) => row.slice(0, names.length))
        const lines = [names, ...cut].map((row) => row.map(cell).join(','))
        expect(csv(lines.join(eol) + (last ? eol : '')).map((row) => Object.values(row))).toEqual(
          cut.map((row) => Object.values(Object.fromEntries(names.map((name, i) => [name, row[i]])))),
        )
      },
    ),
  )
})
