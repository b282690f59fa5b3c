/** A connection of the real driver to a test's server. */
import { systemClock } from '#base/clock.ts'
import type { CatalogRequest, Connection } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectSqlServer } from '#engine/sqlserver/driver.ts'
import { readTarget } from '#engine/sqlserver/target.ts'

const never = new AbortController().signal

/** Half a minute from now, and nobody hangs up. */
export const limits = () => ({ deadline: systemClock.now() + 30_000, signal: never })

/** @param applicationName how the session names itself */
export async function connect(url: string, applicationName = 'postern-test'): Promise<Connection> {
  const options = databaseOptions.parse({ url, applicationName })
  const d = { clock: systemClock, observe: () => {}, pool: 'test', statementTimeout: 30_000 }
  return connectSqlServer(readTarget(options), options, d, limits())
}

export const request = (o: Partial<CatalogRequest> = {}): CatalogRequest => ({
  schemas: [],
  unmappable: 'text',
  ...limits(),
  ...o,
})
