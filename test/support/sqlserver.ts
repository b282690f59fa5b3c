/** Databases for tests on a SQL Server that somebody else runs: no package brings one. */
import { randomUUID } from 'node:crypto'
import { Connection, type ConnectionOptions, Request } from 'tedious'

const variable = 'POSTERN_TEST_SQLSERVER_URL'

const forTests: ConnectionOptions = {
  requestTimeout: 60_000,
  useColumnNames: true,
  rowCollectionOnRequestCompletion: true,
}

/** Why there is no SQL Server to test on; undefined when there is. Print it with the skip. */
export function sqlServerMissing(): string | undefined {
  return process.env[variable]
    ? undefined
    : `NOT TESTED ON SQL SERVER: ${variable} names none (such as sqlserver://sa:password@127.0.0.1:1433/master); compose.yaml starts one`
}

/** A test's own databases on the server. */
export interface TestSqlServer {
  /** Makes an empty database that compares text by code points, and returns its URL. */
  createDatabase(): Promise<string>
  /**
   * Runs batches (divided by lines that say GO) and returns the rows of the last statement that gave any. Numbers that a
   * double cannot hold are texts, decimals are not to be trusted.
   */
  sql(url: string, text: string): Promise<Record<string, unknown>[]>
  /** Removes the databases. May be called more than once. */
  stop(): Promise<void>
}

/** @throws Error when the variable is not set, or the server refuses its user */
export async function startSqlServer(): Promise<TestSqlServer> {
  const server = process.env[variable]
  if (!server) throw new Error(sqlServerMissing())
  const open = new Map<string, Promise<Connection>>()
  const made: string[] = []

  const sql = async (url: string, text: string) => {
    let connection = open.get(url)
    if (connection === undefined) open.set(url, (connection = connect(new URL(url), forTests)))
    // One after another, whoever asks: a connection runs one batch at a time.
    const answer = connection.then((c) => runBatches(c, text))
    open.set(
      url,
      connection.then(async (c) => {
        await answer.catch(() => {})
        return c
      }),
    )
    return answer
  }
  const close = async (url: string) => {
    const connection = open.get(url)
    open.delete(url)
    if (connection === undefined) return
    const c = await connection
    const ended = new Promise((resolve) => c.once('end', resolve))
    c.close()
    await ended
  }

  return {
    async createDatabase() {
      const name = `postern_test_${randomUUID().replaceAll('-', '')}`
      await sql(server, `CREATE DATABASE ${name} COLLATE Latin1_General_100_BIN2_UTF8`)
      const url = new URL(server)
      url.pathname = `/${name}`
      made.push(url.href)
      return url.href
    },
    sql,
    async stop() {
      for (const url of made.splice(0)) {
        await close(url)
        const name = new URL(url).pathname.slice(1)
        // Whoever is still connected is sent away; where that cannot be done, the next statement says who is.
        await sql(server, `ALTER DATABASE ${name} SET SINGLE_USER WITH ROLLBACK IMMEDIATE`).catch(() => {})
        await sql(server, `DROP DATABASE ${name}`)
      }
      await close(server)
    },
  }
}

/** A logged-in connection of tedious itself. */
export function connect(url: URL, options: ConnectionOptions = {}): Promise<Connection> {
  const database = decodeURIComponent(url.pathname.slice(1))
  const connection = new Connection({
    server: url.hostname,
    authentication: {
      type: 'default',
      options: { userName: decodeURIComponent(url.username), password: decodeURIComponent(url.password) },
    },
    options: {
      port: Number(url.port || 1433),
      ...(database !== '' && { database }),
      encrypt: url.searchParams.get('encrypt') === 'true',
      trustServerCertificate: true,
      ...options,
    },
  })
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve(connection)))
  })
}

async function runBatches(connection: Connection, text: string): Promise<Record<string, unknown>[]> {
  let last: Record<string, unknown>[] = []
  for (const batch of text.split(/^GO$/m)) last = await runBatch(connection, batch)
  return last
}

function runBatch(connection: Connection, text: string): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    let rows: Record<string, unknown>[] = []
    const request = new Request(text, (error) => {
      if (error) reject(new Error(`${error.message} in: ${text.trim().slice(0, 200)}`, { cause: error }))
      else resolve(rows)
    })
    request.on('columnMetadata', () => {
      rows = []
    })
    request.on('row', (cells: Record<string, { value: unknown }>) => {
      rows.push(Object.fromEntries(Object.entries(cells).map(([name, { value }]) => [name, value])))
    })
    connection.execSqlBatch(request)
  })
}
