/** What the gateway would do and this user may not: on MySQL, stop what runs in procedures with the rights of others. */
import type { Signal } from '#base/signal.ts'
import type { Connection, Unseen } from '#engine/engine.ts'
import { grantsSql } from './catalog-sql.ts'

/** Functions run in a SELECT, which max_execution_time ends. Whoever has a user of the same name may kill what runs as it. */
const proceduresSql = `SELECT COUNT(*), MIN(CONCAT(ROUTINE_SCHEMA, '.', ROUTINE_NAME)), CURRENT_USER(), CURRENT_ROLE()
FROM information_schema.ROUTINES
WHERE ROUTINE_TYPE = 'PROCEDURE' AND SECURITY_TYPE = 'DEFINER'
  AND SUBSTRING_INDEX(DEFINER, '@', 1) <> SUBSTRING_INDEX(CURRENT_USER(), '@', 1)
  AND ROUTINE_SCHEMA NOT IN ('mysql', 'sys')`

/** What lets a user kill the statements of others (MySQL Reference Manual, "KILL Statement"); MariaDB spells it otherwise. */
const mayKill = /^GRANT (?:.*\b(?:CONNECTION[_ ]ADMIN|SUPER)\b.*|ALL PRIVILEGES) ON \*\.\* TO /

/** One statement; a second one where there are such procedures. MariaDB ends all statements at its own limit. */
export async function unseen(
  c: Pick<Connection, 'query'>,
  o: { deadline: number; signal: Signal },
): Promise<readonly Unseen[]> {
  const [row] = await c.query(proceduresSql, [], o)
  const [count, first, user, roles = null] = row ?? []
  const others = Number(count) - 1
  if (others < 0) return []
  const grants = await c.query(grantsSql({ mariadb: false, roles }), [], o)
  if (grants.some(([line]) => mayKill.test(line ?? ''))) return []
  const procedures = `${first}${others > 0 ? ` and ${others} more` : ''}`
  const remedy = `GRANT CONNECTION_ADMIN ON *.* TO ${account(user ?? '')}, or make ${procedures} SQL SECURITY INVOKER`
  return [{ what: 'calls', remedy }]
}

/** `app@%` as GRANT takes it; the last `@` parts it. */
function account(user: string): string {
  const at = user.lastIndexOf('@')
  const quoted = (part: string) => `'${part.replaceAll("'", "''")}'`
  return `${quoted(user.slice(0, at))}@${quoted(user.slice(at + 1))}`
}
