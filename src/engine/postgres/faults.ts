/** What PostgreSQL, the network or the driver said → a fault in common words: one table as data, one function that reads it. */
import type { Fault } from '#engine/engine.ts'
import {
  classifyNetwork,
  classifySession,
  no,
  type Rule,
  unknown,
  whyCancelled,
} from '#engine/network-faults.ts'
import type { CancelReason } from '#engine/session-errors.ts'
import { ServerError } from './server-error.ts'

/** SQLSTATE or its class (first two characters) → rule; PostgreSQL manual, Appendix A. A class that is not here is no standard one. */
const errors: Readonly<Record<string, Rule>> = {
  '03': no('unknown'),
  '08': unknown('disconnected'),
  '08001': no('disconnected'), // could not connect
  '08004': no('disconnected'), // was refused
  '08P01': no('unknown'), // the protocol was violated: refused, the session goes on
  '09': no('unknown'),
  '0A': no('not_supported'),
  '0B': no('unknown'),
  '0F': no('unknown'),
  '0L': no('denied'),
  '0P': no('denied'),
  '0Z': no('unknown'),
  '10': no('unknown'),
  '20': no('unknown'),
  '21': no('bad_value'), // one row twice in one upsert
  '22': no('bad_value'),
  '23': no('check'),
  '23001': no('foreign_key'), // ON DELETE RESTRICT
  '23502': no('not_null'),
  '23503': no('foreign_key'),
  '23505': no('unique'),
  '23P01': no('unique'), // exclusion: another row is in the way
  '24': no('unknown'),
  '25': no('unknown'),
  '25006': no('read_only'),
  '25P03': no('disconnected'), // idle in transaction for too long
  '25P04': no('timeout'), // transaction_timeout
  '26': no('stale_plan'), // the prepared statement is gone
  '27': no('unknown'),
  '28': no('auth'),
  '2B': no('unknown'),
  '2D': no('cannot_commit'),
  '2F': no('unknown'),
  '34': no('unknown'),
  '38': no('unknown'),
  '39': no('unknown'),
  '3B': no('unknown'),
  '3D': no('auth'), // the database does not exist
  '3F': no('missing_object'),
  '40': no('conflict'), // serialisation failure, deadlock
  '40003': unknown('unknown'),
  '42': no('unknown'),
  '42501': no('denied'),
  '42703': no('missing_object'), // column
  '42704': no('missing_object'), // type and other objects
  '42809': no('not_supported'), // wrong kind of object
  '42883': no('missing_object'), // function
  '428C9': no('bad_value'), // a value for a generated column
  '42P01': no('missing_object'), // table
  '42P10': no('missing_object'), // no unique key for ON CONFLICT
  '44': no('check'), // WITH CHECK OPTION
  '53': no('busy'),
  '54': no('too_complex'),
  '55': no('unknown'),
  '55000': no('not_supported'), // a view that cannot be written, a materialised view without data
  '55006': no('conflict'), // in use
  '55P03': no('conflict'), // lock not available
  '57': no('unknown'),
  '57014': no('cancelled'),
  '57P01': unknown('disconnected'), // shut down by an administrator
  '57P02': unknown('disconnected'), // another session crashed
  '57P03': no('busy'), // starting up or shutting down
  '57P04': unknown('disconnected'), // the database was dropped
  '57P05': no('disconnected'), // idle for too long
  '58': no('unknown'),
  '72': no('conflict'), // snapshot too old
  F0: no('unknown'),
  HV: no('unknown'),
  P0: no('raised'),
  XX: no('unknown'),
}

/**
 * The same for errors that end the session (severity FATAL). Unlike an error, one of these may come after the commit
 * and before the server says so; not so when the login is refused or the server ends an idle or unfinished transaction.
 */
const fatal: Readonly<Record<string, Rule>> = {
  '08004': no('disconnected'),
  '0A': no('not_supported'),
  '25P03': no('disconnected'),
  '25P04': no('timeout'),
  '28': no('auth'),
  '3D': no('auth'),
  '42501': no('auth'), // no CONNECT privilege
  '53300': no('busy'), // too many connections
  '53400': no('busy'),
  '55000': no('auth'), // the database takes no connections
  '57P03': no('busy'),
  '57P05': no('disconnected'),
}

/** Codes of postgres.js 3.4.9 (src/connection.js), which does the login. */
const loginCodes: Readonly<Record<string, Rule>> = {
  // Before anything could be sent
  CONNECT_TIMEOUT: no('disconnected'),
  CONNECTION_ENDED: no('disconnected'),
  SASL_SIGNATURE_MISMATCH: no('auth'), // not the server that knows our password
  // At any time
  CONNECTION_CLOSED: unknown('disconnected'),
  CONNECTION_DESTROYED: unknown('disconnected'),
  // Our own mistakes, refused by the driver
  MESSAGE_NOT_SUPPORTED: no('not_supported'),
  MAX_PARAMETERS_EXCEEDED: no('too_complex'),
  UNDEFINED_VALUE: no('unknown'),
}

/** What a routine may say on purpose with RAISE … USING ERRCODE; any other code of its choice is a plain `raised`. */
const raisable: ReadonlySet<Fault['kind']> = new Set<Fault['kind']>([
  'unique',
  'foreign_key',
  'not_null',
  'check',
  'bad_value',
  'denied',
  'conflict',
])

/**
 * What types whose values are names or small languages (regclass, regtype, aclitem, tsquery, jsonpath) say of a value
 * they cannot read: as if a statement were wrong, but without pointing at a place in it.
 */
const misread: ReadonlySet<string> = new Set('3F000 42601 42602 42622 42704 42725 42883 42P01'.split(' '))

/**
 * Anything thrown by the driver → a fault. Never throws.
 *
 * SQLSTATE 57014 means both a statement time-out and a cancel by request, and only its (translated) message tells
 * which: it is `timeout` when the session says that it cancelled for the deadline, else `cancelled`.
 * `applied: 'no'` speaks of one statement; a procedure that commits on its own may have applied part of its work.
 */
export function classify(error: unknown): Fault {
  const session = classifySession(error, classify)
  if (session !== undefined) return session
  const said = serverMessage(error)
  if (said !== undefined)
    return classifyServer(said, error instanceof ServerError ? error.cancelled : undefined)
  return classifyNetwork(error, loginCodes)
}

/** The parts of an ErrorResponse that matter here. */
interface ServerSaid {
  readonly severity: string | undefined
  readonly code: string
  readonly message: string
  readonly constraint: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  /** The C function that raised it: the one stable, untranslated word besides the code. */
  readonly routine: string | undefined
  readonly pointed: boolean
}

/** From the session's own errors, and from those postgres.js throws during login. */
function serverMessage(error: unknown): ServerSaid | undefined {
  if (error instanceof ServerError) return error.fields
  if (!(error instanceof Error) || error.name !== 'PostgresError') return undefined
  const e = error as Error & Record<string, unknown>
  const text = (name: string) => (typeof e[name] === 'string' ? e[name] : undefined)
  return {
    severity: text('severity') ?? text('severity_local'),
    code: text('code') ?? 'XX000',
    message: e.message,
    constraint: text('constraint_name'),
    table: text('table_name'),
    column: text('column_name'),
    routine: text('routine'),
    pointed: true,
  }
}

function classifyServer(said: ServerSaid, cancelled: CancelReason | undefined): Fault {
  const { kind, applied } = serverRule(said, cancelled)
  return {
    kind,
    applied,
    ...(said.constraint !== undefined && { constraint: said.constraint }),
    ...(said.table !== undefined && { table: said.table }),
    ...(said.column !== undefined && { column: said.column }),
    ...(kind === 'raised' && { message: said.message }),
    // Without DETAIL, which quotes rows.
    native: `${said.code}: ${said.message}`,
  }
}

function serverRule(
  { severity, code, routine, pointed }: ServerSaid,
  cancelled: CancelReason | undefined,
): Rule {
  if (severity === 'PANIC') return unknown('disconnected')
  if (severity === 'FATAL') return find(fatal, code) ?? unknown('disconnected')
  // Custom codes such as 45000 or PT404 are of no standard class.
  const rule = find(errors, code) ?? no('raised')
  if (routine === 'exec_stmt_raise') return raisable.has(rule.kind) ? rule : no('raised')
  // "cached plan must not change result type" has no code of its own.
  if (routine === 'RevalidateCachedQuery') return no('stale_plan')
  if (!pointed && misread.has(code)) return no('bad_value')
  return code === '57014' && cancelled !== undefined ? no(whyCancelled(cancelled)) : rule
}

const find = (rules: Readonly<Record<string, Rule>>, code: string): Rule | undefined =>
  rules[code] ?? rules[code.slice(0, 2)]
