/** The OpenAPI document of tables and types that the shop of the engines' tests does not have. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import type { Column, Table, ValueType } from '#catalog/model.ts'
import { openapiDocument } from './openapi.ts'
import { resolveContract } from './resolve.ts'

const int: ValueType = {
  canonical: 'integer',
  native: 'int4',
  family: 'int4',
  ordered: true,
  comparable: true,
}
const column = (name: string, type = int): Column => ({
  name,
  type,
  nullable: true,
  hasDefault: false,
  generated: 'no',
})
const table = (name: string, columns: readonly Column[], more: Partial<Table> = {}): Table => ({
  schema: 'public',
  name,
  kind: 'table',
  columns,
  primaryKey: { name: 'pk', columns: ['id'] },
  uniqueKeys: [],
  foreignKeys: [],
  rowVersion: 'system',
  can: { select: true, insert: true, update: true, delete: true },
  ...more,
})

const date: ValueType = { ...int, canonical: 'date', native: 'date', family: 'date' }
const moment: ValueType = { ...int, canonical: 'timestamp', native: 'timestamptz', family: 'timestamptz' }
const list = (element: ValueType): ValueType => ({
  ...int,
  canonical: 'array',
  native: 'array',
  family: 'array',
  element,
})

// biome-ignore lint/suspicious/noExplicitAny: a document of any form
function documentOf(...tables: readonly Table[]): any {
  const catalog = { fingerprint: 'f', server: 'Test', tables, routines: [], unmappable: [] }
  const contract = resolveContract(catalog, { schemas: ['public'], hide: [], relations: {} })
  const all = { read: true, insert: true, update: true, delete: true }
  const document = openapiDocument(contract, {
    allowed: () => all,
    decimals: 'string',
    defaultLimit: 100,
    maxLimit: 1000,
    build: '1',
  })
  return JSON.parse(JSON.stringify(document))
}

/** What RFC 3339 takes, as validators that look at formats have it. */
const isDate = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
const isMoment = (text: string) =>
  /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))

describe('the OpenAPI document', () => {
  it('has fields and relations that are called like what every object of JavaScript has', () => {
    const constructor = {
      name: 'fk',
      columns: ['constructor_id'],
      target: { schema: 'public', name: 'toString' },
      targetColumns: ['id'],
    }
    const { schemas } = documentOf(
      table('odd', [column('id'), column('__proto__'), column('constructor_id')], {
        foreignKeys: [constructor],
      }),
      table('toString', [column('id')]),
    ).components
    expect(Object.keys(schemas.odd.properties).sort()).toEqual([
      '__proto__',
      'constructor',
      'constructor_id',
      'id',
    ])
    expect(Object.keys(schemas.odd_insert.properties)).toContain('__proto__')
  })

  it('has schemas that every value of a list, a date or a moment fits, and nothing else', () => {
    const document = documentOf(
      table('odd', [
        column('id'),
        column('days', date),
        column('at', moment),
        column('list', list(int)),
        column('dates', list(date)),
      ]),
    )
    const validate = new Ajv2020({
      strict: false,
      formats: { date: isDate, 'date-time': isMoment, int32: true },
    }).compile(document.components.schemas.odd)
    for (const row of [
      { days: '2026-11-23', at: '2026-11-23T14:05:09.123+00:00', list: [1, null], dates: [] },
      {
        days: 'infinity',
        at: '-infinity',
        list: [
          [1, 2],
          [3, null],
        ],
        dates: [['infinity'], [null]],
      },
      { days: '0044-03-15 BC', at: '0044-03-15T12:00:00+00:00 BC', list: null },
      { days: '10000-01-01', at: '10000-01-01T00:00:00.5+00:00', dates: ['0000-00-00'] },
      { days: null, at: null, dates: null },
    ])
      expect(validate(row), JSON.stringify([row, validate.errors])).toBe(true)
    for (const row of [{ days: 'x' }, { at: '2026-11-23' }, { list: ['x'] }, { list: 1 }, { dates: ['x'] }])
      expect(validate(row), JSON.stringify(row)).toBe(false)
  })

  it('offers PUT where it works, with both of its conditions', () => {
    const deferrable = { name: 'pk', columns: ['id'], deferrable: true as const }
    const { paths } = documentOf(
      table('plain', [column('id')]),
      table('late', [column('id')], { primaryKey: deferrable }),
    )
    expect(Object.keys(paths['/late/{key}'])).toEqual(['parameters', 'get', 'patch', 'delete'])
    const { parameters } = paths['/plain/{key}'].put
    expect(parameters.map((one: { $ref: string }) => one.$ref)).toContain(
      '#/components/parameters/ifNoneMatchAny',
    )
  })

  it('says in which forms rows come', () => {
    const { paths } = documentOf(table('plain', [column('id')]))
    for (const operation of [
      paths['/plain'].get,
      paths['/plain'].patch,
      paths['/plain/{key}'].get,
      paths['/plain/{key}'].put,
    ])
      expect(Object.keys(operation.responses[200].content)).toEqual([
        'application/json',
        'text/csv',
        'application/x-ndjson',
      ])
  })
})
