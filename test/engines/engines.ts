/** The engines the conformance suite runs on. Another one is an entry here and a file in schema/. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { mariadbMissing, startMariadb } from '../support/mariadb.ts'
import { mysqlMissing, startMysql, type TestMysql } from '../support/mysql.ts'
import { postgresMissing, postgresVersions, startPostgres } from '../support/postgres.ts'
import { sqlServerMissing, startSqlServer } from '../support/sqlserver.ts'
import type { SuiteCapabilities } from './suite/context.ts'

/** A database with the schema of the suite in it. */
export interface SuiteDatabase {
  readonly url: string
  /** The schema that is served unless others are named. */
  readonly schema: string
  /** Makes another one, empty, whose tables can refer to those of the first. @returns its name */
  another(): Promise<string>
  sql(text: string): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
}

export interface SuiteEngine {
  readonly name: string
  /** Why it cannot run on this machine; undefined when it can. */
  readonly missing: string | undefined
  readonly capabilities: SuiteCapabilities
  /** Makes a function of one argument, `a`, that gives `-a` and only reads. */
  readonly negation: (name: string) => string
  start(): Promise<SuiteDatabase>
}

const schemaFile = (file: string) => readFile(join(import.meta.dirname, 'schema', file), 'utf8')

/** The tables and rows of an engine, with those that all have in the place it gives them. */
export const schemaText = async (file: string): Promise<string> => {
  const [own, common] = await Promise.all([schemaFile(file), schemaFile('common.sql')])
  return own.replace('-- common.sql', () => common)
}

async function createSchema(sql: SuiteDatabase['sql']): Promise<string> {
  await sql('CREATE SCHEMA other')
  return 'other'
}

const postgres = (version: number): SuiteEngine => ({
  name: `PostgreSQL ${version}`,
  missing: postgresMissing(version),
  capabilities: {
    materializedViews: true,
    fullText: true,
    estimatedCount: true,
    // jsonb writes one blank behind each comma and colon.
    jsonText: (sorted) => sorted,
    earlyTimestamp: '1969-12-31T23:59:59.999999+00:00',
    oddCharacter: '💥',
    alwaysIdentity: true,
    uuids: true,
    routines: {
      functionsGiveRows: true,
      defaults: true,
      overloads: true,
      unnamed: true,
      readOnlyOutputs: true,
      functionsWrite: true,
      documents: true,
    },
  },
  negation: (name) => `CREATE FUNCTION ${name}(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT -a'`,
  async start() {
    const server = await startPostgres({ version })
    const url = await server.createDatabase('suite')
    await server.sql(url, await schemaText('postgres.sql'))
    const sql = (text: string) => server.sql(url, text)
    return { url, sql, schema: 'public', another: () => createSchema(sql), stop: () => server.stop() }
  },
})

/** What MySQL and MariaDB have in common. */
const mysqlCapabilities: SuiteCapabilities = {
  materializedViews: false,
  fullText: true,
  estimatedCount: true,
  // As MariaDB has it: a text that was checked.
  jsonText: (_, sent) => sent,
  // A TIMESTAMP counts seconds since 1970, and 0 is the zero date.
  earlyTimestamp: '1970-01-01T00:00:01+00:00',
  // Identifiers are of the basic multilingual plane.
  oddCharacter: '☃',
  // AUTO_INCREMENT fills in what is left out, and no more.
  alwaysIdentity: false,
  uuids: true,
  routines: {
    functionsGiveRows: false,
    defaults: false,
    overloads: false,
    unnamed: false,
    readOnlyOutputs: true,
    functionsWrite: true,
    // A JSON parameter is a LONGTEXT, without the check that tells a column's.
    documents: false,
  },
}

/** The suite on a database of a server of either kind. */
async function startOnMysql(
  server: Pick<TestMysql, 'createDatabase' | 'sql' | 'stop'>,
  schema: string,
): Promise<SuiteDatabase> {
  const url = await server.createDatabase()
  await server.sql(url, schema)
  // Foreign keys are checked row by row, which the tests' own cleaning up would have to care about.
  const sql = (text: string) => server.sql(url, `SET foreign_key_checks = 0; ${text}`)
  const nameOf = (one: string) => new URL(one).pathname.slice(1)
  const another = async () => nameOf(await server.createDatabase())
  return { url, sql, schema: nameOf(url), another, stop: () => server.stop() }
}

const mysqlNegation: SuiteEngine['negation'] = (name) =>
  `CREATE FUNCTION ${name}(a int) RETURNS int DETERMINISTIC NO SQL RETURN -a`

const mariadb: SuiteEngine = {
  name: 'MariaDB',
  missing: mariadbMissing(),
  capabilities: mysqlCapabilities,
  negation: mysqlNegation,
  start: async () => startOnMysql(await startMariadb(), await schemaText('mysql.sql')),
}

/** MySQL prints documents its own way, much like jsonb, and takes numbers with a point for doubles. */
const mysqlJson = (sorted: string): string =>
  sorted.replaceAll(/-?\d+\.\d+/g, (digits) => {
    const number = Number(digits)
    return Math.abs(number) >= 1e15 ? number.toExponential().replace('+', '') : String(number)
  })

const mysql: SuiteEngine = {
  name: 'MySQL',
  missing: mysqlMissing(),
  capabilities: {
    ...mysqlCapabilities,
    jsonText: mysqlJson,
    uuids: false,
    routines: { ...mysqlCapabilities.routines, documents: true },
  },
  negation: mysqlNegation,
  start: async () => {
    const schema = await schemaText('mysql.sql')
    return startOnMysql(startMysql(), schema.replaceAll(/\buuid\b/g, 'char(36)'))
  },
}

const sqlServer: SuiteEngine = {
  name: 'SQL Server',
  missing: sqlServerMissing(),
  capabilities: {
    materializedViews: false,
    // It comes as a package of its own, which the container image lacks.
    fullText: false,
    estimatedCount: true,
    // JSON is a text that was checked.
    jsonText: (_, sent) => sent,
    earlyTimestamp: '1969-12-31T23:59:59.999999+00:00',
    oddCharacter: '💥',
    // Who may alter a table may write its identity.
    alwaysIdentity: false,
    uuids: true,
    routines: {
      functionsGiveRows: false,
      defaults: true,
      overloads: false,
      unnamed: false,
      readOnlyOutputs: false,
      functionsWrite: false,
      // A document is an nvarchar without the check that tells a column's.
      documents: false,
    },
  },
  negation: (name) => `CREATE FUNCTION ${name}(@a int) RETURNS int AS BEGIN RETURN -@a END`,
  async start() {
    const server = await startSqlServer()
    const url = await server.createDatabase()
    await server.sql(url, await schemaText('sqlserver.sql'))
    const sql = (text: string) => server.sql(url, text)
    return { url, sql, schema: 'dbo', another: () => createSchema(sql), stop: () => server.stop() }
  },
}

export const suiteEngines: readonly SuiteEngine[] = [
  ...postgresVersions.map(postgres),
  mariadb,
  mysql,
  sqlServer,
]

/**
 * Defines tests on every engine there is; one that cannot run here is skipped with its reason.
 * @param what for the skip: what is not run
 */
export function onEveryEngine(what: string, define: (engine: SuiteEngine) => void): void {
  for (const engine of suiteEngines)
    describe(engine.name, () => {
      const { missing } = engine
      if (missing === undefined) define(engine)
      else it(what, ({ skip }) => skip(missing))
    })
}
