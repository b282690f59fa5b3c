/** A connection of the real driver to a test's server. */
import { systemClock } from '#base/clock.ts'
import type { CatalogRequest } from '#engine/engine.ts'
import { connectMysql, type MysqlConnection } from '#engine/mysql/driver.ts'
import { readTarget } from '#engine/mysql/target.ts'
import { databaseOptions } from '#engine/options.ts'

const never = new AbortController().signal

/** Half a minute from now, and nobody hangs up. */
export const limits = () => ({ deadline: systemClock.now() + 30_000, signal: never })

export interface TestConnection extends MysqlConnection {
  /** Runs one statement and returns its rows as text. */
  ask(text: string): Promise<readonly (readonly (string | null)[])[]>
}

/** @param sessionName the name it takes for others to read; default: none */
export async function connect(url: string, sessionName?: string): Promise<TestConnection> {
  const options = databaseOptions.parse({ url, tls: { mode: 'disable' } })
  const connection = await connectMysql(
    readTarget(options),
    { ...options, ...(sessionName !== undefined && { applicationName: sessionName }) },
    {
      clock: systemClock,
      observe: () => {},
      pool: 'test',
      statementTimeout: 30_000,
      takeName: sessionName !== undefined,
    },
    limits(),
  )
  return { ...connection, ask: (text) => connection.query(text, [], limits()) }
}

export const request = (o: Partial<CatalogRequest> = {}): CatalogRequest => ({
  schemas: [],
  unmappable: 'text',
  ...limits(),
  ...o,
})
