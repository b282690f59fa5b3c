/** What MySQL or MariaDB, the network or the driver said → a fault in common words: one table as data, one function that reads it. */
import type { Fault } from '#engine/engine.ts'
import {
  classifyNetwork,
  classifySession,
  no,
  type Rule,
  unknown,
  whyCancelled,
} from '#engine/network-faults.ts'
import { ServerError } from './server-error.ts'

/**
 * Error number → rule. MySQL Server Error Message Reference; MariaDB Error Code Reference for its own ones (1900 to
 * 1999, from 4000). One that is not here is found by the class of its SQLSTATE.
 */
const errors: Readonly<Record<number, Rule>> = {
  // Constraints
  1022: no('unique'), // duplicate key, of engines that do not say which
  1062: no('unique'),
  1169: no('unique'),
  1586: no('unique'),
  1859: no('unique'),
  1216: no('foreign_key'), // 1216 and 1217 to a user who may not see the other table
  1217: no('foreign_key'),
  1451: no('foreign_key'),
  1452: no('foreign_key'),
  1761: no('foreign_key'), // a cascade would make a duplicate
  1762: no('foreign_key'),
  1048: no('not_null'),
  1263: no('not_null'),
  1364: no('not_null'), // left out, and no default
  1423: no('not_null'), // likewise, through a view
  1369: no('check'), // CHECK OPTION of a view
  1526: no('check'), // no partition takes the value
  1748: no('check'),
  3819: no('check'), // MySQL
  4025: no('check'), // MariaDB
  // Values
  1118: no('bad_value'), // the row is too long
  1264: no('bad_value'), // out of range
  1265: no('bad_value'), // data truncated
  1292: no('bad_value'), // truncated incorrect value
  1300: no('bad_value'), // invalid characters
  1365: no('bad_value'), // division by zero
  1366: no('bad_value'), // incorrect value
  1367: no('bad_value'), // illegal value
  1406: no('bad_value'), // data too long
  1411: no('bad_value'), // incorrect value for a function
  1416: no('bad_value'), // geometry
  1441: no('bad_value'), // datetime overflow
  1690: no('bad_value'), // out of range in an expression
  1906: no('bad_value'), // a value for a generated column, MariaDB
  3037: no('bad_value'), // geometry, MySQL
  3105: no('bad_value'), // a value for a generated column, MySQL
  3140: no('bad_value'), // JSON, MySQL
  3141: no('bad_value'),
  3156: no('bad_value'),
  3988: no('bad_value'), // a character the column cannot hold
  4037: no('bad_value'), // JSON, MariaDB
  4038: no('bad_value'),
  // Rights
  1044: no('denied'),
  1142: no('denied'), // on a table
  1143: no('denied'), // on a column
  1227: no('denied'), // a global privilege is missing
  1370: no('denied'), // on a routine
  1449: no('denied'), // the definer does not exist
  1045: no('auth'),
  1049: no('auth'), // unknown database
  1129: no('auth'), // the host is blocked
  1130: no('auth'), // the host may not connect
  1251: no('auth'), // authentication that the client cannot do
  1524: no('auth'), // authentication plugin is not loaded
  1698: no('auth'),
  1820: no('auth'), // the password must be changed
  1862: no('auth'), // the password has expired
  3118: no('auth'), // the account is locked, MySQL
  4151: no('auth'), // the account is locked, MariaDB
  // Objects
  1054: no('missing_object'), // column
  1109: no('missing_object'),
  1146: no('missing_object'), // table
  1305: no('missing_object'), // routine
  1318: no('missing_object'), // its number of arguments
  1356: no('missing_object'), // what a view is made of
  1243: no('stale_plan'), // the prepared statement is gone
  1412: no('conflict'), // a table was changed since the transaction began
  1615: no('stale_plan'),
  // Others at work
  1020: no('conflict'), // changed since it was read: innodb_snapshot_isolation
  1205: no('conflict'), // lock wait
  1213: no('conflict'), // deadlock
  1478: no('not_supported'),
  3058: no('conflict'), // deadlock of user locks
  3101: no('conflict'), // group replication
  3132: no('conflict'),
  3572: no('conflict'), // NOWAIT
  // Time and cancels
  1317: no('cancelled'),
  1969: no('timeout'), // max_statement_time, MariaDB
  3024: no('timeout'), // max_execution_time, MySQL
  // Capacity
  1021: no('busy'), // disk full
  1037: no('busy'), // out of memory
  1038: no('busy'), // sort memory
  1040: no('busy'), // too many connections
  1041: no('busy'),
  1047: no('busy'), // a Galera node that is not ready
  1114: no('busy'), // the table is full
  1135: no('busy'), // no thread
  1203: no('busy'), // max_user_connections
  1226: no('busy'), // a limit of the account
  1461: no('busy'), // max_prepared_stmt_count
  1637: no('busy'), // too many transactions
  // Too much in one statement
  1116: no('too_complex'), // more than 61 tables
  1117: no('too_complex'),
  1119: no('too_complex'), // stack
  1153: no('too_complex'), // max_allowed_packet
  1260: no('too_complex'), // a list was cut
  1301: no('too_complex'), // the result of a function is larger than max_allowed_packet
  1390: no('too_complex'), // parameters
  1436: no('too_complex'), // stack
  1456: no('too_complex'), // recursion
  1473: no('too_complex'), // nesting
  // Roles
  1290: no('read_only'),
  1792: no('read_only'),
  1836: no('read_only'),
  1874: no('read_only'), // InnoDB
  3100: unknown('unknown'), // before commit
  1401: unknown('unknown'), // XA COMMIT failed
  // The session's end
  1053: unknown('disconnected'), // shutdown
  1152: unknown('disconnected'),
  1158: unknown('disconnected'),
  1159: unknown('disconnected'),
  1160: unknown('disconnected'),
  1161: unknown('disconnected'),
  1180: unknown('unknown'), // COMMIT failed
  1184: unknown('disconnected'),
  1927: unknown('disconnected'), // killed, MariaDB
  2006: unknown('disconnected'),
  2013: unknown('disconnected'),
  3169: unknown('disconnected'), // killed, MySQL
  4031: no('disconnected'), // idle for too long, MySQL
  // What the engine or the object cannot do
  1191: no('not_supported'), // no FULLTEXT index
  1235: no('not_supported'),
  1288: no('not_supported'), // the view cannot be written
  1295: no('not_supported'), // not as a prepared statement
  1348: no('not_supported'), // the column of the view cannot be written
  1393: no('not_supported'),
  1394: no('not_supported'),
  1395: no('not_supported'),
  1471: no('not_supported'),
}

/** Class of the SQLSTATE → rule, for errors that are not in the table. */
const classes: Readonly<Record<string, Rule>> = {
  '08': unknown('disconnected'),
  '0A': no('not_supported'),
  '22': no('bad_value'),
  '23': no('check'),
  '25': no('unknown'),
  '28': no('auth'),
  '40': no('conflict'),
  '42': no('unknown'),
  '45': no('raised'),
  '70': no('cancelled'),
  XA: no('conflict'),
}

/** SIGNAL without a number of its own: 1644 for an error, 1643 for "not found". */
const signalled = new Set([1643, 1644])

/** What a routine may say on purpose with SIGNAL; anything else that it makes up is a plain `raised`. */
const raisable: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'unique',
  'foreign_key',
  'not_null',
  'check',
  'bad_value',
  'denied',
  'conflict',
])

/** Codes of mysql2 3.24.6 (lib/base/connection.js), which does the login. */
const loginCodes: Readonly<Record<string, Rule>> = {
  PROTOCOL_CONNECTION_LOST: unknown('disconnected'),
  HANDSHAKE_NO_SSL_SUPPORT: no('disconnected'), // the server has no TLS
  HANDSHAKE_SSL_ERROR: no('disconnected'),
  AUTH_SWITCH_PLUGIN_ERROR: no('auth'),
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: no('auth'), // only ever over a verified connection, see dial.ts
  NOT_MYSQL: no('disconnected'), // packets.ts: something else listens there
}

/**
 * Anything thrown by the driver → a fault. Never throws.
 *
 * Error 1317 is what a statement ends with that was killed, whoever did it: it is `timeout` when the session says that
 * it cancelled for the deadline, else `cancelled`. `applied: 'no'` speaks of one statement on tables with transactions;
 * a procedure that commits on its own, and a MyISAM table, may keep part of the work.
 */
export function classify(error: unknown): Fault {
  const session = classifySession(error, classify)
  if (session !== undefined) return session
  const said = serverSaid(error)
  return said === undefined ? classifyNetwork(error, loginCodes) : classifyServer(said)
}

interface ServerSaid {
  readonly errno: number
  readonly sqlState: string
  readonly message: string
  readonly cancelled: ServerError['cancelled']
}

/** From the session's own errors, and from those mysql2 throws during login. */
function serverSaid(error: unknown): ServerSaid | undefined {
  if (error instanceof ServerError) return error
  if (!(error instanceof Error) || !('sqlState' in error) || !('errno' in error)) return undefined
  const { errno, sqlState, message } = error
  if (typeof errno !== 'number' || typeof sqlState !== 'string') return undefined
  return { errno, sqlState, message, cancelled: undefined }
}

function classifyServer(said: ServerSaid): Fault {
  const { kind, applied } = serverRule(said)
  return {
    kind,
    applied,
    ...namesIn(said),
    ...(kind === 'raised' && { message: said.message }),
    native: `${said.errno} (${said.sqlState}): ${said.message}`,
  }
}

function serverRule({ errno, sqlState, message, cancelled }: ServerSaid): Rule {
  const byClass = classes[sqlState.slice(0, 2)]
  // SIGNAL: its number, or else its SQLSTATE, says what it means.
  if (sqlState === '45000' || signalled.has(errno)) {
    const meant = signalled.has(errno) ? byClass : errors[errno]
    return meant !== undefined && raisable.has(meant.kind) ? meant : no('raised')
  }
  // The same number tells of any option of the server that forbids the statement.
  if (errno === 1290 && !/read.only/i.test(message)) return no('not_supported')
  // A parameter that the character set of its column cannot hold; two columns of different ones are another matter.
  if (errno === 1267 && message.includes('COERCIBLE')) return no('bad_value')
  if (errno === rmFail) return ofXaState(message)
  const rule = errors[errno] ?? byClass ?? no('unknown')
  return errno === 1317 && cancelled !== undefined ? no(whyCancelled(cancelled)) : rule
}

/** ER_XAER_RMFAIL */
const rmFail = 1399
/** The statement may not be run in this state of an XA transaction: it would end one that is active, or a deadlock has ended it already. */
function ofXaState(message: string): Rule {
  if (message.includes('ACTIVE state')) return no('cannot_commit')
  return message.includes('ROLLBACK ONLY state') ? no('conflict') : unknown('unknown')
}

/** An identifier between back quotes, or between quotes. */
const quoted = '`((?:[^`]|``)+)`'
const forms: readonly (readonly [errors: readonly number[], form: RegExp, names: readonly Named[]])[] = [
  // The value before it may hold the same words.
  [[1062, 1586], /^.* for key '(.+)'$/s, ['constraint']],
  [
    [1451, 1452],
    new RegExp(`\\(${quoted}\\.${quoted}, CONSTRAINT ${quoted} FOREIGN KEY`),
    ['schema', 'table', 'constraint'],
  ],
  [
    [4025],
    new RegExp(`CONSTRAINT ${quoted} failed for ${quoted}\\.${quoted}`),
    ['constraint', 'schema', 'table'],
  ],
  [[3819], /^Check constraint '(.+)' is violated/, ['constraint']],
  [[1048, 1364], /^(?:Column|Field) '(.+)' (?:cannot be null|doesn't have a default value)/, ['column']],
  [[1264, 1265, 1406], /for column '(.+)' at row \d+$/, ['column']],
  [
    [1366, 1292],
    new RegExp(`for column ${quoted}\\.${quoted}\\.${quoted} at row \\d+$`),
    ['schema', 'table', 'column'],
  ],
  [[1366, 1292], /for column '(.+)' at row \d+$/, ['column']],
]
type Named = 'schema' | 'table' | 'constraint' | 'column'

/** Constraint, table and column, as far as the message names them; sessions ask for English ones. */
function namesIn({ errno, message }: ServerSaid): Pick<Fault, 'constraint' | 'table' | 'column'> {
  for (const [numbers, form, names] of forms) {
    const match = numbers.includes(errno) ? form.exec(message) : null
    if (match === null) continue
    const found: { [K in Named]?: string } = {}
    for (const [i, name] of names.entries()) found[name] = (match[i + 1] ?? '').replaceAll('``', '`')
    const { schema: _, constraint, ...rest } = found
    return { ...rest, ...(constraint !== undefined && { constraint: bare(constraint) }) }
  }
  return {}
}

/** MySQL writes `table.key` where MariaDB writes `key`. */
const bare = (key: string): string => key.slice(key.lastIndexOf('.') + 1)
