/** Real PostgreSQL servers for tests, each in a folder of its own on a free port. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import postgres from 'postgres'
import { embeddedBinaries, programVersion } from '#demo/postgres-binaries.ts'
import { type PostgresServer, startPostgresServer } from '#demo/postgres-server.ts'
import { cacheFolder } from '#demo/processes.ts'

const debian15 = '/usr/lib/postgresql/15/bin'
/** A folder with `initdb` and `postgres` of any version, to test on instead of the usual ones. */
const chosen = process.env['POSTERN_TEST_POSTGRES_BIN'] || undefined
const chosenVersion = chosen === undefined ? undefined : Number.parseInt(await programVersion(chosen), 10)

/**
 * Major versions that a test of every version runs on: 18 comes from npm and is always there, 15 is Debian's. The first
 * one is what a test on a single version takes.
 */
export const postgresVersions: readonly [number, ...number[]] =
  chosenVersion === undefined ? [18, 15] : [chosenVersion]

/** Why this major version cannot run on this machine; undefined when it can. Print it with the skip. */
export function postgresMissing(version: number): string | undefined {
  if (version === chosenVersion || version === 18) return undefined
  if (version !== 15) return `there are no programs of PostgreSQL ${version}`
  if (existsSync(`${debian15}/postgres`)) return undefined
  return `PostgreSQL 15 is not installed (${debian15} is missing; Debian package postgresql)`
}

/** Throws why the version is missing, if it is. */
async function binariesOf(version: number): Promise<string> {
  const missing = postgresMissing(version)
  if (missing !== undefined) throw new Error(missing)
  if (chosen !== undefined && version === chosenVersion) return chosen
  return version === 18 ? embeddedBinaries() : debian15
}

/** A test's server: the superuser is `postgres`, without a password. */
export interface TestPostgres extends PostgresServer {
  /** Where a database of it is reached; default the database `postgres`. */
  url(database?: string): string
  /** Makes an empty database and returns its URL; a name of its own unless one is given. */
  createDatabase(name?: string): Promise<string>
  /** Runs statements (several, separated by semicolons) and returns the rows of the last one that gave any. */
  sql(url: string, text: string): Promise<Record<string, unknown>[]>
}

/** Starts a server of that major version; its data lives as long as the test. About 0.3 s, a second the first time. */
export async function startPostgres(o: {
  version: number
  settings?: Readonly<Record<string, string | number>>
  locale?: string
}): Promise<TestPostgres> {
  const binaries = await binariesOf(o.version)
  const cache = await cacheFolder()
  const server = await startPostgresServer({
    binaries,
    access: 'trust',
    ...(o.settings && { settings: o.settings }),
    ...(o.locale && { locale: o.locale }),
    ...(cache && { cache }),
  })
  const url = (database = 'postgres') => `postgres://postgres@127.0.0.1:${server.port}/${database}`
  const extra = {
    url,
    sql: runSql,
    createDatabase: async (name = `test_${randomUUID().replaceAll('-', '')}`) => {
      await runSql(url(), `CREATE DATABASE "${name}"`)
      return url(name)
    },
  }
  return Object.defineProperties(extra, Object.getOwnPropertyDescriptors(server)) as TestPostgres
}

async function runSql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false })
  try {
    const result = await sql.unsafe(text).simple()
    const sets = (Array.isArray(result[0]) ? result : [result]) as unknown as Record<string, unknown>[][]
    return [...(sets.findLast((rows) => rows.length > 0) ?? [])]
  } finally {
    await sql.end({ timeout: 1 })
  }
}
