/** Who may see the state of the server: SQL text, as it differs by edition and version, and what is told to those who may not. */
import type { Connection, Unseen } from '#engine/engine.ts'
import type { Signal } from '#base/signal.ts'

/**
 * Whether the database is all there is of a server: Azure SQL Database, and the one of Fabric.
 * Transact-SQL reference, "SERVERPROPERTY": EngineEdition.
 */
export const isDatabaseAlone = `CAST(SERVERPROPERTY(N'EngineEdition') AS int) IN (5, 12)`

/** The finer permissions came with SQL Server 2022, which asks for them; older versions know no such name, which is NULL. */
const may = (securable: string, scope: string) =>
  `COALESCE(HAS_PERMS_BY_NAME(${securable}, N'VIEW ${scope} PERFORMANCE STATE'), HAS_PERMS_BY_NAME(${securable}, N'VIEW ${scope} STATE'))`

/** 1 when the user sees the sessions of others, the workers and the state of replicas. Asked first, so that no audit fills with refusals. */
export const mayViewState = `CASE WHEN ${isDatabaseAlone} THEN ${may(`DB_NAME(), N'DATABASE'`, 'DATABASE')} ELSE ${may('NULL, NULL', 'SERVER')} END`

const unseenSql = `SELECT ${mayViewState}, CASE WHEN ${isDatabaseAlone} THEN 1 ELSE 0 END, USER_NAME(), SUSER_SNAME()`

/** One statement. What is not seen, and the GRANT that would help. */
export async function unseen(
  c: Pick<Connection, 'query'>,
  o: { deadline: number; signal: Signal },
): Promise<readonly Unseen[]> {
  const [row] = await c.query(unseenSql, [], o)
  const [seen, alone, user, login] = row ?? []
  if (seen === '1') return []
  const remedy =
    alone === '1'
      ? `GRANT VIEW DATABASE STATE TO ${quoted(user)}`
      : `GRANT VIEW SERVER STATE TO ${quoted(login)}, in master`
  return (['peers', 'limit', 'lag'] as const).map((what) => ({ what, remedy }))
}

const quoted = (name: string | null | undefined) => `[${(name ?? 'the login').replaceAll(']', ']]')}]`
