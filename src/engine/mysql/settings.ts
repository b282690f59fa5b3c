/** What a session sets when it begins, so that every server gives the same bytes, and how it limits its statements. Pure. */

/** How the server limits statements, which is what MySQL and MariaDB have different variables for. */
export interface Limit {
  /** The setting as SET takes it; milliseconds from 1 on. */
  readonly assign: (ms: number) => string
}

/** MariaDB ends any statement, counted in seconds. */
const mariadbLimit: Limit = { assign: (ms) => `max_statement_time=${ms / 1000}` }
/**
 * MySQL ends SELECT only, counted in milliseconds, and waits for locks, counted in seconds: the rest is left to KILL QUERY. A
 * wait for a lock is never made longer than the server has it.
 */
const mysqlLimit: Limit = {
  assign: (ms) =>
    [
      `max_execution_time=${ms}`,
      ...['innodb_lock_wait_timeout', 'lock_wait_timeout'].map(
        (name) => `${name}=CAST(LEAST(@@global.${name}, ${Math.ceil(ms / 1000)}) AS UNSIGNED)`,
      ),
    ].join(', '),
}

export const limitOf = (mariadb: boolean): Limit => (mariadb ? mariadbLimit : mysqlLimit)

/** Errors instead of changed values, backslashes that mean themselves, zero dates that can be read. */
const sqlMode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'

/** One statement that sets it all. `statementTimeout`: milliseconds. */
export function sessionSettings(mariadb: boolean, statementTimeout: number): string {
  const settings = [
    // Expressions without a column compare exactly; columns have collations of their own.
    'NAMES utf8mb4 COLLATE utf8mb4_bin',
    'autocommit=1',
    "time_zone='+00:00'",
    // MariaDB 10.11 takes EXISTS within lists in lists for a mixture of columns and groups.
    `sql_mode='${sqlMode}${mariadb ? '' : ',ONLY_FULL_GROUP_BY'}'`,
    'group_concat_max_len=4294967295',
    // faults.ts reads names in messages.
    "lc_messages='en_US'",
    // A stream waits for its reader; how long is for the gateway to say.
    'net_write_timeout=600',
    limitOf(mariadb).assign(statementTimeout),
    // A warning that something was cut must not get lost behind others. On MySQL it takes rights that we do not ask for.
    ...(mariadb ? ['max_error_count=65535'] : []),
    // A gateway that dies between two trips of a transaction must not leave locks behind. MySQL has no such limit.
    ...(mariadb ? ['idle_transaction_timeout=60'] : []),
  ]
  return `SET ${settings.join(', ')}`
}
