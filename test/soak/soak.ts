/** Random faults from a seed against two gateways under load, for as long as wanted; then the history is held against the database. */
import { eventually, sleep } from '../support/process.ts'
import { startClients } from './clients.ts'
import { faults } from './faults.ts'
import { createHistory } from './history.ts'
import { createRandom } from './random.ts'
import { type Held, type Kind, poolMax, recovered, startWorld, type World } from './world.ts'

export interface SoakReport {
  readonly seed: number
  readonly seconds: number
  /** How often each fault was done. */
  readonly faults: Readonly<Record<string, number>>
  readonly counts: Readonly<Record<string, number>>
  readonly slowestRecoveryMs: number
  /** What the gateway that lives through it all held after its warm-up and at the end. */
  readonly before: Held
  readonly after: Held
  /** Empty when all is well. */
  readonly violations: readonly string[]
}

/** Longest time (ms) until both gateways do everything again: the longest open time of a circuit, and a look at the standby. */
const recoveryMs = 20_000
const MiB = 1024 ** 2
/** What a heap after a collection may differ by, whatever the time: plans and samples of a few thousand requests. */
const flatBytes = 12 * MiB
/** Descriptors and resources that come and go: kept-alive clients, a look at a server. */
const flatHandles = 16

/**
 * @param o.kind the engine
 * @param o.say is told what happens, a line at a time
 */
export async function soak(o: {
  kind: Kind
  minutes: number
  seed: number
  say: (line: string) => void
}): Promise<SoakReport> {
  const random = createRandom(o.seed)
  const history = createHistory()
  const done: Record<string, number> = {}
  const violations: string[] = []
  let slowest = 0
  const world = await startWorld(o.kind)
  const began = performance.now()
  const over = () => performance.now() - began >= o.minutes * 60_000
  try {
    // Their own chance: the order of the faults must not depend on how fast clients are.
    const clients = startClients(world, history, createRandom(o.seed + 1))
    await sleep(Math.min(60_000, o.minutes * 12_000))
    const before = await world.seats[1].held()
    while (!over()) {
      const fault = random.pick(faults)
      o.say(`${Math.round((performance.now() - began) / 1000)} s: ${fault.name}`)
      done[fault.name] = (done[fault.name] ?? 0) + 1
      await fault.run(world, random)
      for (const seat of world.seats)
        await recovered(seat, recoveryMs).then(
          (ms) => {
            slowest = Math.max(slowest, ms)
          },
          (error: unknown) => violations.push(`after "${fault.name}": ${String(error)}`),
        )
      await sleep(random.between(0, 1000))
    }
    await clients.stop()
    violations.push(...(await leaks(world, before)))
    const after = await world.seats[1].held()
    const { cluster, primary } = world
    const rows = await cluster.query(primary, 'SELECT client, seq FROM entries')
    const registers = await cluster.query(primary, 'SELECT id, n FROM registers')
    violations.push(
      ...history.violations(
        rows as unknown as { client: number; seq: number }[],
        new Map(registers.map((row) => [Number(row['id']), Number(row['n'])])),
      ),
    )
    return {
      seed: o.seed,
      seconds: Math.round((performance.now() - began) / 1000),
      faults: done,
      counts: history.counts(),
      slowestRecoveryMs: Math.round(slowest),
      before,
      after,
      violations,
    }
  } finally {
    await world.stop()
  }
}

/** Once nobody asks any more: what is still held, and by whom. */
async function leaks(world: World, before: Held): Promise<string[]> {
  const found: string[] = []
  const note = (wrong: boolean, what: string) => {
    if (wrong) found.push(what)
  }
  for (const { name, postern } of world.seats) {
    const pools = async () => {
      const response = await fetch(`${postern.admin}/status`)
      return ((await response.json()) as { pools: { name: string; inUse: number; waiting: number }[] }).pools
    }
    await eventually(
      'nothing is lent',
      async () => (await pools()).every((p) => p.inUse === 0 && p.waiting === 0),
      10_000,
    ).catch(async () => found.push(`gateway ${name}: ${JSON.stringify(await pools())}`))
    const leaked = await postern.metric('postern_pool_evictions_total{reason="leak"}')
    const told = postern.log.filter((line) => line.event === 'pool.leak').map((line) => JSON.stringify(line))
    // A fault that nobody had foreseen: no request may be answered so, whatever happens to the database.
    for (const line of postern.log.filter(({ code }) => code === 'internal'))
      found.push(`gateway ${name}: 500: ${JSON.stringify(line)}`)
    note(leaked !== 0, `gateway ${name}: ${leaked} leaked connections: ${told.join()}`)
    note(
      postern.log.some((line) => line.event === 'fault'),
      `gateway ${name}: ${JSON.stringify(postern.log.find((line) => line.event === 'fault'))}`,
    )
  }
  // The pool, the session that listens, and the one that looks at the server.
  const most = world.seats.length * (poolMax + 2)
  await eventually(
    'no session is left over',
    async () => {
      const { primary, standby } = await world.sessions()
      return primary <= most && standby <= most
    },
    15_000,
  ).catch(async () => found.push(`more than ${most} sessions: ${JSON.stringify(await world.sessions())}`))
  const held = () => world.seats[1].held()
  const flat = (h: Held) =>
    h.bytes - before.bytes < flatBytes &&
    h.resources - before.resources < flatHandles &&
    h.descriptors - before.descriptors < flatHandles
  await eventually('it holds no more than before', async () => flat(await held()), 20_000).catch(async () =>
    found.push(`gateway two holds ${JSON.stringify(await held())}, before it was ${JSON.stringify(before)}`),
  )
  return found
}
