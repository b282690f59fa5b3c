/** The OpenAPI document of tables and types that the shop of the engines' tests does not have. */
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
})
