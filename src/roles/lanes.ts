/** The servers put together: engines, monitor, pools and circuits of replicas, and the route among them. */
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observe } from '#base/observation.ts'
import { createBreaker } from '#breaker/breaker.ts'
import type { Config } from '#config/schema.ts'
import type { Connection, Engine, Replication } from '#engine/engine.ts'
import { hostsOf, replicasOf } from '#engine/hosts.ts'
import { type Breakers, createBreakers, noBreakers } from '#gateway/breakers.ts'
import { createTokens, createWindows } from '#gateway/consistency.ts'
import { createExecute, type Execute } from '#gateway/execute.ts'
import { asOneEngine, type Host, writerOf } from '#gateway/hosts.ts'
import { createMonitor, type Monitor, type Server } from '#gateway/monitor.ts'
import { type ConnectPrimary, primaryOnly } from '#gateway/primary.ts'
import { createRoute, onlyWhenClear } from '#gateway/route.ts'
import { poolSettings } from '#pool/budget.ts'
import { createGate } from '#pool/lanes.ts'
import { createPool } from '#pool/pool.ts'
import type { Pool } from '#pool/types.ts'
import { loadEngine } from './engines.ts'
import { noticing, wantsOf } from './unseen.ts'

interface Around {
  readonly clock: Clock
  readonly observe: Observe
}

/** The servers of the configuration. `monitor`: only where there is more than one. */
export interface Servers {
  /** What the rest of the gateway takes for the database: its primary. */
  readonly engine: Engine
  readonly connect: ConnectPrimary
  readonly replicas: readonly Host[]
  readonly monitor: Monitor | undefined
  /** New sessions go to where the configuration says now. */
  readonly redirect: () => void
}

/**
 * @param onWriter see MonitorDependencies
 * @throws GatewayError for replicas where the engine knows nothing of them
 */
export async function createServers(config: Config, d: Around, onWriter: () => void): Promise<Servers> {
  const places = hostsOf(config.database)
  const wants = wantsOf(config)
  const load = async (
    name: string,
    options: (typeof places)[0],
    lane: { pool: string; readOnly: boolean },
  ): Promise<Host> => {
    const engine = await loadEngine(config, { ...d, ...lane }, options)
    return { name, engine: noticing(engine, { name, wants, observe: d.observe }) }
  }
  const primary = { pool: 'primary', readOnly: false }
  const many = places.length > 1
  const first = await load(many ? 'host-1' : 'primary', places[0], primary)
  const others = await Promise.all(
    places.slice(1).map((options, i) => load(`host-${i + 2}`, options, primary)),
  )
  const replicas = await Promise.all(
    replicasOf(config.database).map(({ name, options }) =>
      load(name, options, { pool: name, readOnly: true }),
    ),
  )
  const hosts: readonly [Host, ...Host[]] = [first, ...others]
  const redirect = () => {
    const moved = new Set<string>()
    const send = (host: Host | undefined, options: Parameters<Engine['redirect']>[0]) => {
      if (host === undefined) return
      const before = host.engine.address
      host.engine.redirect(options)
      if (host.engine.address !== before) moved.add(host.name)
    }
    for (const [i, options] of hostsOf(config.database).entries()) send(hosts[i], options)
    for (const [i, { options }] of replicasOf(config.database).entries()) send(replicas[i], options)
    monitor?.moved(moved)
  }
  const { replication } = first.engine
  if (replication === undefined && (replicas.length > 0 || many))
    throw new GatewayError(
      'internal',
      `database.replicas and several hosts are not supported on ${first.engine.kind} yet`,
    )
  let monitor: Monitor | undefined
  if (replication === undefined || (replicas.length === 0 && !many))
    return { engine: first.engine, connect: primaryOnly(first.engine), replicas: [], monitor, redirect }
  const server =
    (kind: Server['kind']) =>
    ({ name, engine }: Host): Server => ({
      name,
      kind,
      engine,
      replication: engine.replication ?? replication,
    })
  monitor = createMonitor({
    ...d,
    servers: [...hosts.map(server('host')), ...replicas.map(server('replica'))],
    maxLagMs: config.database.maxLag,
    onWriter,
  })
  return many
    ? { engine: asOneEngine(hosts, monitor), connect: writerOf(hosts, monitor), replicas, monitor, redirect }
    : { engine: first.engine, connect: primaryOnly(first.engine), replicas, monitor, redirect }
}

/** The pool and the circuit of a replica, and the way through both. */
interface Lane {
  readonly name: string
  readonly pool: Pool<Connection>
  readonly breakers: Breakers
  readonly execute: Execute
}

function createLane({ name, engine }: Host, monitor: Monitor, config: Config, d: Around): Lane {
  const { replication } = engine
  /** @param address of the server that the session is with: meanwhile the replica may have become another one */
  const see = async (c: Connection, o: Parameters<Replication['standing']>[1], address: string) => {
    if (replication === undefined) return
    const standing = await replication.standing(c, o)
    if (engine.address === address) monitor.saw(name, standing)
  }
  const connect: ConnectPrimary = async (o) => {
    const { address } = engine
    const connection = await engine.connect(o)
    try {
      await see(connection, o, address)
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }
  const pool = createPool<Connection>(poolSettings(name, config.pools), {
    ...d,
    random: Math.random,
    connect,
    share: engine.share,
    validate: async (connection, o) => {
      await see(connection, o, engine.address)
      return undefined
    },
  })
  const probe = async (signal: AbortSignal) => {
    const session = await connect({ deadline: d.clock.now() + config.breaker.probeTimeout, signal })
    await session.close()
    pool.retry()
  }
  const breakers = config.breaker.enabled
    ? createBreakers({
        read: createBreaker(
          { target: `${name}/read`, ...config.breaker },
          { ...d, random: Math.random, probe },
        ),
        slowCallMs: config.breaker.slowCall,
      })
    : noBreakers
  const execute = createExecute({
    clock: d.clock,
    // A routine that writes after all is not the replica's fault, and the primary can do it.
    engine: {
      classify: (error) => {
        const fault = engine.classify(error)
        return fault.kind === 'read_only' ? { ...fault, kind: 'not_supported' } : fault
      },
    },
    pool,
    breakers,
    development: config.api.development,
    // The primary's schema counts; a replica that is behind does not know the newest yet.
    onSchemaMismatch: () => {},
  })
  return { name, pool, breakers, execute }
}

export interface Lanes {
  readonly pools: readonly Pool<Connection>[]
  readonly breakers: readonly Breakers[]
  readonly execute: Execute
}

/** The route over the primary and its replicas; over the primary alone it is the primary's own. */
export function createLanes(
  servers: Servers,
  primary: { readonly pool: Pool<Connection>; readonly execute: Execute },
  config: Config,
  d: Around & { readonly secret: string },
): Lanes {
  const { monitor } = servers
  const { replication } = servers.engine
  if (monitor === undefined || replication === undefined)
    return { pools: [], breakers: [], execute: primary.execute }
  if (servers.replicas.length === 0)
    return { pools: [], breakers: [], execute: onlyWhenClear(primary.execute, monitor) }
  const lanes = servers.replicas.map((host) => createLane(host, monitor, config, d))
  const execute = createRoute({
    ...d,
    primary: primary.execute,
    primaryPool: primary.pool,
    replicas: lanes,
    monitor,
    replication,
    tokens: createTokens(d.secret),
    windows: createWindows(d.clock, config.consistency.window),
    gate: createGate({
      clock: d.clock,
      name: 'primary',
      size: () => Math.max(1, Math.floor(primary.pool.stats().max / 2)),
      // Both may change while it runs.
      get queuePerSlot() {
        return config.pools.queuePerConnection
      },
      get waitMs() {
        return config.pools.acquireTimeout
      },
    }),
    waitMs: config.consistency.wait,
  })
  return { pools: lanes.map(({ pool }) => pool), breakers: lanes.map(({ breakers }) => breakers), execute }
}
