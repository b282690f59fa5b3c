/** What the soak runs on: a primary with a standby, and two gateways that reach both through proxies of their own. */
import { type AnyCluster, clusters, type Node } from '../support/cluster.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

export const registers = 24
/** Connections of each pool. */
export const poolMax = 4

/** The engines that the soak runs on. */
export type Kind = (typeof clusters)[number]['kind']

const first = Array.from({ length: registers }, (_, n) => `(${n + 1}, 0)`).join()
const setUp = (serial: string) => `
  CREATE TABLE registers (id int PRIMARY KEY, n bigint NOT NULL);
  INSERT INTO registers VALUES ${first};
  CREATE TABLE entries (id ${serial} PRIMARY KEY, client int NOT NULL, seq int NOT NULL);
  CREATE TABLE scratch (id int PRIMARY KEY);`
const serials: Readonly<Record<Kind, string>> = { postgres: 'bigserial', mariadb: 'bigint AUTO_INCREMENT' }

/** At SIGUSR2 the process collects its garbage and says what is left, on standard error. */
const tellsWhatItHolds = `
  import v8 from 'node:v8'
  import vm from 'node:vm'
  v8.setFlagsFromString('--expose-gc')
  const gc = vm.runInNewContext('gc')
  process.on('SIGUSR2', () => {
    gc()
    gc()
    const { heapUsed, external } = process.memoryUsage()
    const resources = process.getActiveResourcesInfo().length
    process.stderr.write(JSON.stringify({ bytes: heapUsed + external, resources }) + '\\n')
  })`

export interface Held {
  readonly bytes: number
  /** Timers, sockets and the like that Node knows of. */
  readonly resources: number
  readonly descriptors: number
}

export interface Seat {
  readonly name: string
  readonly toPrimary: TcpProxy
  readonly toStandby: TcpProxy
  /** The gateway that runs now; another one after `restart`. */
  readonly postern: Postern
  /** Starts a new gateway when the one before has ended. */
  restart(): Promise<void>
  held(): Promise<Held>
}

export interface World {
  readonly cluster: AnyCluster
  readonly primary: Node
  readonly standby: Node
  readonly seats: readonly [Seat, Seat]
  /** Sessions of both gateways in the primary and the standby. */
  sessions(): Promise<{ readonly primary: number; readonly standby: number }>
  stop(): Promise<void>
}

async function startSeat(name: string, cluster: AnyCluster): Promise<Seat & { stop(): Promise<void> }> {
  const [standby] = cluster.standbys as [Node]
  const toPrimary = await startProxy(() => cluster.primary.port)
  const toStandby = await startProxy(() => standby.port)
  const start = () =>
    startPostern({
      database: cluster.url({ ...cluster.primary, port: toPrimary.port }),
      config: {
        'database.replicas': JSON.stringify([{ host: '127.0.0.1', port: toStandby.port }]),
        // Tokens of one gateway are read by the other.
        'api.cursorSecret': 'the soak of two gateways',
        'pools.max': poolMax,
        'breaker.maxOpenFor': '3s',
        // Full after the warm-up, so that what they take is in the measure.
        'idempotency.entries': 200,
        'log.requests': 'errors',
      },
      preload: tellsWhatItHolds,
      withinMs: 60_000,
    })
  let postern = await start()
  return {
    name,
    toPrimary,
    toStandby,
    get postern() {
      return postern
    },
    restart: async () => {
      await postern.ended
      postern = await start()
    },
    held: async () => {
      const lines = () => postern.output.stderr.split('\n').slice(0, -1)
      const before = lines().length
      postern.signal('SIGUSR2')
      await eventually('it tells', () => lines().length > before, 20_000)
      const told = JSON.parse(lines().at(-1) as string) as { bytes: number; resources: number }
      return { ...told, descriptors: await postern.descriptors() }
    },
    stop: async () => {
      await postern.stop()
      await Promise.all([toPrimary.stop(), toStandby.stop()])
    },
  }
}

/** About three seconds. Throws why this machine has no such server. */
export async function startWorld(kind: Kind): Promise<World> {
  const { missing, start } = clusters.find((one) => one.kind === kind) as (typeof clusters)[number]
  if (missing !== undefined) throw new Error(missing)
  const cluster = await start({ standbys: 1, setUp: setUp(serials[kind]) })
  const { primary } = cluster
  const [standby] = cluster.standbys as [Node]
  const seats = [await startSeat('one', cluster), await startSeat('two', cluster)] as const
  return {
    cluster,
    primary,
    standby,
    seats,
    sessions: async () => ({
      primary: await cluster.sessions(primary),
      standby: await cluster.sessions(standby),
    }),
    stop: async () => {
      await Promise.all(seats.map((seat) => seat.stop()))
      await cluster.stop()
    },
  }
}

/** Resolves to the ms it took until the gateway reads and writes again, and the standby serves it. */
export async function recovered(seat: Seat, withinMs: number): Promise<number> {
  const began = performance.now()
  const { api } = seat.postern
  const probe = { 'postern-client': 'probe' }
  await eventually(
    `gateway ${seat.name} reads, writes and uses the standby again`,
    async () => {
      const asked = [
        ask(`${api}/registers/1`, { headers: probe }),
        ask(`${api}/scratch/1`, { method: 'PUT', body: '{"id":1}', headers: probe }),
      ]
      const statuses = await Promise.all(
        asked.map((a) =>
          a.then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      )
      const serving = await seat.postern
        .metric('postern_replica_serving{endpoint="replica-1"}')
        .catch(() => undefined)
      return statuses.every((status) => status === 200 || status === 201) && serving === 1
    },
    withinMs,
  )
  return performance.now() - began
}
