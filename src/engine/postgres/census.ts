/** Which gateways have sessions in the server, and how many sessions it lets a user have at all. */
import type { Census, Connection } from '#engine/engine.ts'
import { sessionIdLength } from '#engine/session-name.ts'

/*
 * Our own name is taken from the session: the server replaces what is not ASCII. application_name is shown to everybody,
 * whoever owns the session (backend_type is not, and NULL then); parallel workers have the name of their leader.
 * reserved_connections came with PostgreSQL 16; roles and databases may have limits of their own, -1 for none.
 */
const censusSql = `
WITH me AS (SELECT pg_catalog.current_setting('application_name') AS name),
seen AS (
  SELECT a.application_name AS name, pg_catalog.count(*) AS sessions
  FROM pg_catalog.pg_stat_activity a, me
  WHERE pg_catalog.length(a.application_name) = pg_catalog.length(me.name)
    AND pg_catalog."left"(a.application_name, -${sessionIdLength}) = pg_catalog."left"(me.name, -${sessionIdLength})
    AND pg_catalog."right"(a.application_name, ${sessionIdLength}) ~ '^/[0-9a-f]{${sessionIdLength - 1}}$'
    AND coalesce(a.backend_type, 'client backend') = 'client backend'
  GROUP BY 1
)
SELECT me.name, seen.name, seen.sessions,
  least(
    pg_catalog.current_setting('max_connections')::int
      - pg_catalog.current_setting('superuser_reserved_connections')::int
      - coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0),
    (SELECT nullif(r.rolconnlimit, -1) FROM pg_catalog.pg_roles r WHERE r.rolname = SESSION_USER),
    (SELECT nullif(d.datconnlimit, -1) FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  )
FROM me LEFT JOIN seen ON true`

/** One cheap statement that needs no privilege. Throws what the connection throws. */
export async function census(
  c: Pick<Connection, 'query'>,
  o: { deadline: number; signal: AbortSignal },
): Promise<Census> {
  const rows = await c.query(censusSql, [], o)
  const [self, , , connections] = rows[0] as readonly string[]
  return {
    self: self as string,
    connections: Number(connections),
    peers: rows.flatMap(([, name, sessions]) =>
      name === null || name === undefined ? [] : [{ name, sessions: Number(sessions) }],
    ),
  }
}
