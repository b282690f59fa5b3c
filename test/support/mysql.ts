/** Databases for tests on a MySQL that somebody else runs: no package brings one. */
import { randomUUID } from 'node:crypto'
import { runMysql } from './mariadb.ts'

const variable = 'POSTERN_TEST_MYSQL_URL'

/** Why there is no MySQL to test on; undefined when there is. Print it with the skip. */
export function mysqlMissing(): string | undefined {
  return process.env[variable]
    ? undefined
    : `NOT TESTED ON MYSQL: ${variable} names none (such as mysql://root:password@127.0.0.1:3306); compose.yaml starts one`
}

/** A test's own databases on the server. */
export interface TestMysql {
  /** Makes an empty database that compares text by code points, and returns its URL. */
  createDatabase(): Promise<string>
  /** Runs statements as `sql` of TestMariadb does. */
  sql(url: string, text: string): Promise<Record<string, unknown>[]>
  /** Removes the databases. May be called more than once. */
  stop(): Promise<void>
}

/** @throws Error when the variable is not set */
export function startMysql(): TestMysql {
  const server = process.env[variable]
  if (!server) throw new Error(mysqlMissing())
  const made: string[] = []
  return {
    async createDatabase() {
      const name = `postern_test_${randomUUID().replaceAll('-', '')}`
      await runMysql(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin`)
      made.push(name)
      const url = new URL(server)
      url.pathname = `/${name}`
      return url.href
    },
    sql: runMysql,
    async stop() {
      for (const name of made.splice(0)) await runMysql(server, `DROP DATABASE ${name}`)
    },
  }
}
