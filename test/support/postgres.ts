/** Real PostgreSQL servers for tests, each in a folder of its own on a free port. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import postgres from 'postgres'
import { embeddedBinaries } from '#demo/postgres-binaries.ts'
import { cacheFolder, type PostgresServer, startPostgresServer } from '#demo/postgres-server.ts'

/** 18 comes from npm and is always there; 15 is Debian's. */
export type PostgresVersion = 18 | 15

const debian15 = '/usr/lib/postgresql/15/bin'

/** Why this version cannot run on this machine; undefined when it can. Print it with the skip. */
export function postgresMissing(version: PostgresVersion): string | undefined {
  if (version === 18 || existsSync(`${debian15}/postgres`)) return undefined
  return `PostgreSQL 15 is not installed (${debian15} is missing; Debian package postgresql)`
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
  version: PostgresVersion
  settings?: Readonly<Record<string, string | number>>
  locale?: string
}): Promise<TestPostgres> {
  const missing = postgresMissing(o.version)
  if (missing !== undefined) throw new Error(missing)
  const cache = await cacheFolder()
  const server = await startPostgresServer({
    binaries: o.version === 18 ? await embeddedBinaries() : debian15,
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
