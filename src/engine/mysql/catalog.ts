/** Reads what the databases hold, as far as this user may use it, and assembles the catalogue from it. */
import type { Catalog, Routine, Table, TableId } from '#catalog/model.ts'
import { CatalogRefused, type Refusal } from '#catalog/refused.ts'
import type { CatalogRequest, Connection } from '#engine/engine.ts'
import {
  digestSql,
  grantsSql,
  rowsSql,
  schemasSql,
  type SourceName,
  serverSql,
  sources,
  sourcesOf,
} from './catalog-sql.ts'
import { digestOf, fingerprintOf, type RawRows } from './fingerprint.ts'
import { type Grants, readGrants } from './grants.ts'
import { type OnUnmappable, readRoutine } from './routines.ts'
import { readTables, type Rows } from './tables.ts'
import { createTypeTable, type Resolved } from './types.ts'

type Querying = Pick<Connection, 'query'>

const reserved = new Set(['information_schema', 'mysql', 'performance_schema', 'sys'])

/**
 * The catalogue of the requested databases (none: the connection's own). information_schema has no snapshots: what others
 * change meanwhile may be there in part, but then the fingerprint is none of the schema, and the next look finds that out.
 * @throws CatalogRefused when a database is missing or reserved; with `unmappable: 'fail'` naming every such column
 */
export async function readCatalog(c: Querying, o: CatalogRequest): Promise<Catalog> {
  const server = await readServer(c, o)
  const limits = { deadline: o.deadline, signal: o.signal }
  const read = new Map<string, RawRows>()
  for (const [name, schema] of partsOf(server)) {
    const rows = await c.query(rowsSql(sources[name]), schema === undefined ? [] : [schema], limits)
    read.set(keyOf(name, schema), rows)
  }
  const grants = readGrants((await c.query(grantsSql(server), [], limits)).map(([line]) => line ?? ''))
  const digests = partsOf(server).map(([name, schema]) => digestOf(read.get(keyOf(name, schema)) ?? []))
  return {
    fingerprint: fingerprintOf([...aboutServer(server), ...digests]),
    ...assemble(server, (name, schema) => read.get(keyOf(name, schema)) ?? [], grants, o),
  }
}

/** A text that changes whenever the catalogue may have changed, but not by writing rows. Three statements. */
export async function fingerprint(c: Querying, o: CatalogRequest): Promise<string> {
  const server = await readServer(c, o)
  const parts = partsOf(server)
  const text = `SELECT ${parts.map(([name]) => digestSql(sources[name])).join(', ')}`
  const names = parts.flatMap(([, schema]) => (schema === undefined ? [] : [schema]))
  const [digests = []] = await c.query(text, names, { deadline: o.deadline, signal: o.signal })
  return fingerprintOf([...aboutServer(server), ...digests])
}

type Part = readonly [name: SourceName, schema: string | undefined]

/** What there is to read: each source, for each database where it has one. */
const partsOf = (server: Server): readonly Part[] =>
  sourcesOf(server).flatMap((name): Part[] =>
    sources[name].schema === undefined
      ? [[name, undefined]]
      : server.schemas.map((schema): Part => [name, schema]),
  )

const keyOf = (name: SourceName, schema: string | undefined) => `${name}\u0000${schema ?? ''}`

const aboutServer = ({ version, roles, user, schemas }: Server) => [version, roles, user, ...schemas]

interface Server {
  readonly mariadb: boolean
  readonly version: string
  /** Names of tables are compared without case (lower_case_table_names 1 and 2). */
  readonly caseless: boolean
  readonly roles: string | null
  readonly user: string
  /** The databases to serve, as the server spells them. */
  readonly schemas: readonly string[]
}

async function readServer(c: Querying, o: CatalogRequest): Promise<Server> {
  const limits = { deadline: o.deadline, signal: o.signal }
  const [row] = await c.query(serverSql, [], limits)
  const [database, version, lowerCase, roles, user] = row ?? []
  const caseless = lowerCase !== '0'
  const found = (await c.query(schemasSql, [], limits)).map(([name]) => name ?? '')
  const wanted = o.schemas.length > 0 ? o.schemas : database ? [database] : []
  return {
    mariadb: /mariadb/i.test(version ?? ''),
    version: version ?? '',
    caseless,
    roles: roles ?? null,
    user: user ?? '',
    schemas: servedSchemas(wanted, found, caseless),
  }
}

function servedSchemas(wanted: readonly string[], found: readonly string[], caseless: boolean): string[] {
  const fold = (name: string) => (caseless ? name.toLowerCase() : name)
  const refusals: Refusal[] = []
  const served = wanted.flatMap((name) => {
    const real = found.find((other) => fold(other) === fold(name))
    if (real !== undefined && !reserved.has(real.toLowerCase())) return [real]
    const message = reserved.has(name.toLowerCase())
      ? `${JSON.stringify(name)} is a system database, which is never served`
      : `the server has no database ${JSON.stringify(name)}, or this user may not know of it`
    refusals.push({ path: 'api.schemas', message })
    return []
  })
  if (wanted.length === 0)
    refusals.push({
      path: 'api.schemas',
      message: 'the connection has no default database: name it in database.url, or those to serve here',
    })
  if (refusals.length > 0) throw new CatalogRefused(refusals)
  return [...new Set(served)]
}

/** Rows of one source in one database. */
type Read = (name: SourceName, schema: string) => RawRows

function assemble(
  server: Server,
  read: Read,
  grants: Grants,
  o: Pick<CatalogRequest, 'unmappable'>,
): Omit<Catalog, 'fingerprint'> {
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

  const resolve = createTypeTable()
  const rows = server.schemas.map(
    (schema): Rows => ({
      schema,
      tables: read('tables', schema),
      columns: read('columns', schema),
      indexes: read('indexes', schema),
      foreignKeys: read('foreignKeys', schema),
      views: read('views', schema),
      checks: read('checks', schema),
    }),
  )
  const routines = server.schemas.flatMap((schema) =>
    readRoutines(schema, read('routines', schema), read('parameters', schema), {
      resolve,
      grants,
      onUnmappable,
    }),
  )
  const tables: readonly Table[] = readTables(rows, {
    resolve,
    grants,
    onUnmappable,
    caseless: server.caseless,
    mariadb: server.mariadb,
  })
  if (refusals.length > 0) throw new CatalogRefused(refusals)
  return {
    server: `${server.mariadb ? 'MariaDB' : 'MySQL'} ${server.version.split('-', 1)[0]}`,
    tables: tables.toSorted(byId),
    routines: routines.sort(byId),
    unmappable: unmappable.sort((a, b) => byId(a.table, b.table)),
  }
}

function readRoutines(
  schema: string,
  routines: RawRows,
  parameters: RawRows,
  context: { resolve: (native: string) => Resolved; grants: Grants; onUnmappable: OnUnmappable },
): Routine[] {
  const kindOf = (type: string | null | undefined) => (type === 'PROCEDURE' ? 'procedure' : 'function')
  const owned = Map.groupBy(parameters, ([name, type]) => `${kindOf(type)} ${name}`)
  return routines.flatMap(([name, type, access, comment, , atomic]) => {
    const kind = kindOf(type)
    const row = {
      schema,
      name: name ?? '',
      kind,
      access: access ?? '',
      comment: comment ?? '',
      atomic: kind === 'procedure' && atomic === '1',
    } as const
    const own = (owned.get(`${kind} ${name}`) ?? []).map(([, , parameter, mode, native]) => ({
      name: parameter ?? '',
      mode: mode ?? null,
      native: native ?? '',
    }))
    const routine = readRoutine(row, own, context)
    return routine === undefined ? [] : [routine]
  })
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byId = (a: TableId, b: TableId) => compare(a.schema, b.schema) || compare(a.name, b.name)
