/** What SQL Server, the network or the driver said → a fault in common words: one table as data, one function that reads it. */
import type { Fault } from '#engine/engine.ts'
import {
  classifyNetwork,
  classifySession,
  no,
  type Rule,
  unknown,
  whyCancelled,
} from '#engine/network-faults.ts'
import { Interrupted, ServerError } from './server-error.ts'

/** Error number → rule; Microsoft, "Database Engine events and errors", and "Troubleshoot transient errors" for Azure SQL. */
const errors: Readonly<Record<number, Rule>> = {
  // Constraints
  2601: no('unique'), // an index
  2627: no('unique'), // a constraint
  547: no('foreign_key'), // or a check: the message says which
  515: no('not_null'),
  513: no('check'), // a rule
  550: no('check'), // CHECK OPTION of a view
  // Values
  220: no('bad_value'), // overflow
  232: no('bad_value'),
  234: no('bad_value'),
  235: no('bad_value'), // money
  236: no('bad_value'),
  237: no('bad_value'),
  238: no('bad_value'),
  241: no('bad_value'), // no date
  242: no('bad_value'), // a date out of range
  244: no('bad_value'), // overflow
  245: no('bad_value'), // conversion failed
  246: no('bad_value'),
  248: no('bad_value'),
  271: no('bad_value'), // a value for a computed column
  272: no('bad_value'), // for a rowversion
  273: no('bad_value'),
  293: no('bad_value'), // money
  294: no('bad_value'),
  295: no('bad_value'), // smalldatetime
  296: no('bad_value'),
  298: no('bad_value'),
  517: no('bad_value'), // date arithmetic
  535: no('bad_value'),
  544: no('bad_value'), // a value for an identity column
  1007: no('bad_value'), // a number of too many digits
  3606: no('bad_value'),
  3607: no('bad_value'),
  3623: no('bad_value'), // floating point
  6522: no('bad_value'), // of a .NET type, such as hierarchyid
  8102: no('bad_value'), // an identity column changed
  8114: no('bad_value'), // conversion failed
  8115: no('bad_value'), // arithmetic overflow
  8134: no('bad_value'), // division by zero
  8152: no('bad_value'), // text too long
  8169: no('bad_value'), // no uniqueidentifier
  8170: no('bad_value'),
  8672: no('bad_value'), // one row twice in one MERGE
  9803: no('bad_value'),
  9807: no('bad_value'),
  9809: no('bad_value'),
  9810: no('bad_value'),
  2628: no('bad_value'), // text too long, with its column
  13608: no('bad_value'), // JSON
  13609: no('bad_value'),
  13610: no('bad_value'),
  // Rights
  229: no('denied'), // on an object
  230: no('denied'), // on a column
  262: no('denied'), // in the database
  297: no('denied'),
  300: no('denied'),
  371: no('denied'),
  916: no('auth'), // the login may not use the database
  4060: no('auth'), // the database cannot be opened
  4062: no('auth'),
  4064: no('auth'),
  18450: no('auth'),
  18452: no('auth'),
  18456: no('auth'),
  18470: no('auth'), // disabled
  18486: no('auth'), // locked
  18487: no('auth'), // the password has expired
  18488: no('auth'),
  40532: no('auth'), // Azure: no such server
  40615: no('auth'), // Azure: the firewall
  40914: no('auth'),
  47073: no('auth'), // Azure: no public network access
  // Objects
  201: no('missing_object'), // a parameter without a value
  207: no('missing_object'), // column
  208: no('missing_object'), // table
  1088: no('missing_object'),
  2706: no('missing_object'),
  2715: no('missing_object'), // type
  2812: no('missing_object'), // procedure
  4121: no('missing_object'), // function
  4413: no('missing_object'), // what a view is made of
  4502: no('missing_object'),
  8144: no('missing_object'), // too many arguments
  8145: no('missing_object'), // an unknown argument
  8146: no('missing_object'),
  8162: no('missing_object'),
  15151: no('missing_object'),
  334: no('stale_plan'), // a trigger stands where there was none when the statement was made
  3961: no('conflict'), // the schema changed under a snapshot
  // Others at work
  601: no('conflict'),
  1205: no('conflict'), // deadlock
  1222: no('conflict'), // LOCK_TIMEOUT
  3947: no('conflict'), // a secondary that fell too far behind
  3948: no('conflict'), // a secondary whose state changed, or whose old rows are being cleared away
  3950: no('conflict'), // a scan of old rows took too long
  3960: no('conflict'), // update under a snapshot
  3966: no('conflict'), // a victim of the store of old rows
  41301: no('conflict'), // memory-optimised tables
  41302: no('conflict'),
  41305: no('conflict'),
  41325: no('conflict'),
  // Roles: the server is not, or no longer, the one to ask
  954: no('read_only'), // the mirror of a database
  976: no('read_only'), // a secondary that is not read from
  978: no('read_only'), // a secondary for those who say that they only read
  979: no('read_only'), // a primary that refuses those who say that they only read
  983: no('read_only'), // neither primary nor secondary, while roles change
  3906: no('read_only'), // a write to a secondary, or to a database set READ_ONLY
  // Capacity
  701: no('busy'), // memory
  802: no('busy'),
  904: no('busy'), // the database is starting, restoring or offline
  921: no('busy'),
  922: no('busy'),
  923: no('busy'),
  924: no('busy'),
  926: no('busy'),
  927: no('busy'),
  942: no('busy'),
  945: no('busy'),
  955: no('busy'), // a mirrored database without a quorum
  956: no('busy'), // or not yet as its partner is
  982: no('busy'), // no secondary that may be read from is there
  988: no('busy'), // no quorum
  1101: no('busy'), // disk full
  1105: no('busy'),
  1132: no('busy'), // the elastic pool is full
  1204: no('busy'), // locks
  3908: no('busy'), // damaged, or in emergency mode
  3958: no('busy'), // the store of old rows has lost one
  3967: no('busy'), // or is full
  4221: no('busy'), // a secondary that has just begun
  6005: no('busy'), // shutting down
  8645: no('busy'), // memory
  8651: no('busy'),
  8657: no('busy'),
  9001: no('busy'), // the log
  9002: no('busy'),
  10922: no('busy'),
  10928: no('busy'), // Azure: limits
  10929: no('busy'),
  10936: no('busy'),
  17188: no('busy'), // starting, shutting down, single user
  17191: no('busy'),
  17197: no('busy'),
  17809: no('busy'), // too many connections
  18401: no('busy'),
  18451: no('busy'),
  18461: no('busy'),
  40143: no('busy'), // Azure: moving, throttled, out of a limit
  40197: no('busy'),
  40501: no('busy'),
  40540: no('busy'),
  40544: no('busy'),
  40549: no('busy'),
  40550: no('busy'),
  40551: no('busy'),
  40552: no('busy'),
  40553: no('busy'),
  40613: no('busy'),
  42108: no('busy'), // Azure: paused
  42109: no('busy'),
  49918: no('busy'),
  49919: no('busy'),
  49920: no('busy'),
  // Too much in one statement
  191: no('too_complex'), // nesting
  217: no('too_complex'),
  511: no('too_complex'), // a row beyond 8060 bytes
  530: no('too_complex'), // recursion
  1946: no('too_complex'), // an index entry
  8003: no('too_complex'), // parameters
  8623: no('too_complex'),
  8631: no('too_complex'), // stack
  8632: no('too_complex'), // expressions
  // What the engine or the object cannot do
  1934: no('not_supported'), // SET options of an index
  4403: no('not_supported'), // views that cannot be written
  4404: no('not_supported'),
  4405: no('not_supported'),
  4406: no('not_supported'),
  4415: no('not_supported'),
  4421: no('not_supported'),
  4427: no('not_supported'),
  4450: no('not_supported'),
  7601: no('not_supported'), // no full-text index
  7609: no('not_supported'), // no full-text search at all
  40510: no('not_supported'), // not in this version or on Azure
  40512: no('not_supported'),
  40515: no('not_supported'),
  40517: no('not_supported'),
  // What a routine or trigger brings about: a transaction ended or left open
  266: no('raised'),
  3609: no('raised'),
  3616: no('raised'),
  // The session's end
  596: unknown('disconnected'), // killed
  6002: unknown('disconnected'), // shutdown
  6006: unknown('disconnected'),
  64: unknown('disconnected'),
  233: unknown('disconnected'),
  10053: unknown('disconnected'),
  10054: unknown('disconnected'),
  10060: unknown('disconnected'),
}

/** From here on numbers are what RAISERROR and THROW say on purpose; 50000 is that of a text alone. */
const firstRaised = 50_000
/** XML that cannot be read (9400 to 9499), or does not fit its schema (6900 to 6999). */
const isXml = (number: number) => (number >= 9400 && number < 9500) || (number >= 6900 && number < 7000)
/** A severity at which the server ends the session. */
const fatalClass = 20

/** Codes of tedious 20.3.9 (src/connection.ts, src/request.ts). */
const driverCodes: Readonly<Record<string, Rule>> = {
  // Before anything could be sent
  CONNECT_TIMEOUT: no('disconnected'), // dial.ts
  EINSTLOOKUP: no('disconnected'),
  EENCRYPT: no('disconnected'), // the server has no TLS, or wants it
  ETDS: no('disconnected'),
  EINTERFACENOTSUPP: no('disconnected'),
  ELOGIN: no('auth'),
  EFEDAUTH: no('auth'),
  EINVALIDSTATE: no('disconnected'),
  // At any time
  ECLOSE: unknown('disconnected'),
  ESOCKET: unknown('disconnected'),
  ETIMEOUT: unknown('disconnected'),
  // Our own mistakes, refused by the driver
  EPARAM: no('unknown'),
}

/**
 * Anything thrown by the driver → a fault. Never throws.
 *
 * `applied: 'no'` speaks of what the driver ran in a transaction of its own, which every write is; a procedure that
 * commits on its own may have applied part of its work.
 */
export function classify(error: unknown): Fault {
  if (error instanceof Interrupted)
    return {
      ...(error.undone ? no : unknown)(whyCancelled(error.why)),
      native: error.message,
    }
  const session = classifySession(error, classify)
  if (session !== undefined) return session
  if (error instanceof ServerError) return classifyServer(error)
  return classifyDriver(error)
}

function classifyServer(said: ServerError): Fault {
  const { kind, applied } = serverRule(said)
  return {
    kind,
    applied,
    ...namesIn(said.number, withoutValues(said.message)),
    ...(kind === 'raised' && { message: said.message }),
    native: `${said.number}: ${withoutValues(said.message)}`,
  }
}

function serverRule({ number, class: severity, message }: ServerError): Rule {
  const rule = errors[number]
  if (severity >= fatalClass)
    return rule?.kind === 'auth' || rule?.kind === 'busy' ? rule : unknown('disconnected')
  if (number >= firstRaised) return no('raised')
  if (number === 547) return no(/the CHECK constraint/.test(message) ? 'check' : 'foreign_key')
  return rule ?? no(isXml(number) ? 'bad_value' : 'unknown')
}

/**
 * Names in the messages of sys.messages in English, which sessions ask for. They stand between quotes that are not
 * doubled, so the words around them tell where they end; a table is `schema.table` or `database.schema.table`.
 */
const forms: readonly (readonly [number: number, form: RegExp])[] = [
  [2627, /constraint '(?<constraint>.+)'\. Cannot insert duplicate key in object '(?<table>.+)'\./s],
  [2601, /in object '(?<table>.+)' with unique index '(?<constraint>.+)'\./s],
  [547, /constraint "(?<constraint>.+)"\. The conflict occurred in database ".+", table "(?<table>.+)"/s],
  [515, /into column '(?<column>.+)', table '(?<table>.+)'; column does not allow nulls/s],
]

/** Constraint, table and column, as far as the message names them. */
function namesIn(number: number, message: string): Pick<Fault, 'constraint' | 'table' | 'column'> {
  for (const [of, form] of forms) {
    const found = number === of ? form.exec(message)?.groups : undefined
    if (found === undefined) continue
    const { table, ...rest } = found
    // A dot within a name cannot be told from one between names.
    return { ...rest, ...(table !== undefined && { table: table.slice(table.lastIndexOf('.') + 1) }) }
  }
  return {}
}

/** Some messages end with values of the row, which may hold any words. */
const withoutValues = (message: string): string =>
  message.replace(/ (The duplicate key value is|Truncated value:) .*/s, '')

/** tedious wraps what the network says; the wrapped error tells more. */
function classifyDriver(error: unknown): Fault {
  const connecting = error instanceof Error && error.message.startsWith('Failed to connect ')
  const inner = innermost(error)
  const fault = classifyNetwork(inner, driverCodes)
  return connecting
    ? { ...fault, kind: fault.kind === 'unknown' ? 'disconnected' : fault.kind, applied: 'no' }
    : fault
}

function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0])
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause)
  return error
}
