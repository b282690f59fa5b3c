import { describe, expect, it } from 'vitest'
import type { Table } from '#catalog/model.ts'
import { readTables, type RawRows, type TableRows } from './catalog-tables.ts'
import { createTypeTable } from './types.ts'

type Row = RawRows[number]

/** In the order of catalogSql.relations. */
const relation = (
  id: string,
  name: string,
  o: { [K in keyof typeof relationDefaults]?: string } = {},
): Row => {
  const r = { ...relationDefaults, ...o }
  return [id, 'dbo', name, r.type, r.select, r.insert, r.update, r.delete, r.history, r.triggers, r.comment]
}
const relationDefaults = {
  type: 'U',
  select: '1',
  insert: '1',
  update: '1',
  delete: '1',
  history: '0',
  triggers: '0',
  comment: null as string | null,
}

const columnDefaults = {
  type: 'int',
  length: '4',
  precision: '10',
  scale: '0',
  collation: null as string | null,
  nullable: '0',
  hasDefault: '0',
  generated: 'no',
  language: null as string | null,
  select: null as string | null,
  update: null as string | null,
  comment: null as string | null,
}
const column = (id: string, name: string, o: Partial<typeof columnDefaults> = {}): Row => [
  id,
  name,
  ...Object.values({ ...columnDefaults, ...o }),
]

const key = (id: string, name: string, columnName: string, filter: string | null = null): Row => [
  id,
  name,
  name.startsWith('PK') ? '1' : '0',
  filter,
  columnName,
]

function read(rows: Partial<TableRows>, action: 'omit' | 'text' = 'omit') {
  const noted: string[] = []
  const empty: TableRows = { relations: [], columns: [], keys: [], foreignKeys: [], views: [], checks: [] }
  const tables = readTables(
    { ...empty, ...rows },
    {
      resolve: createTypeTable(),
      onUnmappable: (id, name, type) => {
        noted.push(`${id.name}.${name} ${type.native}`)
        return action
      },
    },
  )
  return { tables, noted }
}
const only = (rows: Partial<TableRows>): Table => {
  const [table, another] = read(rows).tables
  if (table === undefined || another !== undefined) throw new Error('not one table')
  return table
}

describe('a table', () => {
  it('has its columns with what is known of them', () => {
    const table = only({
      relations: [relation('1', 't', { comment: 'One of each' })],
      columns: [
        column('1', 'id', { hasDefault: '1', generated: 'identity' }),
        column('1', 'name', {
          type: 'nvarchar',
          length: '80',
          collation: 'Finnish_Swedish_CI_AS',
          nullable: '1',
          language: '1033',
          comment: 'Who',
        }),
        column('1', 'twice', { hasDefault: '1', generated: 'always' }),
      ],
    })
    expect(table).toMatchObject({ schema: 'dbo', name: 't', kind: 'table', comment: 'One of each' })
    expect(table.columns).toMatchObject([
      { name: 'id', nullable: false, hasDefault: true, generated: 'identity' },
      {
        name: 'name',
        nullable: true,
        hasDefault: false,
        generated: 'no',
        searchConfig: '1033',
        comment: 'Who',
        type: { native: 'nvarchar(40)', collation: 'Finnish_Swedish_CI_AS' },
      },
      { name: 'twice', generated: 'always' },
    ])
    expect(table.columns[0]).not.toHaveProperty('searchConfig')
  })

  it('tells its rows apart by a rowversion when it has one', () => {
    const versioned = [
      column('1', 'id'),
      column('1', 'v', { type: 'timestamp', length: '8', generated: 'always' }),
    ]
    expect(only({ relations: [relation('1', 't')], columns: versioned }).rowVersion).toBe('system')
    expect(only({ relations: [relation('1', 't')], columns: [column('1', 'id')] }).rowVersion).toBe('hash')
    const unreadable = versioned.map((row) => (row[1] === 'v' ? row.with(11, '0') : row.with(11, '1')))
    expect(only({ relations: [relation('1', 't')], columns: unreadable }).rowVersion).toBe('hash')
  })

  it('has unique keys, also those that pass over NULL, but not those over some of the rows', () => {
    const table = only({
      relations: [relation('1', 't')],
      columns: ['a', 'b', 'c]d'].map((name) => column('1', name)),
      keys: [
        key('1', 'PK_t', 'b'),
        key('1', 'PK_t', 'a'),
        key('1', 'plain', 'a'),
        key('1', 'sparse', 'c]d', '([c]]d] IS NOT NULL)'),
        key('1', 'both', 'a', '([a] IS NOT NULL AND [b] IS NOT NULL)'),
        key('1', 'both', 'b', '([a] IS NOT NULL AND [b] IS NOT NULL)'),
        key('1', 'other', 'a', '([b] IS NOT NULL)'),
        key('1', 'open', 'a', "([b]='open')"),
        key('1', 'hidden', 'missing'),
      ],
    })
    expect(table.primaryKey).toEqual({ name: 'PK_t', columns: ['b', 'a'] })
    expect(table.uniqueKeys.map((k) => k.name)).toEqual(['plain', 'sparse', 'both'])
  })

  it('keeps documents in text with a check that says so', () => {
    const text = { type: 'nvarchar', length: '-1', nullable: '1' }
    const names = ['plain', 'above', 'empty', 'a]b', 'value', 'other', 'loose', 'either']
    const table = only({
      relations: [relation('1', 't')],
      columns: names.map((name) => column('1', name, text)),
      checks: [
        ['1', '(isjson([plain])=(1))'],
        ['1', '(isjson([above])>(0))'],
        ['1', '([empty] IS NULL OR isjson([empty])=(1))'],
        ['1', '(isjson([a]]b])=(1))'],
        ['1', '(isjson([value],VALUE)=(1))'],
        ['1', '([plain] IS NULL OR isjson([other])=(1))'],
        ['1', '(isjson([loose])=(0))'],
        ['1', "(isjson([either])=(1) OR [either]=N'x')"],
        ['2', '(isjson([loose])=(1))'],
      ],
    })
    const documents = table.columns.filter((c) => c.type.canonical === 'json').map((c) => c.name)
    expect(documents).toEqual(['plain', 'above', 'empty', 'a]b', 'value'])
  })

  it('has foreign keys to tables that are served, with columns that are', () => {
    const { tables } = read({
      relations: [relation('1', 't'), relation('2', 'u')],
      columns: [column('1', 'a'), column('1', 'b'), column('2', 'x'), column('2', 'y')],
      foreignKeys: [
        ['1', 'two', 'a', '2', 'y'],
        ['1', 'two', 'b', '2', 'x'],
        ['1', 'beyond', 'a', '3', 'x'],
        ['1', 'half', 'a', '2', 'z'],
        ['1', 'another', 'b', '1', 'a'],
      ],
    })
    expect(tables.find((t) => t.name === 't')?.foreignKeys).toEqual([
      { name: 'another', columns: ['b'], target: { schema: 'dbo', name: 't' }, targetColumns: ['a'] },
      { name: 'two', columns: ['a', 'b'], target: { schema: 'dbo', name: 'u' }, targetColumns: ['y', 'x'] },
    ])
  })

  it('leaves out or shows as text what has no canonical form, and says so', () => {
    const rows = {
      relations: [relation('1', 't')],
      columns: [column('1', 'id'), column('1', 'spot', { type: 'geography', length: '-1' })],
    }
    expect(read(rows)).toMatchObject({ noted: ['t.spot geography'], tables: [{ columns: [{ name: 'id' }] }] })
    expect(read(rows, 'text').tables[0]?.columns.map((c) => c.type.canonical)).toEqual(['integer', 'string'])
  })
})

describe('permissions', () => {
  const columns = [column('1', 'id'), column('1', 'note', { select: '0', update: '1' })]

  it('are those of the table, and of columns that have their own', () => {
    const table = only({ relations: [relation('1', 't', { update: '0', delete: '0' })], columns })
    expect(table.columns.map((c) => c.name)).toEqual(['id'])
    expect(table.can).toEqual({ select: true, insert: true, update: true, delete: false })
  })

  it('show what may be written of a table that may not be read', () => {
    const table = only({ relations: [relation('1', 't', { select: '0' })], columns })
    expect(table.columns.map((c) => c.name)).toEqual(['id', 'note'])
    expect(table.can.select).toBe(false)
  })

  it('hide a table of which nothing is allowed', () => {
    const none = { select: '0', insert: '0', update: '0', delete: '0' }
    expect(read({ relations: [relation('1', 't', none)], columns: [column('1', 'id')] }).tables).toEqual([])
  })

  it('let nobody write the history of a temporal table', () => {
    const table = only({ relations: [relation('1', 'h', { history: '1' })], columns: [column('1', 'id')] })
    expect(table.can).toEqual({ select: true, insert: false, update: false, delete: false })
  })
})

describe('a view', () => {
  const columns = [column('2', 'id'), column('2', 'total')]
  const view = (triggers = '0') => [relation('2', 'v', { type: 'V', triggers })]

  it('is written through where all it shows is of one table; what is computed is read only', () => {
    const { tables } = read({
      relations: [relation('1', 't'), ...view()],
      columns: [column('1', 'id', { hasDefault: '1' }), ...columns],
      views: [
        ['2', 'id', '1', 'dbo', 't', 'id'],
        ['2', 'total', '0', null, null, null],
      ],
    })
    expect(tables.find((t) => t.name === 'v')).toMatchObject({
      kind: 'view',
      can: { insert: true, update: true, delete: true },
      columns: [
        { name: 'id', generated: 'no', hasDefault: true },
        { name: 'total', generated: 'always' },
      ],
    })
  })

  it('of several tables can be updated only', () => {
    const table = only({
      relations: view(),
      columns,
      views: [
        ['2', 'id', '1', 'dbo', 't', 'id'],
        ['2', 'total', '1', 'dbo', 'u', 'total'],
      ],
    })
    expect(table.can).toEqual({ select: true, insert: false, update: true, delete: false })
  })

  it('is read only when nothing of it can be written, or nothing is known', () => {
    for (const views of [[], [['2', 'id', '0', 'dbo', 't', 'id']]])
      expect(only({ relations: view(), columns, views }).can).toEqual({
        select: true,
        insert: false,
        update: false,
        delete: false,
      })
  })

  it('is written as far as triggers stand in for it', () => {
    const table = only({ relations: view('5'), columns })
    expect(table.can).toEqual({ select: true, insert: true, update: false, delete: true })
    expect(table.columns.map((c) => c.generated)).toEqual(['no', 'no'])
  })

  it('tells its rows apart by all they show, even when a rowversion is among it', () => {
    const version = column('2', 'v', { type: 'timestamp', length: '8', generated: 'always' })
    expect(only({ relations: view(), columns: [version] }).rowVersion).toBe('hash')
  })
})
