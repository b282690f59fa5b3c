/** A connection of the real driver to a test's server. */
import { systemClock } from '#base/clock.ts'
import type { CatalogRequest, Connection } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectSqlServer } from '#engine/sqlserver/driver.ts'
import { readTarget } from '#engine/sqlserver/target.ts'

const never = new AbortController().signal

/** Half a minute from now, and nobody hangs up. */
const limits = () => ({ deadline: systemClock.now() + 30_000, signal: never })

export async function connect(url: string): Promise<Connection> {
  const options = databaseOptions.parse({ url })
  const d = { clock: systemClock, observe: () => {}, pool: 'test', statementTimeout: 30_000 }
  return connectSqlServer(readTarget(options), options, d, limits())
}

export const request = (o: Partial<CatalogRequest> = {}): CatalogRequest => ({
  schemas: [],
  unmappable: 'text',
  ...limits(),
  ...o,
})
