/** What every engine gives: capabilities as data, statements to SQL text, connections, the catalogue, and faults in common words. */
import type { Signal } from '#base/signal.ts'
import type { Catalog, ValueType } from '#catalog/model.ts'
import type { Bound, Statement } from '#plan/ast.ts'
import type { DatabaseOptions } from './options.ts'

export type EngineKind = 'postgres' | 'mysql' | 'sqlserver'

/** Differences between engines as data; nothing outside an engine asks for its name. */
export interface Capabilities {
  /** Most values one statement can bind. */
  readonly maxParameters: number
  /** A list binds as one value, so its length does not change the text. */
  readonly listParameters: boolean
  /** INSERT/UPDATE/DELETE can give rows back in the same statement. */
  readonly returning: boolean
  readonly arrays: boolean
  readonly fullText: boolean
  readonly estimatedCount: boolean
}

/**
 * How the bytes of one column become JSON or CSV. `raw`: already JSON (numbers, json); `text`: to be quoted and escaped; `…Micros`:
 * eight bytes, see micros.ts.
 */
export type Encoding =
  | 'raw'
  | 'number'
  | 'text'
  | 'boolean'
  | 'timestamp'
  | 'datetime'
  | 'float'
  | 'timestampMicros'
  | 'datetimeMicros'

export interface OutputColumn {
  readonly name: string
  readonly encoding: Encoding
  /** Not written to the body; handed over as text of the last row. */
  readonly hidden: boolean
}

/** One of several statements that do together, in one transaction, what the engine cannot do in one. */
export interface CompiledStep {
  readonly text: string
  /** `kept`: the rows of the step that keeps them, as JSON text: an array with an array of texts or null for each row. */
  readonly bind: (values: readonly Bound[], kept: string) => readonly (string | null)[]
  /**
   * `keep`: its rows are for later steps; `affect`: its affected rows count for the whole; `write`: both; `answer`: its rows are
   * the body.
   */
  readonly use: 'keep' | 'affect' | 'write' | 'answer'
}

/** SQL text with everything needed to bind, run and read it. Deterministic for equal statements. */
export interface Compiled {
  readonly text: string
  readonly operation: 'select' | 'insert' | 'update' | 'delete' | 'call'
  /** Values by slot → what the driver binds, in order. Pure. */
  readonly bind: (values: readonly Bound[]) => readonly (string | null)[]
  /** Columns in order; empty when the statement gives no rows. */
  readonly columns: readonly OutputColumn[]
  /** Prepare once per connection and keep; false for texts that will hardly come again (bulk inserts). */
  readonly prepare: boolean
  /** Works out the columns of a call whose result nobody can tell before it runs, from what the server says of it; `columns` is empty then. */
  readonly describe?: (given: readonly { name: string; type: ValueType }[]) => readonly OutputColumn[]
  /** The call of a procedure that may commit by itself: when it fails, a part of it may be done, whatever transaction it ran in. */
  readonly mayCommit?: true
  /** Run in order, in one transaction, instead of `text` (which then is the texts of all steps, for caches and tests). */
  readonly steps?: readonly CompiledStep[]
}

/** How rows are written into the body. `object`: exactly the first row without brackets; `value`: the first column of the first row bare; `values`: an array of the bare first column. */
export type RowFormat = 'array' | 'object' | 'value' | 'values' | 'ndjson' | 'csv'

export interface RunOptions {
  /** Monotonic milliseconds at which the statement must be over; the database is told, and cancelled. */
  readonly deadline: number
  readonly signal: Signal
  readonly format: RowFormat
  /** Rows beyond this many are counted but not written (one more than the page is fetched to know whether there is a next one). */
  readonly keep?: number | undefined
}

export interface Result {
  /** Canonical JSON (or CSV, NDJSON) of the kept rows; ready for the socket. */
  readonly body: Uint8Array
  /** Rows the database sent, kept or not. */
  readonly rows: number
  /** Rows a write touched. */
  readonly affected: number
  /** The hidden columns of the last kept row, in order; undefined when there was no row. */
  readonly hidden: readonly (string | null)[] | undefined
}

export interface StreamOptions extends Omit<RunOptions, 'keep'> {
  /** Called with each piece of body; the database is not asked for more before it resolves. */
  readonly write: (chunk: Uint8Array) => Promise<void>
  /** Rows to ask for at a time. */
  readonly batch: number
}

/** Runs statements inside one open transaction. */
export interface Transaction {
  run(q: Compiled, values: readonly Bound[], o: Omit<RunOptions, 'deadline' | 'signal'>): Promise<Result>
}

export type ServerRole = 'primary' | 'replica'

/** A point in the history of a database's changes. Both texts are the engine's own: only its `Replication` reads them. */
export interface Mark {
  /** The line of history; a failover begins another one. Empty where positions name their line themselves. */
  readonly line: string
  readonly position: string
}

/** Where a server stands: what it has written when it is the primary, what it has replayed when it is a replica. */
export interface Standing extends Mark {
  /** Tells this server from all others, by whatever name it is reached; another text after a restart will do. */
  readonly server: string
  readonly role: ServerRole
  /** Of a primary: how far it has written in memory, where that is beyond `position`, which a crash cannot take back. */
  readonly written?: string
  /** It takes writes and yet replicates from another server: a replica that nobody made read-only, or one of two that feed each other. */
  readonly fed?: boolean
  /** On a replica: age in ms, by its own clock, of the last change it has replayed. An idle primary makes it grow. */
  readonly behindMs: number | undefined
  /** Where lines that came before this one were left, as far as the server can tell; only asked of primaries. */
  readonly forks: readonly Mark[]
}

/** What an engine knows of positions, so that reads find what was written and a failover is noticed. */
export interface Replication {
  /**
   * Whether marks are exact. `false`: only lag and role are known (then read-your-writes has its window alone). May
   * turn out with the first answer of the primary.
   */
  readonly exact: boolean
  /** Asks the server; one cheap trip. */
  standing(c: Connection, o: { deadline: number; signal: Signal }): Promise<Standing>
  /** A mark that everything committed so far lies before; asked on the connection that has just written. */
  mark(c: Connection, o: { deadline: number; signal: Signal }): Promise<Mark>
  /**
   * The same without a trip of its own: from now on each commit on `c` brings a mark along. The function that is given
   * back ends that, and gives the mark of the last commit, if it came. Left out where there is no such way.
   */
  along?(c: Connection): () => Mark | undefined
  /** Whether the server has what lies before the mark: `not_yet`, or `never` when its line left that one before the mark. */
  holds(at: Pick<Standing, 'line' | 'position' | 'forks'>, wanted: Mark): 'yes' | 'not_yet' | 'never'
  /** Which of two primaries has the younger line: above 0 the first, below 0 the second, 0 when nobody can tell. Pure. */
  younger(a: Mark, b: Mark): number
}

/** One session in the database, used by one caller at a time (the pool sees to it). */
export interface Connection {
  run(q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result>
  stream(q: Compiled, values: readonly Bound[], o: StreamOptions): Promise<{ rows: number }>
  /**
   * BEGIN, body, COMMIT; anything thrown rolls back. One deadline over all of it. `contained`: a procedure that is called in it
   * must not end it; for those that may (`mayCommit`), where the server does not see to that by itself.
   * @throws GatewayError not_supported for a contained one, where this server has no such thing
   */
  transaction<T>(
    o: { deadline: number; signal: Signal; readOnly?: boolean; contained?: boolean },
    body: (t: Transaction) => Promise<T>,
  ): Promise<T>
  /** Plain text rows for the engine's own statements (catalogue, validation). */
  query(
    text: string,
    values: readonly (string | null)[],
    o: { deadline: number; signal: Signal },
  ): Promise<readonly (readonly (string | null)[])[]>
  /** Asks the server; used to validate, so it must be one cheap trip. */
  role(o: { deadline: number; signal: Signal }): Promise<ServerRole>
  /** False once the session is lost, in an unknown state, or a cancel has not settled. */
  isUsable(): boolean
  /** Of a seat (Shared): its statement failed those it travelled with, or kept them waiting. */
  disturbed?(): boolean
  /** Ends the session; resolves when the socket is closed, at the latest after one second. Never throws. */
  close(): Promise<void>
}

/** One session lent to several borrowers at once, whose statements travel in one trip. */
export interface Shared {
  /**
   * One for each borrower, to run one statement under its own deadline and signal, or to be closed unused. They set off
   * when the last has done either. Whoever hangs up gets off, and the others travel on; so does a read that is late.
   */
  readonly seats: readonly Connection[]
  /** Resolves when the session is free again; never rejects. */
  readonly over: Promise<void>
}

/** What went wrong in the database, in words no engine owns. `applied: unknown`: a write may have happened. */
export interface Fault {
  readonly kind:
    | 'unique'
    | 'foreign_key'
    | 'not_null'
    | 'check'
    | 'bad_value'
    | 'denied'
    | 'missing_object'
    | 'stale_plan'
    | 'conflict'
    | 'cancelled'
    | 'timeout'
    | 'busy'
    | 'read_only'
    | 'disconnected'
    | 'auth'
    | 'raised'
    /** A routine ended the transaction it was called in, which is not its own. */
    | 'cannot_commit'
    | 'too_complex'
    | 'not_supported'
    | 'unknown'
  readonly applied: 'no' | 'unknown'
  readonly constraint?: string
  readonly table?: string
  readonly column?: string
  /** The message a routine raised on purpose (kind `raised`). */
  readonly message?: string
  /** SQLSTATE or error number and the server's text: for logs and development mode only. */
  readonly native: string
}

export interface CatalogRequest {
  /** Empty: the connection's default schema. */
  readonly schemas: readonly string[]
  readonly unmappable: 'omit' | 'text' | 'fail'
  readonly deadline: number
  readonly signal: AbortSignal
}

/** Tells when the schema may have changed; stops when `signal` aborts. */
export interface SchemaWatch {
  /** Resolves when a change was announced, or the poll interval has passed. */
  next(signal: AbortSignal): Promise<'announced' | 'poll'>
  close(): Promise<void>
}

/** One thing in the database that announcing needs, by its kind and name. `different`: there, but not as this build makes it. */
export interface AnnouncerPart {
  readonly name: string
  readonly state: 'right' | 'different' | 'missing'
}

export interface AnnouncerStatus {
  readonly state: 'installed' | 'outdated' | 'absent'
  readonly parts: readonly AnnouncerPart[]
  /** The user of this connection, whether it may install and uninstall by the rules of the database, and why. */
  readonly installer: { readonly user: string; readonly may: boolean; readonly why: string }
}

/** What was there before and is there now; equal when there was nothing to do. */
export interface AnnouncerChange {
  readonly before: AnnouncerStatus
  readonly after: AnnouncerStatus
}

/** What makes the database announce changes of its schema to `watchSchema`. Nothing but a person's command installs it. */
export interface Announcer {
  /** The statements as scripts, each one transaction, for whoever wants to read or run them. */
  readonly scripts: { readonly install: string; readonly uninstall: string }
  status(c: Connection, o: { deadline: number; signal: AbortSignal }): Promise<AnnouncerStatus>
  /** All or nothing, any number of times, by many at once. What it throws, `classify` reads. */
  install(c: Connection, o: { deadline: number; signal: AbortSignal }): Promise<AnnouncerChange>
  /** Likewise; takes away what install made and nothing else. */
  uninstall(c: Connection, o: { deadline: number; signal: AbortSignal }): Promise<AnnouncerChange>
}

/** Who has sessions in the server, for gateways that share its connections. */
export interface Census {
  /** Sessions the server allows in all, less those it keeps for superusers, or as many as this user may have. */
  readonly connections: number
  /** How the sessions of this gateway are named. */
  readonly self: string
  /** Gateways of the same configured name and how many sessions they have, this one included. */
  readonly peers: readonly { readonly name: string; readonly sessions: number }[]
  /** This user may not see the sessions of others: `peers` is empty, whoever is there. */
  readonly blind?: boolean
}

/** What the gateway would make use of, and this user may not see or do. */
export interface Unseen {
  /**
   * `peers`: the sessions of other gateways; `limit`: all that bounds how many sessions are of use; `lag`: how far replicas are
   * behind; `calls`: to stop calls of some procedures.
   */
  readonly what: 'peers' | 'limit' | 'lag' | 'calls'
  /** The statement that would help, or what to do instead. */
  readonly remedy: string
}

export interface Engine {
  readonly kind: EngineKind
  /** `db.system.name` of OpenTelemetry's semantic conventions, as far as it is known: a connection may tell more. */
  readonly system: 'postgresql' | 'mysql' | 'mariadb' | 'microsoft.sql_server'
  readonly capabilities: Capabilities
  compile(statement: Statement): Compiled
  connect(o: { deadline: number; signal: AbortSignal }): Promise<Connection>
  /**
   * Lends a session to so many borrowers at once, by what they run; a kind is left out where the engine gains nothing by it.
   * `reads`: statements that only read. `inserts`: they are committed together, or else each by itself.
   */
  readonly share?: Readonly<
    Partial<Record<'reads' | 'inserts', (c: Connection, borrowers: number) => Shared>>
  >
  /**
   * From now on sessions are made with these options: place, user, password, TLS. Those that are open stay as they are, but
   * for one that the engine keeps for itself where the address has changed.
   */
  redirect(options: DatabaseOptions): void
  readCatalog(c: Connection, o: CatalogRequest): Promise<Catalog>
  /** A cheap text that changes with the catalogue (same schemas). */
  fingerprint(c: Connection, o: CatalogRequest): Promise<string>
  /** `pollMs`: how long to wait at most between looks. */
  watchSchema(o: { schemas: readonly string[]; pollMs: number }): SchemaWatch
  /** Left out where the database has no means to announce anything. */
  readonly announcer?: Announcer
  /** Left out where nothing is known of replicas. */
  readonly replication?: Replication
  /**
   * A session that is kept anyhow and has nothing to do: for the census, which then takes neither a connection of the pool nor
   * one more of the server. Nobody else may use it. Undefined while there is none.
   */
  readonly spare?: () => Connection | undefined
  /** One cheap trip that needs no privilege; without some it may tell less. Left out where the server does not tell. */
  readonly census?: (c: Connection, o: { deadline: number; signal: AbortSignal }) => Promise<Census>
  /** Asked once for each server. Left out where every user sees all of it. */
  readonly unseen?: (c: Connection, o: { deadline: number; signal: Signal }) => Promise<readonly Unseen[]>
  classify(error: unknown): Fault
  /** Rows the planner expects of a statement (for `count=estimated`): reads the plan the compiled count statement returned. */
  readEstimate(body: Uint8Array): number
  /** `host:port/database`, without credentials, for logs and /status. */
  readonly address: string
  /** How the sessions of this gateway name themselves to the server: the configured name and an id. */
  readonly sessionName: string
}
