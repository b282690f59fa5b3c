/** What the gateway's sessions do, as the server sees them. */
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import postgres from 'postgres'

export interface Sessions {
  /** Those of the pool; the one that listens for schema changes is not of it. */
  pooled(): Promise<number>
  /** All of the gateway. */
  all(): Promise<number>
  /** Statements that run now and hold this text. */
  running(text: string): Promise<number>
  /** Runs a statement of the test's own. */
  sql(text: string): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
}

/** Watches over one session that is kept, so that looking is quick. */
export function watchSessions(url: string): Sessions {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connection: { application_name: 'test' } })
  const count = async (where: string) => {
    const [row] = await sql.unsafe(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'postern/%' AND ${where}`,
    )
    return (row as unknown as { n: number }).n
  }
  return {
    pooled: () => count(`query NOT LIKE 'LISTEN%'`),
    all: () => count('true'),
    running: (text) => count(`state = 'active' AND query LIKE '%${text.replaceAll("'", "''")}%'`),
    sql: async (text) => [...(await sql.unsafe(text))],
    stop: () => sql.end({ timeout: 1 }),
  }
}

/** The same of MariaDB: all sessions but those of the superuser. Beside the pool there is none. */
export function watchMariadbSessions(url: string): Pick<Sessions, 'pooled' | 'all' | 'stop'> {
  const connecting = createConnection({ uri: url })
  const all = async () => {
    const connection = await connecting
    const [rows] = await connection.query<RowDataPacket[]>(
      "SELECT count(*) AS n FROM information_schema.PROCESSLIST WHERE USER NOT IN ('root', 'system user', 'unauthenticated user')",
    )
    return Number(rows[0]?.['n'])
  }
  return { pooled: all, all, stop: async () => (await connecting).end() }
}
