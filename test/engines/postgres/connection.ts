/** A connection of the real driver to a test's server, with a count of the statements that went over it. */
import { systemClock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { CatalogRequest, Connection } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectPostgres, type PostgresConnection } from '#engine/postgres/driver.ts'
import { readTarget } from '#engine/postgres/target.ts'

const never = new AbortController().signal

/** Half a minute from now, and nobody hangs up. */
export const limits = () => ({ deadline: systemClock.now() + 30_000, signal: never })

export interface TestConnection extends Connection {
  readonly statements: string[]
  /** Runs one statement and returns its rows as text. */
  ask(text: string): Promise<readonly (readonly (string | null)[])[]>
}

/**
 * The driver's own connection; its sessions are named `postern/0a1b2c`.
 * @param o.timeout of statements, in the server (ms)
 * @param o.options of the database, beside its URL
 */
export function openSession(
  url: string,
  o: {
    readonly timeout?: number
    readonly options?: Readonly<Record<string, unknown>>
    readonly observe?: Observe
    readonly onNotify?: (channel: string) => void
    readonly onClosed?: () => void
  } = {},
): Promise<PostgresConnection> {
  const { timeout = 5000, options: more, observe = () => {}, ...hooks } = o
  const options = databaseOptions.parse({ url, ...more })
  return connectPostgres(
    readTarget(options),
    options,
    {
      clock: systemClock,
      observe,
      pool: 'primary',
      sessionName: 'postern/0a1b2c',
      statementTimeout: timeout,
      ...hooks,
    },
    limits(),
  )
}

export async function connect(
  url: string,
  onNotify?: (channel: string) => void,
  onClosed?: () => void,
): Promise<TestConnection> {
  const connection = await openSession(url, {
    timeout: 30_000,
    options: { tls: { mode: 'disable' } },
    ...(onNotify && { onNotify }),
    ...(onClosed && { onClosed }),
  })
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
