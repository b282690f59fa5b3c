/** Reads what the database holds, as far as this user may use it, and assembles the catalogue from it. */
import type { Catalog, Column, Key, Routine, Table, TableId } from '#catalog/model.ts'
import { CatalogRefused, type Refusal } from '#catalog/refused.ts'
import type { CatalogRequest, Connection } from '#engine/engine.ts'
import type { CatalogRows, ColumnRow, FingerprintRow, KeyRow } from './catalog-rows.ts'
import { catalogSql } from './catalog-sql.ts'
import { classify } from './faults.ts'
import { fingerprintSql } from './fingerprint-sql.ts'
import { type OnUnmappable, readRoutine } from './routines.ts'
import { configIn, indexedConfigs } from './search-config.ts'
import { createTypeTable, type Resolved } from './types.ts'

type Querying = Pick<Connection, 'query'>
type Rows = readonly (readonly (string | null)[])[]

/** Most readings of one request, as DDL of others may get in their way. */
const attempts = 3

/**
 * The catalogue of the requested schemas (none: the first of the search path that exists). Overloads of one routine
 * name are all in it, fewest parameters first. It takes four statements however many tables there are, and one of them
 * reads everything, hence from one snapshot. When neither COMMIT nor ROLLBACK gets through, the session is left in a
 * transaction and must not be used again (Connection.isUsable says so).
 * @throws CatalogRefused when a schema is missing or reserved; with `unmappable: 'fail'` naming every such column
 */
export async function readCatalog(c: Querying, o: CatalogRequest): Promise<Catalog> {
  for (let attempt = 1; ; attempt++) {
    try {
      return assembleCatalog(await readRows(c, o), o)
    } catch (error) {
      if (attempt === attempts || !wasDropped(error)) throw error
    }
  }
}

async function readRows(c: Querying, o: CatalogRequest): Promise<Rows> {
  const limits = { deadline: o.deadline, signal: o.signal }
  await c.query('BEGIN TRANSACTION READ ONLY', [], limits)
  try {
    // To compile the statement takes PostgreSQL 15 four times as long as to run it on 5,000 tables.
    await c.query("SELECT pg_catalog.set_config('jit', 'off', true)", [], limits)
    const rows = await c.query(catalogSql, [textArray(o.schemas)], limits)
    await c.query('COMMIT', [], limits)
    return rows
  } catch (error) {
    await c.query('ROLLBACK', [], limits).catch(() => {})
    throw error
  }
}

/** The functions that print expressions look beyond the snapshot and fail ("could not open relation") when a table has just been dropped. */
function wasDropped(error: unknown): boolean {
  const { kind, applied } = classify(error)
  return applied === 'no' && (kind === 'unknown' || kind === 'missing_object')
}

/** A text that changes whenever the catalogue may have changed, but not by writing rows, VACUUM or ANALYZE. One statement. */
export async function fingerprint(c: Querying, o: CatalogRequest): Promise<string> {
  const limits = { deadline: o.deadline, signal: o.signal }
  const rows = await c.query(fingerprintSql, [textArray(o.schemas)], limits)
  return rows[0]?.[0] ?? ''
}

const textArray = (texts: readonly string[]) =>
  `{${texts.map((text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join()}}`

/** Rows of the catalogue statement → catalogue. Pure. */
function assembleCatalog(rows: Rows, o: Pick<CatalogRequest, 'schemas' | 'unmappable'>): Catalog {
  const found = groupRows(rows)
  refuseSchemas(
    found.schema.map((s) => s.name),
    o.schemas,
  )

  const unmappable: Catalog['unmappable'][number][] = []
  const refusals: Refusal[] = []
  const onUnmappable: OnUnmappable = ({ schema, name }, column, { native }) => {
    const action = o.unmappable === 'omit' ? 'omit' : 'text'
    unmappable.push({ table: { schema, name }, column, native, action })
    if (o.unmappable === 'fail') {
      const where = [schema, name, column].filter((part) => part !== '').join('.')
      const message = `${where} is of type ${native}, which has no canonical form`
      refusals.push({ path: 'schema.unmappable', message })
    }
    return action
  }

  const resolve = createTypeTable(found.type)
  const tables = readTables(found, resolve, onUnmappable)
  const tableOf = (relation: string) => idOf(tables.get(relation))
  const routines = found.routine
    .map((row) => readRoutine(row, { resolve, tableOf, onUnmappable }))
    .filter((routine) => routine !== undefined)
    .sort((a, b) => byId(a, b) || bySignature(a, b))
  if (refusals.length > 0) throw new CatalogRefused(refusals)

  const { fingerprint: text, version } = found.fingerprint[0] as FingerprintRow
  return {
    fingerprint: text,
    server: `PostgreSQL ${version.split(' ', 1)[0]}`,
    tables: [...tables.values()].sort(byId),
    routines,
    unmappable: unmappable.sort((a, b) => byId(a.table, b.table)),
  }
}

function groupRows(rows: Rows): CatalogRows {
  const found: { [K in keyof CatalogRows]: unknown[] } = {
    schema: [],
    fingerprint: [],
    type: [],
    relation: [],
    key: [],
    foreignKey: [],
    search: [],
    routine: [],
  }
  for (const [kind, json] of rows) found[kind as keyof CatalogRows].push(JSON.parse(json as string))
  return found as unknown as CatalogRows
}

function refuseSchemas(found: readonly string[], requested: readonly string[]): void {
  const refusals = requested
    .filter((name) => !found.includes(name))
    .map((name) => ({
      path: 'api.schemas',
      message: /^pg_|^information_schema$/.test(name)
        ? `${JSON.stringify(name)} is a system schema, which is never served`
        : `the database has no schema ${JSON.stringify(name)}`,
    }))
  if (requested.length === 0 && found.length === 0)
    refusals.push({
      path: 'api.schemas',
      message:
        'the connection has no default schema (no schema of its search_path exists): name those to serve',
    })
  if (refusals.length > 0) throw new CatalogRefused(refusals)
}

/** Tables by the oid of their relation. */
function readTables(
  found: CatalogRows,
  resolve: (oid: string, modifier: number) => Resolved,
  onUnmappable: OnUnmappable,
): Map<string, Table> {
  const searches = Map.groupBy(found.search, (s) => s.relation)
  const columns = new Map<string, readonly Column[]>()
  const ids = new Map<string, TableId>()
  for (const row of found.relation) {
    const id = { schema: row.schema, name: row.name }
    const configs = indexedConfigs((searches.get(row.oid) ?? []).map((s) => s.expression))
    ids.set(row.oid, id)
    columns.set(
      row.oid,
      (row.columns ?? []).flatMap((c) => {
        const resolved = resolve(c[1], c[2])
        const left = !resolved.mapped && onUnmappable(id, c[0], resolved.type) === 'omit'
        return left ? [] : [toColumn(c, resolved, configs)]
      }),
    )
  }

  const keys = Map.groupBy(found.key.toSorted(byName), (k) => k.relation)
  const foreignKeys = Map.groupBy(found.foreignKey.toSorted(byName), (f) => f.relation)
  /** Keys with a column that is left out are left out too. */
  const has = (relation: string, names: readonly string[]) =>
    names.every((name) => columns.get(relation)?.some((c) => c.name === name))
  const toKey = ({ name, columns, deferrable }: KeyRow): Key => ({
    name,
    columns,
    ...(deferrable && { deferrable }),
  })

  const tables = new Map<string, Table>()
  for (const row of found.relation) {
    if (columns.get(row.oid)?.length === 0) continue
    const own = (keys.get(row.oid) ?? []).filter((k) => has(row.oid, k.columns))
    const primary = own.find((k) => k.primary)
    tables.set(row.oid, {
      ...(ids.get(row.oid) as TableId),
      kind: row.kind === 'view' || row.kind === 'materialized' ? row.kind : 'table',
      columns: columns.get(row.oid) ?? [],
      primaryKey: primary && toKey(primary),
      uniqueKeys: own.filter((k) => k !== primary).map(toKey),
      foreignKeys: (foreignKeys.get(row.oid) ?? [])
        .filter((f) => has(row.oid, f.columns) && has(f.target, f.targetColumns))
        .map(({ name, columns, target, targetColumns }) => ({
          name,
          columns,
          target: ids.get(target) as TableId,
          targetColumns,
        })),
      // Who may not read every column may not read xmin either.
      rowVersion: row.kind === 'table' && row.readable ? 'system' : 'hash',
      can: { select: row.partlyReadable, insert: row.insert, update: row.update, delete: row.remove },
      ...(row.plain && { plainInserts: true as const }),
      ...(row.comment !== null && { comment: row.comment }),
    })
  }
  return tables
}

function toColumn(
  [name, , , notNull, hasDefault, generated, comment, expression]: ColumnRow,
  resolved: Resolved,
  configs: ReadonlyMap<string, string>,
): Column {
  const searchConfig = expression === null ? configs.get(name) : configIn(expression)
  return {
    name,
    type: resolved.type,
    nullable: !notNull && !resolved.notNull,
    hasDefault: hasDefault || resolved.hasDefault,
    generated,
    ...(comment !== null && { comment }),
    ...(searchConfig !== undefined && { searchConfig }),
  }
}

const idOf = (table: Table | undefined): TableId | undefined =>
  table && { schema: table.schema, name: table.name }

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byName = (a: { name: string }, b: { name: string }) => compare(a.name, b.name)
const byId = (a: TableId, b: TableId) => compare(a.schema, b.schema) || compare(a.name, b.name)
const bySignature = (a: Routine, b: Routine) =>
  a.parameters.length - b.parameters.length || compare(signature(a), signature(b))
const signature = (routine: Routine) => routine.parameters.map((p) => p.type.native).join()
