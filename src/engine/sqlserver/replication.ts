/** Where a SQL Server stands: whether its database takes writes, and how far its redo has come, where the user may see it. */
import type { Mark, Replication, Standing } from '#engine/engine.ts'
import { isDatabaseAlone, mayViewState } from './server-state.ts'

/**
 * On the primary last_commit_lsn is the last commit there was, on a secondary the last one that was redone: the same
 * number for the same commit. last_commit_time is the primary's clock on both.
 */
const progressOf = (view: string) => `SELECT TOP (1) CONVERT(nvarchar(25), last_commit_lsn),
  DATEDIFF_BIG(millisecond, last_commit_time, GETDATE()) FROM ${view}
  WHERE database_id = DB_ID() AND is_local = 1 ORDER BY last_commit_lsn DESC`

/*
 * The first result has one row: what everybody may ask. The second one comes only where there is progress to see: the
 * view is another one on Azure SQL Database, and only members of an availability group have rows in it. The name of the
 * server comes with when it started, as a copy of a machine has the same name. (Microsoft: "DATABASEPROPERTYEX",
 * sys.dm_hadr_database_replica_states, sys.dm_database_replica_states)
 */
const standingSql = `SELECT CONVERT(nvarchar(16), DATABASEPROPERTYEX(DB_NAME(), N'Updateability')),
  CONCAT(CONVERT(nvarchar(128), SERVERPROPERTY(N'ServerName')), N' ',
    (SELECT CONVERT(nvarchar(30), d.create_date, 126) FROM sys.databases d WHERE d.name = N'tempdb'));
BEGIN TRY
  IF ${mayViewState} = 1 AND ${isDatabaseAlone} EXEC (N'${progressOf('sys.dm_database_replica_states')}');
  ELSE IF ${mayViewState} = 1 EXEC (N'${progressOf('sys.dm_hadr_database_replica_states')}');
END TRY
BEGIN CATCH
END CATCH`

const lsn = (text: string): bigint | undefined => (/^\d+$/.test(text) ? BigInt(text) : undefined)

/**
 * Marks are not exact: a commit cannot be asked for its LSN, and whoever may not see the views has none at all. They serve
 * to measure lag, so that an idle primary is none; reads find what was written before by the window alone.
 */
export function createReplication(): Replication {
  const standing: Replication['standing'] = async (c, o) => {
    const [what, progress] = await c.query(standingSql, [], o)
    const [updateability, server] = what ?? []
    if (updateability !== 'READ_WRITE' && updateability !== 'READ_ONLY')
      throw Object.assign(new Error('the database is neither primary nor secondary at the moment'), {
        code: 'DATABASE_IN_TRANSITION',
      })
    const role: Standing['role'] = updateability === 'READ_WRITE' ? 'primary' : 'replica'
    const [position, behind] = progress ?? []
    return {
      server: server ?? '',
      role,
      line: '',
      position: position ?? '',
      behindMs:
        role === 'replica' && behind !== null && behind !== undefined
          ? Math.max(0, Number(behind))
          : undefined,
      forks: [],
    }
  }
  return {
    exact: false,
    standing,
    mark: async (c, o): Promise<Mark> => {
      const { line, position } = await standing(c, o)
      return { line, position }
    },
    // What cannot be seen is taken for being there: the role is known, and the lag then is not.
    holds: (at, wanted) => {
      const [has, wants] = [lsn(at.position), lsn(wanted.position)]
      return has === undefined || wants === undefined || has >= wants ? 'yes' : 'not_yet'
    },
    // An LSN does not tell which of two primaries came later.
    younger: () => 0,
  }
}
