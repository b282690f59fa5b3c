/** Rows of information_schema → tables and views with columns, keys and relations. Pure. */
import type { Column, ForeignKey, Key, Table, TableId } from '#catalog/model.ts'
import { newValueOf } from './defaults.ts'
import type { RawRows } from './fingerprint.ts'
import type { Grants } from './grants.ts'
import type { OnUnmappable } from './routines.ts'
import type { TypeTable } from './types.ts'
import { readView, type ViewSource } from './views.ts'

/** What the statements of catalog-sql.ts gave for one database. */
export interface Rows {
  readonly schema: string
  readonly tables: RawRows
  readonly columns: RawRows
  readonly indexes: RawRows
  readonly foreignKeys: RawRows
  readonly views: RawRows
  readonly checks: RawRows
}

export interface TableContext {
  readonly resolve: TypeTable
  readonly grants: Grants
  readonly onUnmappable: OnUnmappable
  readonly caseless: boolean
  readonly mariadb: boolean
}

/** TABLE_TYPE → kind; sequences, temporary tables and system views are not served. */
const kinds: Readonly<Record<string, Table['kind']>> = {
  'BASE TABLE': 'table',
  'SYSTEM VERSIONED': 'table',
  VIEW: 'view',
}

const idText = ({ schema, name }: TableId) => `${schema}\u0000${name}`

/** A column, and what this user may do with it. */
interface Readable {
  readonly column: Column
  readonly privileges: ReadonlySet<string>
}

/** The tables of all databases, in no promised order. */
export function readTables(databases: readonly Rows[], context: TableContext): Table[] {
  const drafts = new Map<string, Draft>()
  for (const rows of databases)
    for (const draft of readDrafts(rows, context)) drafts.set(idText(draft), draft)
  const tables = [...drafts.values()].map((draft) => toTable(draft, drafts, context))
  return linkForeignKeys(tables, databases, context)
}

interface Draft extends TableId {
  readonly kind: Table['kind']
  readonly comment: string
  readonly columns: readonly Readable[]
  readonly keys: readonly (Key & { readonly primary: boolean })[]
  /** Of views that can be written; undefined for all others. */
  readonly source: ViewSource | undefined
}

function readDrafts(rows: Rows, context: TableContext): Draft[] {
  const { schema } = rows
  const columns = Map.groupBy(rows.columns, ([table]) => table)
  const indexes = Map.groupBy(rows.indexes, ([table]) => table)
  const views = new Map(
    rows.views.map(([table, definition, updatable]) => [table, { definition, updatable }]),
  )
  const documents = new Set(rows.checks.map(([table, clause]) => `${table}\u0000${documentOf(clause ?? '')}`))

  return rows.tables.flatMap(([table, type, comment]) => {
    const kind = kinds[type ?? '']
    if (typeof table !== 'string' || kind === undefined) return []
    const parts = Map.groupBy(indexes.get(table) ?? [], ([, index]) => index ?? '')
    const keys = readKeys(parts)
    const primary = keys.find((key) => key.primary)
    const searches = searchesOf(parts)
    const view = views.get(table)
    const own = (columns.get(table) ?? []).flatMap((row) => {
      const [, name] = row
      const id = { schema, name: table }
      const json = documents.has(`${table}\u0000${name}`)
      return readColumn(id, row, {
        ...context,
        json,
        searches,
        inKey: primary?.columns.includes(name ?? '') ?? false,
      })
    })
    const readable = own.filter((c) => c.privileges.has('select'))
    return [
      {
        schema,
        name: table,
        kind,
        comment: kind === 'view' ? '' : (comment ?? ''),
        // Of a table nothing of which may be read, what may be written stays.
        columns: readable.length > 0 ? readable : own.filter((c) => c.privileges.has('insert')),
        keys,
        source: view?.updatable === 'YES' ? readView(view.definition ?? '') : undefined,
      },
    ]
  })
}

/** The column of the check json_valid(`column`), which JSON columns of MariaDB have. */
const documentOf = (clause: string): string =>
  /^json_valid\(`((?:[^`]|``)+)`\)/.exec(clause)?.[1]?.replaceAll('``', '`') ?? ''

/** Unique over whole columns: not over parts of them (SUB_PART) or expressions. */
function readKeys(parts: ReadonlyMap<string, RawRows>): Draft['keys'] {
  return [...parts]
    .filter(([, rows]) =>
      rows.every(([, , column, part, type]) => column !== null && part === null && type !== 'FULLTEXT'),
    )
    .map(([name, rows]) => ({
      name,
      primary: name === 'PRIMARY',
      columns: rows.map(([, , column]) => column ?? ''),
    }))
}

/** Column → FULLTEXT index over exactly that column, which alone can serve a search of it. */
function searchesOf(parts: ReadonlyMap<string, RawRows>): ReadonlyMap<string, string> {
  const searches = new Map<string, string>()
  for (const [index, rows] of parts) {
    const [first] = rows
    if (rows.length === 1 && first?.[4] === 'FULLTEXT') searches.set(first[2] ?? '', index)
  }
  return searches
}

function readColumn(
  id: TableId,
  row: readonly (string | null)[],
  o: TableContext & { json: boolean; searches: ReadonlyMap<string, string>; inKey: boolean },
): Readable[] {
  const [, name = '', native = '', nullable, fallback, extra = '', privileges = '', comment = '', collation] =
    row.map((value) => value ?? undefined)
  // Its author hides it from SELECT *; a key is needed all the same.
  if (/\bINVISIBLE\b/i.test(extra) && !o.inKey) return []
  const resolved = o.resolve(native, { json: o.json, collation })
  if (!resolved.mapped && o.onUnmappable(id, name, resolved.type) === 'omit') return []
  const identity = /\bauto_increment\b/i.test(extra)
  // MySQL marks a default that is an expression with DEFAULT_GENERATED.
  const generated = /\b(STORED|VIRTUAL|PERSISTENT) GENERATED\b/i.test(extra)
  const searchConfig = o.searches.get(name)
  const evaluated = /DEFAULT_GENERATED/i.test(extra)
  const newValue = evaluated ? newValueOf(fallback ?? '') : fallback === undefined ? undefined : ''
  return [
    {
      privileges: new Set(privileges.split(',')),
      column: {
        name,
        type: resolved.type,
        nullable: nullable === 'YES',
        // MariaDB spells "no default" of a nullable column as the word.
        hasDefault: identity || generated || evaluated || (fallback !== undefined && fallback !== 'NULL'),
        generated: generated ? 'always' : identity ? 'identity' : 'no',
        ...(comment !== '' && { comment }),
        ...(searchConfig !== undefined && { searchConfig }),
        // Where rows are given back by the server nobody asks for it.
        ...(!o.mariadb && newValue !== undefined && { newValue }),
      },
    },
  ]
}

function toTable(draft: Draft, drafts: ReadonlyMap<string, Draft>, { grants }: TableContext): Table {
  const { schema, name, kind } = draft
  const columns = draft.columns.map((c) => writableThrough(draft, c.column, drafts))
  const may = (privilege: string) => draft.columns.some((c) => c.privileges.has(privilege))
  const writable = kind === 'table' || draft.source !== undefined
  // A row can be added through a view only when all of its columns are columns of the table, each once.
  const plain = draft.source === undefined ? [] : [...draft.source.columns.values()]
  const insertable =
    kind === 'table' || (plain.every((c) => c !== undefined) && new Set(plain).size === plain.length)
  const has = (key: Key) => key.columns.every((column) => columns.some((c) => c.name === column))
  const keys = draft.keys.filter(has)
  const primary = keys.find((key) => key.primary)
  const rowKey = kind === 'view' ? rowKeyOf(draft, drafts) : undefined
  const toKey = (key: Key): Key => ({ name: key.name, columns: key.columns })
  return {
    schema,
    name,
    kind,
    columns,
    primaryKey: primary && toKey(primary),
    uniqueKeys: keys.filter((key) => key !== primary).map(toKey),
    ...(rowKey && { rowKey }),
    foreignKeys: [],
    rowVersion: 'hash',
    can: {
      select: may('select'),
      insert: writable && insertable && may('insert'),
      update: writable && may('update'),
      delete: writable && grants.allows('DELETE', { kind: 'table', schema, name }),
    },
    ...(draft.comment !== '' && { comment: draft.comment }),
  }
}

/** What tells rows apart: the key of the table, under the names it has in the view, through as many views as there are. */
function rowKeyOf(
  { kind, keys, columns, source }: Draft,
  drafts: ReadonlyMap<string, Draft>,
): readonly string[] | undefined {
  if (kind === 'table')
    return keys
      .toSorted((a, b) => Number(b.primary) - Number(a.primary))
      .find((key) =>
        key.columns.every((name) => columns.some(({ column: c }) => c.name === name && !c.nullable)),
      )?.columns
  if (source === undefined) return undefined
  const base = drafts.get(idText({ schema: source.schema, name: source.table }))
  const shown = [...source.columns].filter(([name]) => columns.some(({ column }) => column.name === name))
  const names = base && rowKeyOf(base, drafts)?.map((inner) => shown.find(([, of]) => of === inner)?.[0])
  return names?.every((name) => name !== undefined) ? names : undefined
}

/** A column of a view can be written as far as the column of its table can, through as many views as there are. */
function writableThrough(draft: Draft, column: Column, drafts: ReadonlyMap<string, Draft>): Column {
  const { source } = draft
  if (draft.kind === 'table' || source === undefined) return column
  const base = drafts.get(idText({ schema: source.schema, name: source.table }))
  const inner = source.columns.get(column.name)
  if (inner === undefined) return { ...column, generated: 'always' }
  const found = base?.columns.find((c) => c.column.name === inner)
  if (base === undefined || found === undefined) return column
  const { generated, hasDefault, newValue } = writableThrough(base, found.column, drafts)
  return {
    ...column,
    generated,
    hasDefault: column.hasDefault || hasDefault,
    ...(newValue !== undefined && { newValue }),
  }
}

/** Foreign keys between served tables, as far as their columns are served. */
function linkForeignKeys(
  tables: readonly Table[],
  databases: readonly Rows[],
  { caseless }: TableContext,
): Table[] {
  const fold = (name: string) => (caseless ? name.toLowerCase() : name)
  const foldId = (schema: string, name: string) => idText({ schema: fold(schema), name: fold(name) })
  const byId = new Map(tables.map((table) => [foldId(table.schema, table.name), table]))
  // Columns are compared without case on every server.
  const columnOf = (table: Table, name: string | null | undefined) =>
    table.columns.find((c) => c.name.toLowerCase() === name?.toLowerCase())?.name
  const found = new Map<Table, ForeignKey[]>()
  for (const { schema, foreignKeys } of databases)
    for (const rows of Map.groupBy(foreignKeys, ([table, name]) => `${table}\u0000${name}`).values()) {
      const [table, name, , targetSchema, targetName] = rows[0] ?? []
      const own = byId.get(foldId(schema, table ?? ''))
      const target = byId.get(foldId(targetSchema ?? '', targetName ?? ''))
      if (own === undefined || target === undefined) continue
      const columns = rows.map((row) => columnOf(own, row[2]))
      const targetColumns = rows.map((row) => columnOf(target, row[5]))
      if (!columns.every((c) => c !== undefined) || !targetColumns.every((c) => c !== undefined)) continue
      const list = found.get(own) ?? []
      found.set(own, list)
      const { schema: at, name: of } = target
      list.push({ name: name ?? '', columns, target: { schema: at, name: of }, targetColumns })
    }
  return tables
    .filter((table) => table.columns.length > 0)
    .map((table) => ({ ...table, foreignKeys: found.get(table) ?? [] }))
}
