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
