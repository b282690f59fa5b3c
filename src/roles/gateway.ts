/** The gateway put together: engine, pool, catalogue, use cases, health; without listeners and signals. */
import { createHash } from 'node:crypto'
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import { resolveContract } from '#contract/resolve.ts'
import type { Connection, Engine } from '#engine/engine.ts'
import { createBreaker } from '#breaker/breaker.ts'
import { type Breakers, createBreakers, noBreakers } from '#gateway/breakers.ts'
import { createCall } from '#gateway/call.ts'
import { createAskCensus } from '#gateway/census.ts'
import { createCursors } from '#gateway/cursor.ts'
import { createExecute, type Execute } from '#gateway/execute.ts'
import type { Monitor } from '#gateway/monitor.ts'
import { type ConnectPrimary, createLook, type Look } from '#gateway/primary.ts'
import { createRead } from '#gateway/read.ts'
import { createSchema, type Schema } from '#gateway/schema.ts'
import { createSnapshotFile, type SnapshotFile } from '#gateway/snapshot-file.ts'
import { withTexts } from '#gateway/texts.ts'
import { createWrite } from '#gateway/write.ts'
import { isFixed, poolSettings } from '#pool/budget.ts'
import { createFollower, type Follower } from '#pool/follower.ts'
import { createPool } from '#pool/pool.ts'
import type { Pool } from '#pool/types.ts'
import { createLanes, createServers } from './lanes.ts'

/** Rows a stream asks the database for at a time: enough to keep it busy, few enough to wait for a slow reader. */
const streamBatch = 1000

export interface Gateway {
  readonly engine: Engine
  readonly pool: Pool<Connection>
  /** The primary's, then the replicas'. */
  readonly pools: readonly Pool<Connection>[]
  readonly breakers: readonly Breakers[]
  /** Only where there are several servers. */
  readonly monitor: Monitor | undefined
  /** Whether reads may go to replicas, and so have to find what was written before. */
  readonly consistency: boolean
  /** Where the share of the connections has to be asked for. */
  readonly budget: Follower | undefined
  readonly look: Look
  /** New sessions go to where the configuration says now, with the user it says. */
  readonly redirect: () => void
  readonly schema: Schema
  readonly execute: Execute
  readonly read: ReturnType<typeof createRead>
  readonly write: ReturnType<typeof createWrite>
  readonly call: ReturnType<typeof createCall>
}

/**
 * Opens nothing yet but what `pools.min` asks for.
 * @param o.onRefused a session with the primary could not be had, whoever wanted one
 * @throws GatewayError for options that the kind of database has no means for
 */
export async function createGateway(
  config: Config,
  { clock, observe, onRefused }: { clock: Clock; observe: Observe; onRefused: () => void },
): Promise<Gateway> {
  const servers = await createServers(config, { clock, observe }, () => pool.renew())
  const { engine, monitor } = servers
  const connect: ConnectPrimary = async (o) => {
    try {
      return await servers.connect(o)
    } catch (error) {
      onRefused()
      throw error
    }
  }
  const pool = createPool<Connection>(poolSettings('primary', config.pools), {
    clock,
    observe,
    random: Math.random,
    connect,
    share: engine.share,
    validate: async (connection, o) => ((await connection.role(o)) === 'primary' ? undefined : 'readonly'),
  })
  const schema: Schema = createSchema({
    clock,
    observe,
    engine,
    pool,
    schemas: config.api.schemas,
    unmappable: config.schema.unmappable,
    pollMs: config.schema.poll,
    loadTimeoutMs: config.schema.loadTimeout,
    resolve: (catalog) => resolveContract(catalog, config.api),
    file: snapshotFileOf(config, engine),
  })
  const breakers = breakersOf(config, { clock, observe, connect, pool })
  const primary = createExecute({
    clock,
    engine,
    pool,
    breakers,
    development: config.api.development,
    onSchemaMismatch: () => schema.suspect(),
  })
  const secret = cursorSecret(config)
  const lanes = createLanes(servers, { pool, execute: primary }, config, { clock, observe, secret })
  const replicaServes = () => monitor?.stats().some((s) => s.kind === 'replica' && s.serves) === true
  const options = config.api
  return {
    engine,
    pool,
    pools: [pool, ...lanes.pools],
    breakers: [breakers, ...lanes.breakers],
    monitor,
    budget: followerOf(config, { clock, observe, engine, connect, pool, all: [pool, ...lanes.pools] }),
    consistency: servers.replicas.length > 0,
    redirect: servers.redirect,
    look: createLook({ pool, connect, replicaServes }),
    schema,
    execute: withTexts(lanes.execute, () => config.log.level === 'debug'),
    read: createRead({ engine, cursors: createCursors(secret), options, streamBatch }),
    write: createWrite({ engine, options }),
    call: createCall({ engine, options }),
  }
}

/** Both circuits of the primary. A try opens a session beside the pool, whose connections may all be lost or lent. */
function breakersOf(
  config: Config,
  d: { clock: Clock; observe: Observe; connect: ConnectPrimary; pool: Pool<Connection> },
): Breakers {
  if (!config.breaker.enabled) return noBreakers
  const { slowCall: slowCallMs, probeTimeout } = config.breaker
  const probe = async (signal: AbortSignal) => {
    const session = await d.connect({ deadline: d.clock.now() + probeTimeout, signal })
    await session.close()
    d.pool.retry()
  }
  const make = (direction: 'read' | 'write') =>
    createBreaker(
      { target: `primary/${direction}`, ...config.breaker },
      { clock: d.clock, observe: d.observe, random: Math.random, probe },
    )
  return createBreakers({ read: make('read'), write: make('write'), slowCallMs })
}

function snapshotFileOf({ schema, api }: Config, engine: Engine): SnapshotFile | undefined {
  if (schema.snapshot === undefined) return undefined
  const { kind, address } = engine
  return createSnapshotFile(schema.snapshot, {
    engine: kind,
    address,
    schemas: api.schemas,
    unmappable: schema.unmappable,
  })
}

/** @throws GatewayError where the server does not tell who shares it */
function followerOf(
  config: Config,
  d: {
    clock: Clock
    observe: Observe
    engine: Engine
    connect: ConnectPrimary
    pool: Pool<Connection>
    /** A replica is a server of its own, as large as the primary, and the same gateways share it. */
    all: readonly Pool<Connection>[]
  },
): Follower | undefined {
  const { budget } = config.pools
  if (budget === undefined || isFixed(budget)) return undefined
  const { census } = d.engine
  if (census === undefined)
    throw new GatewayError(
      'internal',
      `pools.budget: auto is not supported on ${d.engine.kind}; give numbers`,
    )
  const look = createAskCensus({
    census,
    pool: d.pool,
    connect: d.connect,
    spare: () => d.engine.spare?.(),
  })
  const ask: Parameters<typeof createFollower>[0]['ask'] = async (until) => {
    const seen = await look(until)
    // Whoever sees nobody must not take itself for the only one.
    if (seen.blind === true && budget.instances === 'auto')
      throw new Error('the sessions of other gateways are not seen')
    return seen
  }
  const pool = {
    stats: d.pool.stats,
    resize: (to: number) => {
      for (const one of d.all) one.resize(to)
    },
  }
  return createFollower({ ...d, pool, random: Math.random, budget, max: () => config.pools.max, ask })
}

/** All gateways with the same credentials of the same database sign alike, so that a cursor survives the pod that made it. */
function cursorSecret(config: Config): string {
  if (config.api.cursorSecret !== undefined) return config.api.cursorSecret
  const { url, host, name, user, password } = config.database
  return createHash('sha256')
    .update(JSON.stringify(['postern cursor', url, host, name, user, password]))
    .digest('base64url')
}
