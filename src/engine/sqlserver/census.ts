/** Which gateways have sessions in the server, and how many sessions and workers it has for them. */
import type { Census, Connection } from '#engine/engine.ts'
import { sessionIdLength } from '#engine/session-name.ts'
import { isDatabaseAlone, mayViewState } from './server-state.ts'

/** `/3f2a91`, as LIKE has it; in a collation that tells letters apart. */
const idPattern = `/${'[0-9a-f]'.repeat(sessionIdLength - 1)}`
const exact = (text: string) => `${text} COLLATE Latin1_General_100_BIN2`
/** All of a name but its id; LEFT takes no negative length. */
const named = (name: string) =>
  `LEFT(${name}, CASE WHEN LEN(${name}) > ${sessionIdLength} THEN LEN(${name}) - ${sessionIdLength} ELSE 0 END)`

/*
 * A session that runs a statement takes a worker, and there are far fewer of these than there may be sessions (32,767
 * unless set): the smaller number counts. Everybody may ask for @@MAX_CONNECTIONS; what may be refused, or is not there in
 * some edition, is asked within TRY and by a text of its own. Without the permission the list of sessions has the
 * own one alone, and does not say so: then nobody is told of. (Microsoft: "user connections", "max worker threads",
 * sys.dm_user_db_resource_governance, sys.dm_exec_sessions)
 */
const censusSql = `
DECLARE @alone bit = CASE WHEN ${isDatabaseAlone} THEN 1 ELSE 0 END, @may int = ${mayViewState},
  @sessions int = @@MAX_CONNECTIONS, @workers int, @name nvarchar(128) = APP_NAME();
BEGIN TRY
  IF @alone = 0
    EXEC sys.sp_executesql N'SELECT @n = CONVERT(int, value_in_use) FROM sys.configurations
      WHERE name = N''user connections'' AND CONVERT(int, value_in_use) > 0', N'@n int OUTPUT', @sessions OUTPUT;
  IF @alone = 1 AND @may = 1
    EXEC sys.sp_executesql N'SELECT @n = max_sessions, @w = primary_group_max_workers FROM sys.dm_user_db_resource_governance
      WHERE database_id = DB_ID()', N'@n int OUTPUT, @w int OUTPUT', @sessions OUTPUT, @workers OUTPUT;
  ELSE IF @may = 1
    EXEC sys.sp_executesql N'SELECT @w = max_workers_count FROM sys.dm_os_sys_info', N'@w int OUTPUT', @workers OUTPUT;
END TRY
BEGIN CATCH
END CATCH;
SELECT @name, p.name, p.sessions, CASE WHEN @workers < @sessions THEN @workers ELSE @sessions END, @may
FROM (VALUES (1)) one(n) LEFT JOIN (
  SELECT s.program_name AS name, COUNT(*) AS sessions
  FROM sys.dm_exec_sessions s
  WHERE @may = 1 AND s.is_user_process = 1 AND LEN(s.program_name) = LEN(@name)
    AND ${exact(named('s.program_name'))} = ${exact(named('@name'))}
    AND ${exact(`RIGHT(s.program_name, ${sessionIdLength})`)} LIKE N'${idPattern}'
  GROUP BY s.program_name
) p ON 1 = 1`

/** One statement, which no missing permission makes fail. Throws what the connection throws. */
export async function census(
  c: Pick<Connection, 'query'>,
  o: { deadline: number; signal: AbortSignal },
): Promise<Census> {
  const rows = await c.query(censusSql, [], o)
  const [self, , , connections, may] = rows[0] ?? []
  return {
    self: self ?? '',
    connections: Number(connections),
    peers: rows.flatMap(([, name, sessions]) =>
      name === null || name === undefined ? [] : [{ name, sessions: Number(sessions) }],
    ),
    blind: may !== '1',
  }
}
