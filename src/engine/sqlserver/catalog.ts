/** Reads what the database holds, as far as this user may use it, and assembles the catalogue from it. */
import type { Catalog, Routine, TableId } from '#catalog/model.ts'
import { CatalogRefused, type Refusal } from '#catalog/refused.ts'
import type { CatalogRequest, Connection } from '#engine/engine.ts'
import { catalogSql } from './catalog-sql.ts'
import { readTables } from './catalog-tables.ts'
import { fingerprintSql } from './fingerprint-sql.ts'
import { type OnUnmappable, readRoutines } from './routines.ts'
import { createTypeTable } from './types.ts'

type Querying = Pick<Connection, 'query'>

/** Most readings of one request, as DDL of others may get in their way. */
const attempts = 3

/** OPENJSON and STRING_SPLIT need it (Transact-SQL reference, "ALTER DATABASE compatibility level"); that of SQL Server 2016. */
const leastLevel = 130

const reserved = new Set(['sys', 'information_schema'])

/**
 * The catalogue of the requested schemas (none: the default schema of the user). The system views show what is committed
 * and have no snapshots, so the fingerprint is taken before and after, and all is read again when it has changed meanwhile.
 * @throws CatalogRefused when a schema is missing or reserved or the database is set to an older behaviour than it must
 *   have; with `unmappable: 'fail'` naming every such column
 */
export async function readCatalog(c: Querying, o: CatalogRequest): Promise<Catalog> {
  const { server, schemas } = await readServer(c, o)
  let before = await digest(c, o, schemas)
  for (let attempt = 1; ; attempt++) {
    const catalog = await readAll(c, o, schemas)
    const after = await digest(c, o, schemas)
    // The earlier one, so that what is still changing is looked at again by the next poll.
    if (before === after || attempt === attempts) return { ...catalog, fingerprint: before, server }
    before = after
  }
}

/** A text that changes whenever the catalogue may have changed, but not by writing rows. Three statements. */
export async function fingerprint(c: Querying, o: CatalogRequest): Promise<string> {
  const { schemas } = await readServer(c, o)
  return digest(c, o, schemas)
}

interface Server {
  readonly server: string
  /** The schemas to serve, as the server spells them. */
  readonly schemas: readonly string[]
}

async function readServer(c: Querying, o: CatalogRequest): Promise<Server> {
  const limits = { deadline: o.deadline, signal: o.signal }
  const [row] = await c.query(catalogSql.server, [], limits)
  const [schema, version, edition, level] = row ?? []
  if (Number(level) < leastLevel)
    throw new CatalogRefused([
      {
        path: 'database.url',
        message: `the database has compatibility level ${level}; at least ${leastLevel} is needed`,
      },
    ])
  const found = (await c.query(catalogSql.schemas, [], limits)).map(([name]) => name ?? '')
  const name = edition === '5' || edition === '8' ? 'Azure SQL' : 'SQL Server'
  return {
    server: `${name} ${version}`,
    schemas: servedSchemas(o.schemas, found, schema ?? undefined),
  }
}

/** Names that are equal but for case are the same to most collations: the exact one is preferred. */
function servedSchemas(
  requested: readonly string[],
  found: readonly string[],
  ownSchema: string | undefined,
): string[] {
  const wanted = requested.length > 0 ? requested : ownSchema === undefined ? [] : [ownSchema]
  const refusals: Refusal[] = []
  const served = wanted.flatMap((name) => {
    const real =
      found.find((other) => other === name) ??
      found.find((other) => other.toLowerCase() === name.toLowerCase())
    if (real !== undefined && !reserved.has(real.toLowerCase())) return [real]
    const message = reserved.has(name.toLowerCase())
      ? `${JSON.stringify(name)} is a system schema, which is never served`
      : `the database has no schema ${JSON.stringify(name)}, or this user may not know of it`
    refusals.push({ path: 'api.schemas', message })
    return []
  })
  if (wanted.length === 0)
    refusals.push({
      path: 'api.schemas',
      message: 'the user has no default schema: name those to serve',
    })
  if (refusals.length > 0) throw new CatalogRefused(refusals)
  return [...new Set(served)]
}

async function digest(c: Querying, o: CatalogRequest, schemas: readonly string[]): Promise<string> {
  const limits = { deadline: o.deadline, signal: o.signal }
  const rows = await c.query(fingerprintSql, [JSON.stringify(schemas)], limits)
  return rows[0]?.[0] ?? ''
}

async function readAll(
  c: Querying,
  o: CatalogRequest,
  schemas: readonly string[],
): Promise<Omit<Catalog, 'fingerprint' | 'server'>> {
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

  const bound = [JSON.stringify(schemas)]
  const ask = (text: string) => c.query(text, bound, { deadline: o.deadline, signal: o.signal })
  const context = { resolve: createTypeTable(), onUnmappable }
  const columns = await ask(catalogSql.columns)
  const tables = readTables(
    {
      columns,
      relations: await ask(catalogSql.relations),
      keys: await ask(catalogSql.keys),
      foreignKeys: await ask(catalogSql.foreignKeys),
      views: await ask(catalogSql.views),
      checks: await ask(catalogSql.checks),
    },
    context,
  )
  const routines = readRoutines(
    {
      columns,
      routines: await ask(catalogSql.routines),
      parameters: await ask(catalogSql.parameters),
      results: await ask(catalogSql.results),
    },
    context,
  )
  if (refusals.length > 0) throw new CatalogRefused(refusals)
  return {
    tables: tables.toSorted(byId),
    routines: routines.toSorted((a: Routine, b: Routine) => byId(a, b)),
    unmappable: unmappable.toSorted((a, b) => byId(a.table, b.table)),
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byId = (a: TableId, b: TableId) => compare(a.schema, b.schema) || compare(a.name, b.name)
