/** A connection of the real driver to a test's server, with a count of the statements that went over it. */
import { systemClock } from '#base/clock.ts'
import type { CatalogRequest, Connection } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectPostgres } from '#engine/postgres/driver.ts'
import { readTarget } from '#engine/postgres/target.ts'

const never = new AbortController().signal

/** Half a minute from now, and nobody hangs up. */
export const limits = () => ({ deadline: systemClock.now() + 30_000, signal: never })

export interface TestConnection extends Connection {
  readonly statements: string[]
  /** Runs one statement and returns its rows as text. */
  ask(text: string): Promise<readonly (readonly (string | null)[])[]>
}

export async function connect(
  url: string,
  onNotify?: (channel: string) => void,
  onClosed?: () => void,
): Promise<TestConnection> {
  const options = databaseOptions.parse({ url, tls: { mode: 'disable' } })
  const connection = await connectPostgres(
    readTarget(options),
    options,
    {
      clock: systemClock,
      observe: () => {},
      pool: 'test',
      sessionName: 'postern/0a1b2c',
      statementTimeout: 30_000,
      ...(onNotify && { onNotify }),
      ...(onClosed && { onClosed }),
    },
    limits(),
  )
  const statements: string[] = []
  const query: Connection['query'] = (text, values, o) => {
    statements.push(text)
    return connection.query(text, values, o)
  }
  return { ...connection, query, statements, ask: (text) => connection.query(text, [], limits()) }
}

export const request = (o: Partial<CatalogRequest> = {}): CatalogRequest => ({
  schemas: [],
  unmappable: 'text',
  ...limits(),
  ...o,
})
