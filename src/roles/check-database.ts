/** What `postern check` finds out about the database, by the same steps as the gateway: connect, ask the role, read the catalogue. */
import type { Clock } from '#base/clock.ts'
import type { Catalog } from '#catalog/model.ts'
import type { ConfigFault } from '#config/fault.ts'
import type { Config } from '#config/schema.ts'
import type { AnnouncerStatus, Connection, Engine, ServerRole, Unseen } from '#engine/engine.ts'
import type { ServerStats } from '#gateway/monitor.ts'
import type { Database } from './database.ts'
import { namesOfNothing } from './check-api.ts'
import { databaseTrouble } from './database-trouble.ts'
import { defaultMax } from '#pool/options.ts'
import { announcerHints } from './events-report.ts'
import { consequences, wantsOf } from './unseen.ts'

/** As far as the check got. */
export interface DatabaseReport {
  /** `host:port/database`. */
  readonly address: string
  readonly role?: ServerRole
  readonly server?: string
  /** Each server, where there are several. */
  readonly servers?: readonly { readonly name: string; readonly address: string; readonly role: string }[]
  readonly catalog?: {
    readonly tables: number
    readonly views: number
    readonly routines: number
    readonly unmappable: readonly {
      readonly column: string
      readonly native: string
      readonly action: 'omit' | 'text'
    }[]
  }
}

export interface Inspection {
  readonly database: DatabaseReport
  readonly faults: readonly ConfigFault[]
  readonly warnings: readonly string[]
  /** What could be better; nothing is wrong with it. */
  readonly hints: readonly string[]
}

/** Never throws for what the database does; each step has the time its option gives. */
export async function inspectDatabase(
  { engine, servers }: Pick<Database, 'engine' | 'servers'>,
  config: Config,
  clock: Clock,
): Promise<Inspection> {
  const all = await servers()
  const found = await inspect(engine, config, clock)
  if (all.length === 0) return found
  return {
    ...found,
    database: { ...found.database, servers: all.map(({ name, address, role }) => ({ name, address, role })) },
    warnings: [...found.warnings, ...all.flatMap(serverWarnings)],
  }
}

/** A server that is away, or not what the configuration takes it for. */
function serverWarnings({ name, address, kind, role }: ServerStats): string[] {
  if (role === 'unknown') return [`${name}, ${address}, is not reached`]
  return kind === 'replica' && role === 'primary'
    ? [`${name}, ${address}, is a primary and serves no reads`]
    : []
}

async function inspect(engine: Engine, config: Config, clock: Clock): Promise<Inspection> {
  const { signal } = new AbortController()
  const within = (ms: number) => ({ deadline: clock.now() + ms, signal })
  const { address } = engine
  const failed = (step: string, error: unknown, database: DatabaseReport): Inspection => ({
    database,
    faults: [{ key: 'database', message: `${step}: ${databaseTrouble(engine, error)}`, origin: address }],
    warnings: [],
    hints: [],
  })

  let connection: Connection
  try {
    connection = await engine.connect(within(config.database.connectTimeout))
  } catch (error) {
    return failed('cannot connect', error, { address })
  }
  try {
    const role = await connection.role(within(config.database.connectTimeout))
    try {
      const catalog = await engine.readCatalog(connection, {
        schemas: config.api.schemas,
        unmappable: config.schema.unmappable,
        ...within(config.schema.loadTimeout),
      })
      const announcing = await announcerStatus(engine, connection, within(config.schema.loadTimeout))
      const judged = judgeDatabase(role, catalog, config)
      const census = await engine
        .census?.(connection, within(config.schema.loadTimeout))
        .catch(() => undefined)
      const unseen = await engine
        .unseen?.(connection, within(config.schema.loadTimeout))
        .catch(() => undefined)
      const blind = judgeUnseen(unseen ?? [], config)
      return {
        database: { address, role, ...factsOf(catalog) },
        faults: [...judged.faults, ...blind.faults],
        warnings: [
          ...judged.warnings,
          ...namesOfNothing(catalog, config.api),
          ...(census ? budgetWarnings(census.connections, config.pools) : []),
          ...blind.warnings,
        ],
        // A standby takes neither: it cannot be listened to, and not be written to.
        hints: role === 'primary' && announcing ? announcerHints(announcing, config.schema.poll) : [],
      }
    } catch (error) {
      return failed('cannot read the catalogue', error, { address, role })
    }
  } catch (error) {
    return failed('cannot ask for its role', error, { address })
  } finally {
    await connection.close()
  }
}

/** What the numbers of the configuration promise that the server does not hold. */
function budgetWarnings(allowed: number, { budget, max }: Config['pools']): string[] {
  if (budget === undefined)
    return (max ?? defaultMax) > allowed
      ? [`pools.max is ${max ?? defaultMax}, but the server allows ${allowed} connections`]
      : []
  if (budget.connections !== 'auto' && budget.connections > allowed)
    return [`pools.budget.connections is ${budget.connections}, but the server allows ${allowed}`]
  const free = (budget.connections === 'auto' ? allowed : budget.connections) - budget.reserved
  // One gateway alone needs a connection, the session that listens, and the same again kept free for the next one.
  const least = budget.instances === 'auto' ? 4 : budget.instances
  return free >= least
    ? []
    : [`pools.budget leaves ${free} connections, and needs ${least}: the server allows ${allowed}`]
}

/** What of the configuration cannot work, or works less well, as the user may not see what it takes. */
function judgeUnseen(
  unseen: readonly Unseen[],
  config: Config,
): { faults: ConfigFault[]; warnings: string[] } {
  const wants = wantsOf(config)
  const said = (what: Unseen['what']) =>
    unseen
      .filter((one) => one.what === what && wants.has(what))
      .map(({ remedy }) => `${consequences[what]}; ${remedy}`)
  return {
    faults: said('peers').map((message) => ({ key: 'pools.budget.instances', message, origin: '' })),
    warnings: [...said('limit'), ...said('lag'), ...said('calls')],
  }
}

/** Undefined when there is none, or it cannot be told: a hint is not worth a fault. */
async function announcerStatus(
  { announcer }: Engine,
  connection: Connection,
  limits: { deadline: number; signal: AbortSignal },
): Promise<AnnouncerStatus | undefined> {
  return announcer?.status(connection, limits).catch(() => undefined)
}

function factsOf({
  server,
  tables,
  routines,
  unmappable,
}: Catalog): Pick<DatabaseReport, 'server' | 'catalog'> {
  const views = tables.filter((table) => table.kind !== 'table').length
  return {
    server,
    catalog: {
      tables: tables.length - views,
      views,
      routines: routines.length,
      unmappable: unmappable.map(({ table, column, native, action }) => ({
        column: `${table.schema}.${table.name}.${column}`,
        native,
        action,
      })),
    },
  }
}

/** Holds the database against the configuration. */
function judgeDatabase(
  role: ServerRole,
  { tables, routines }: Catalog,
  { api, lifecycle }: Config,
): { faults: ConfigFault[]; warnings: string[] } {
  const faults: ConfigFault[] = []
  const warnings: string[] = []
  if (role === 'replica') {
    const what = 'the database is a replica, which takes no writes'
    if (lifecycle.readiness === 'primary')
      faults.push({ key: 'lifecycle.readiness', message: `is primary, but ${what}`, origin: '' })
    else warnings.push(what)
  }
  const filled = new Set([...tables, ...routines].map(({ schema }) => schema))
  for (const schema of api.schemas)
    if (!filled.has(schema))
      faults.push({
        key: 'api.schemas',
        message: `schema ${JSON.stringify(schema)} has no table, view or routine that the database user may see`,
        origin: '',
      })
  if (api.schemas.length === 0 && filled.size === 0)
    warnings.push('the default schema has no table, view or routine that the database user may see')
  return { faults, warnings }
}
