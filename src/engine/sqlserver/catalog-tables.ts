/** Rows of the catalogue's statements → tables and views with columns, keys and relations. Pure. */
import type { Column, ForeignKey, Key, Table, TableId } from '#catalog/model.ts'
import type { OnUnmappable } from './routines.ts'
import type { NativeType, Resolved } from './types.ts'

export type RawRows = readonly (readonly (string | null)[])[]

/** What the statements of catalog-sql.ts gave. */
export interface TableRows {
  readonly relations: RawRows
  readonly columns: RawRows
  readonly keys: RawRows
  readonly foreignKeys: RawRows
  readonly views: RawRows
  readonly checks: RawRows
}

export interface TableContext {
  readonly resolve: (native: NativeType, json?: boolean) => Resolved
  readonly onUnmappable: OnUnmappable
}

/** A cell that holds something. */
export const isTold = (cell: string | null | undefined): cell is string => cell !== null && cell !== undefined

/** Name, length, digits and scale as four cells of a row. Null when the server told no name of a type. */
export function nativeOf(
  cells: readonly (string | null | undefined)[],
  collation?: string | null,
): NativeType {
  const [name, maxLength, precision, scale] = cells
  return {
    name: name ?? 'unknown',
    maxLength: Number(maxLength ?? 0),
    precision: Number(precision ?? 0),
    scale: Number(scale ?? 0),
    ...(isTold(collation) && { collation }),
  }
}

/** A column, and whether this user may read and update it; undefined when that is as its table says. */
interface Drawn {
  readonly column: Column
  readonly readable: boolean | undefined
  readonly writable: boolean | undefined
}

/** Where the columns of a view come from, as far as the server's analysis of its query tells. */
interface Source {
  readonly writable: boolean
  readonly schema: string | null
  readonly table: string | null
  readonly column: string | null
}

/** Bits of INSTEAD OF triggers. */
const events = { insert: 1, update: 2, delete: 4 } as const

/** The tables this user may do something with, in no promised order. */
export function readTables(rows: TableRows, context: TableContext): Table[] {
  const columns = Map.groupBy(rows.columns, ([id]) => id)
  const keys = Map.groupBy(rows.keys, ([id]) => id)
  const views = Map.groupBy(rows.views, ([id]) => id)
  const documents = new Set(rows.checks.map(([id, check]) => `${id} ${documentOf(check ?? '')}`))
  const drawn = new Map<string, readonly Drawn[]>()
  const defaults = new Set<string>()
  for (const [id, schema, name] of rows.relations) {
    const own = (columns.get(id as string) ?? []).flatMap((row) =>
      drawColumn({ schema: schema ?? '', name: name ?? '' }, row, {
        ...context,
        json: documents.has(`${id} ${row[1]}`),
      }),
    )
    drawn.set(id as string, own)
    for (const { column } of own)
      if (column.hasDefault) defaults.add(sourceKey(schema ?? null, name ?? null, column.name))
  }

  const tables = new Map<string, Table>()
  for (const row of rows.relations) {
    const id = row[0] as string
    const table = toTable(row, drawn.get(id) ?? [], {
      keys: keys.get(id) ?? [],
      sources: row[3] === 'V' ? readSources(views.get(id) ?? []) : undefined,
      defaults,
    })
    if (table.columns.length > 0 && Object.values(table.can).includes(true)) tables.set(id, table)
  }
  linkForeignKeys(tables, rows.foreignKeys)
  return [...tables.values()]
}

/** The column of the check `([column] is null or isjson([column])=(1))`, as the server writes it; nullness may be left out. */
function documentOf(check: string): string {
  const found =
    /^\((?:\[(?<nullable>(?:[^\]]|\]\])+)\] IS NULL OR )?isjson\(\[(?<name>(?:[^\]]|\]\])+)\](?:,\s*value)?\)(?:=\(1\)|>\(0\))\)$/i.exec(
      check,
    )
  const { nullable, name } = found?.groups ?? {}
  return nullable === undefined || nullable === name ? (name ?? '').replaceAll(']]', ']') : ''
}

function drawColumn(
  id: TableId,
  row: readonly (string | null)[],
  context: TableContext & { readonly json: boolean },
): Drawn[] {
  const [, name, , , , , collation, nullable, hasDefault, generated, language, select, update, comment] = row
  const resolved = context.resolve(nativeOf(row.slice(2, 6), collation), context.json)
  if (!resolved.mapped && context.onUnmappable(id, name ?? '', resolved.type) === 'omit') return []
  const column: Column = {
    name: name ?? '',
    type: resolved.type,
    nullable: nullable === '1',
    hasDefault: hasDefault === '1',
    generated: generated as Column['generated'],
    ...(isTold(comment) && { comment }),
    ...(isTold(language) && { searchConfig: language }),
  }
  const told = (may: string | null | undefined) => (isTold(may) ? may === '1' : undefined)
  return [{ column, readable: told(select), writable: told(update) }]
}

const sourceKey = (...parts: readonly (string | null)[]) => parts.join('\u0000')

const readSources = (rows: RawRows): ReadonlyMap<string, Source> =>
  new Map(
    rows.map(([, name, writable, schema, table, column]) => [
      name ?? '',
      { writable: writable === '1', schema: schema ?? null, table: table ?? null, column: column ?? null },
    ]),
  )

interface TableParts {
  readonly keys: RawRows
  /** Of views. */
  readonly sources: ReadonlyMap<string, Source> | undefined
  /** Columns of all tables that the server fills in. */
  readonly defaults: ReadonlySet<string>
}

function toTable(
  [, schema, name, , select, insert, update, remove, history, triggers, comment]: readonly (string | null)[],
  drawn: readonly Drawn[],
  { keys, sources, defaults }: TableParts,
): Table {
  const readable = drawn.filter((c) => c.readable ?? select === '1')
  // Of a table nothing of which may be read, what may be written stays.
  const shown = readable.length > 0 ? readable : drawn
  const bits = Number(triggers)
  const replaced = bits !== 0
  const columns = shown.map(({ column }) => {
    if (sources === undefined || replaced) return column
    const source = sources.get(column.name)
    const filled = defaults.has(
      sourceKey(source?.schema ?? null, source?.table ?? null, source?.column ?? null),
    )
    return {
      ...column,
      hasDefault: column.hasDefault || filled,
      generated: source?.writable === true ? column.generated : ('always' as const),
    }
  })
  const can = writesOf(sources, { bits, history: history !== '0' })
  const own = readKeys(keys).filter((key) => key.columns.every((c) => columns.some((o) => o.name === c)))
  const primary = own.find((key) => key.primary)
  const plain = ({ name, columns }: Key): Key => ({ name, columns })
  return {
    schema: schema ?? '',
    name: name ?? '',
    kind: sources === undefined ? 'table' : 'view',
    columns,
    primaryKey: primary && plain(primary),
    uniqueKeys: own.filter((key) => key !== primary).map(plain),
    foreignKeys: [],
    // A view may show the rowversion of one of the tables it joins.
    rowVersion:
      sources === undefined && columns.some((c) => c.type.family === 'rowversion') ? 'system' : 'hash',
    can: {
      select: readable.length > 0,
      insert: can.insert && insert === '1',
      update: can.update && (update === '1' || drawn.some((c) => c.writable === true)),
      delete: can.delete && remove === '1',
    },
    ...(isTold(comment) && { comment }),
  }
}

/** What the object lets anybody do; a view as far as its columns come from one table, or its triggers stand in. */
function writesOf(
  sources: ReadonlyMap<string, Source> | undefined,
  { bits, history }: { bits: number; history: boolean },
): { insert: boolean; update: boolean; delete: boolean } {
  if (sources === undefined) return { insert: !history, update: !history, delete: !history }
  const all = [...sources.values()]
  const writable = all.some((source) => source.writable)
  const single =
    new Set(all.map((s) => sourceKey(s.schema, s.table)).filter((s) => s !== '\u0000')).size === 1
  const stands = (event: number) => (bits & event) !== 0
  return {
    insert: stands(events.insert) || (writable && single),
    update: stands(events.update) || writable,
    delete: stands(events.delete) || (writable && single),
  }
}

/** Unique over all rows, or over all whose columns are not null, which is what a unique key means elsewhere. */
function readKeys(rows: RawRows): (Key & { readonly primary: boolean })[] {
  return [...Map.groupBy(rows, ([, name]) => name)].flatMap(([name, parts]) => {
    const [, , primary, filter] = parts[0] ?? []
    const columns = parts.map((part) => part[4] ?? '')
    if (isTold(filter) && !isNotNullOf(filter, columns)) return []
    return [{ name: name ?? '', columns, primary: primary === '1' }]
  })
}

/** `([email] IS NOT NULL)`, for columns of the key alone. */
function isNotNullOf(filter: string, columns: readonly string[]): boolean {
  const conditions = filter.replace(/^\((.*)\)$/s, '$1').split(/ AND (?=\[)/)
  const names = columns.map((name) => `[${name.replaceAll(']', ']]')}] IS NOT NULL`)
  return conditions.every((condition) => names.includes(condition))
}

/** Foreign keys between served tables, as far as their columns are served. */
function linkForeignKeys(tables: Map<string, Table>, rows: RawRows): void {
  const has = (table: Table, names: readonly string[]) =>
    names.every((name) => table.columns.some((c) => c.name === name))
  for (const [id, own] of Map.groupBy(rows, ([id]) => id)) {
    const table = tables.get(id ?? '')
    if (table === undefined) continue
    const foreignKeys: ForeignKey[] = []
    for (const [name, parts] of Map.groupBy(own, (part) => part[1])) {
      const target = tables.get(parts[0]?.[3] ?? '')
      const columns = parts.map((part) => part[2] ?? '')
      const targetColumns = parts.map((part) => part[4] ?? '')
      if (target === undefined || !has(table, columns) || !has(target, targetColumns)) continue
      const { schema, name: targetName } = target
      foreignKeys.push({ name: name ?? '', columns, target: { schema, name: targetName }, targetColumns })
    }
    tables.set(id as string, { ...table, foreignKeys: foreignKeys.toSorted(byName) })
  }
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
