/** A database server of either kind with the same small shop, for faults that do not ask which it is. */
import { createConnection } from 'mysql2/promise'
import postgres from 'postgres'
import { mariadbMissing, startMariadb } from './mariadb.ts'
import { startPostgres } from './postgres.ts'
import { watchSessions } from './sessions.ts'

export interface ShopServer {
  readonly port: number
  /** The shop as the gateway reaches it; through another port (a proxy's) where one is given. */
  url(port?: number): string
  /** Runs statements of the test's own as the superuser, on a connection that is kept where that is possible. */
  sql(text: string): Promise<Record<string, unknown>[]>
  /** Sessions of the gateway's pools; the one that listens for schema changes is not among them. */
  pooled(): Promise<number>
  /** All sessions of the gateway. */
  all(): Promise<number>
  /** Statements of the gateway that run now and hold this text. */
  running(text: string): Promise<number>
  /** Takes every connection that is left, for others; gives a function that gives them back. */
  hog(): Promise<() => Promise<void>>
  /** A crash. */
  kill(): Promise<void>
  /** An orderly end: sessions are told. */
  shutDown(): Promise<void>
  restart(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Ends every session of the gateway from the server's side. */
  endSessions(): Promise<void>
  stop(): Promise<void>
}

/**
 * `orders` has 2,000 rows with a note of 100 characters; `nap(seconds)` only sleeps; `work(new_id)` sleeps for 3 s and
 * then inserts that row.
 */
const postgresShop = `
  CREATE TABLE orders (id int PRIMARY KEY, note text);
  INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g;
  CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(seconds)';
  CREATE FUNCTION work(new_id int) RETURNS int LANGUAGE sql VOLATILE AS
    'INSERT INTO orders SELECT new_id FROM pg_sleep(3) RETURNING id'`
// A routine runs under the name of its definer, unless it says otherwise; and the list of processes shows its inner statements.
const mysqlShop = `
  CREATE TABLE orders (id int PRIMARY KEY, note text);
  INSERT INTO orders SELECT seq, repeat('x', 100) FROM seq_1_to_2000;
  CREATE FUNCTION nap(seconds double) RETURNS int READS SQL DATA SQL SECURITY INVOKER RETURN sleep(seconds) + 1;
  CREATE FUNCTION work(new_id int) RETURNS int MODIFIES SQL DATA SQL SECURITY INVOKER
    BEGIN DO sleep(3) + length('work'); INSERT INTO orders VALUES (new_id, NULL); RETURN new_id; END;
  CREATE USER gate; GRANT ALL ON shop.* TO gate; CREATE USER hog; GRANT SELECT ON shop.* TO hog`

type Settings = Readonly<Record<string, string | number>>

async function connectPostgres(url: string): Promise<() => Promise<void>> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false })
  try {
    await sql`SELECT 1`
    return () => sql.end({ timeout: 1 })
  } catch (error) {
    await sql.end({ timeout: 0 })
    throw error
  }
}

/** Connects until the server refuses. */
async function hogAll(connect: () => Promise<() => Promise<void>>): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = []
  for (;;) {
    const end = await connect().catch(() => undefined)
    if (end === undefined) break
    ends.push(end)
  }
  return async () => void (await Promise.all(ends.map((end) => end())))
}

async function startPostgresShop(settings: Settings = {}): Promise<ShopServer> {
  const server = await startPostgres({ version: 18, settings })
  const direct = await server.createDatabase('shop')
  await server.sql(direct, postgresShop)
  let sessions = watchSessions(direct)
  const again = async () => {
    await server.restart()
    sessions = watchSessions(direct)
  }
  const end = async (signal: 'SIGINT' | 'SIGKILL') => {
    await sessions.stop().catch(() => {})
    await server.kill(signal)
  }
  return {
    port: server.port,
    url: (port = server.port) => `postgres://postgres@127.0.0.1:${port}/shop`,
    sql: (text) => sessions.sql(text),
    pooled: () => sessions.pooled(),
    all: () => sessions.all(),
    running: (text) => sessions.running(text),
    hog: () => hogAll(() => connectPostgres(direct)),
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGINT'),
    restart: again,
    pause: server.pause,
    resume: server.resume,
    endSessions: async () =>
      void (await sessions.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'postern/%'`,
      )),
    stop: async () => {
      await server.resume()
      await sessions.stop().catch(() => {})
      await server.stop()
    },
  }
}

async function startMariadbShop(settings: Settings = {}): Promise<ShopServer> {
  // A superuser has a connection of its own beyond the limit; here the test needs one while the limit is reached.
  const server = await startMariadb({ settings })
  const direct = await server.createDatabase('shop')
  await server.sql(direct, mysqlShop)
  const connect = () => createConnection({ uri: direct, multipleStatements: true })
  let watcher = await connect()
  watcher.on('error', () => {})
  const rows = async (text: string) => {
    const [found] = await watcher.query(text)
    return (Array.isArray(found) ? found : []) as Record<string, unknown>[]
  }
  const count = async (where: string) => {
    const [row] = await rows(
      `SELECT count(*) AS n FROM information_schema.processlist WHERE user = 'gate' AND ${where}`,
    )
    return Number(row?.['n'])
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    watcher.destroy()
    await server.kill(signal)
  }
  return {
    port: server.port,
    url: (port = server.port) => `mysql://gate@127.0.0.1:${port}/shop`,
    sql: rows,
    pooled: () => count('true'),
    all: () => count('true'),
    running: (text) => count(`command <> 'Sleep' AND info LIKE '%${text}%'`),
    // A user without privileges: others have a connection more.
    hog: () =>
      hogAll(async () => {
        const hog = await createConnection({ uri: `mysql://hog@127.0.0.1:${server.port}/shop` })
        hog.on('error', () => {})
        return async () => hog.destroy()
      }),
    kill: () => end('SIGKILL'),
    shutDown: () => end('SIGTERM'),
    restart: async () => {
      await server.restart()
      watcher = await connect()
      watcher.on('error', () => {})
    },
    pause: server.pause,
    resume: async () => server.resume(),
    endSessions: async () => {
      for (const { id } of await rows(`SELECT id FROM information_schema.processlist WHERE user = 'gate'`))
        await rows(`KILL ${String(id)}`).catch(() => {})
    },
    stop: async () => {
      server.resume()
      watcher.destroy()
      await server.stop()
    },
  }
}

/** One for each kind: its name, why it cannot run on this machine, and how to start it. */
export const shopServers: readonly {
  readonly kind: 'postgres' | 'mariadb'
  readonly missing: string | undefined
  /** @param settings of the server, in its own words */
  readonly start: (settings?: Settings) => Promise<ShopServer>
}[] = [
  { kind: 'postgres', missing: undefined, start: startPostgresShop },
  { kind: 'mariadb', missing: mariadbMissing(), start: startMariadbShop },
]
