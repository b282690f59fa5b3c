/** Rows of CSV: every cell is a text, so that lists and documents are JSON text in it. */
import { expect, test } from 'vitest'
import { arrayOf, catalog, int4, jsonb, nullable, table, text } from '#catalog/catalog.fixture.ts'
import { environment, refusalOf, write } from './plan.fixture.ts'
import { planWrite } from './write.ts'

const documents = environment({
  catalog: catalog([
    table('documents', {
      columns: { id: int4, body: nullable(jsonb), sizes: nullable(arrayOf(int4)), note: nullable(text) },
    }),
  ]),
})
const insert = (body: string | object, type: string) =>
  planWrite(write('POST', 'documents', body, { 'content-type': type }), documents)
const csv = (body: string) => insert(body, 'text/csv')

test('A document in CSV is JSON, a list in CSV is a JSON list, and an empty cell is null', () => {
  const { steps } = csv('id,body,sizes,note\n1,"{""a"":1.10}","[1,2]",x\n2,,,""\n')
  expect(steps.map((step) => step.values)).toEqual([
    ['1', '{"a":1.10}', '["1","2"]', 'x', '2', null, null, ''],
  ])
})

test('A text in JSON is a document by itself', () => {
  const { steps } = insert({ id: 1, body: '{"a":1}' }, 'application/json')
  expect(steps[0]?.values).toEqual(['1', '"{\\"a\\":1}"'])
})

test('What is no JSON is refused with its row', () => {
  expect(refusalOf(() => csv('id,body\n1,{}\n2,{\n'))).toMatchObject({
    code: 'bad_value',
    facts: { field: 'body', row: 2 },
  })
  expect(refusalOf(() => csv('id,sizes\n1,"[1,x]"\n'))).toMatchObject({
    code: 'bad_value',
    facts: { row: 1 },
  })
})
