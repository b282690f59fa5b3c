/** The servers that tests of this engine run on: MariaDB always, MySQL where one is named. */
import { mariadbMissing, startMariadb } from '../../support/mariadb.ts'
import { mysqlMissing, startMysql, type TestMysql } from '../../support/mysql.ts'

export interface TestFlavour {
  readonly name: 'MariaDB' | 'MySQL'
  /** Why it cannot run on this machine; undefined when it can. Print it with the skip. */
  readonly missing: string | undefined
  start(): Promise<TestMysql>
}

export const flavours: readonly TestFlavour[] = [
  { name: 'MariaDB', missing: mariadbMissing(), start: () => startMariadb() },
  { name: 'MySQL', missing: mysqlMissing(), start: async () => startMysql() },
]

/** The same database for another user, or another database, or both. */
export function asUser(url: string, user: string, password: string, database?: string): string {
  const other = new URL(url)
  other.username = user
  other.password = password
  if (database !== undefined) other.pathname = `/${database}`
  return other.href
}

/** The name of the database that a URL leads to. */
export const databaseOf = (url: string): string => new URL(url).pathname.slice(1)
