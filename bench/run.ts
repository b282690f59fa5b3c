/** `make bench`: Postern beside two hand-written handlers on the same database, in interleaved rounds. Prints ratios; judges nothing. */
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgresServer } from '#demo/postgres-server.ts'
import { embeddedBinaries } from '#demo/postgres-binaries.ts'
import postgres from 'postgres'
import { folder, type Load, type Measured, measure } from './load.ts'
import { cpuOf, cpuOfFamily, freePort, memoryOf, type Running, sleep, startNode, stop } from './processes.ts'
import { queries, schema } from './queries.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
const seconds = Number(process.env['BENCH_SECONDS'] ?? 3)
const minutes = Number(process.env['BENCH_MINUTES'] ?? 0)

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
const orderFields = 'id,customer_id,status,total,note,paid,created_at,updated_at'

interface Scenario {
  readonly name: string
  readonly goal: string
  readonly better: 'higher' | 'lower'
  readonly of: (m: Measured) => number
  readonly postern: Load
  readonly hand: Load
}

const per = (path: string, o: Partial<Load> = {}): Load => ({ path, connections: 32, seconds, ...o })
const throughput = { better: 'higher', of: (m: Measured) => m.perSecond } as const
const note = JSON.stringify({ author: 'bench', body: 'a note of some forty characters, not more' })

const scenarios: readonly Scenario[] = [
  {
    name: 'one row by key',
    goal: '>= 0.9',
    ...throughput,
    postern: per('/api/v1/customers/{id}', { ids: 10_000 }),
    hand: per('/customers/{id}', { ids: 10_000 }),
  },
  {
    name: '50 rows',
    goal: '>= 1.6',
    ...throughput,
    postern: per('/api/v1/orders?limit=50'),
    hand: per('/orders?limit=50'),
  },
  {
    name: '1,000 rows',
    goal: '>= 4',
    ...throughput,
    postern: per('/api/v1/orders?limit=1000'),
    hand: per('/orders?limit=1000'),
  },
  {
    name: 'insert',
    goal: '>= 0.9',
    ...throughput,
    postern: per('/api/v1/notes', { post: note }),
    hand: per('/notes', { post: note }),
  },
  {
    name: '20 orders with customer and items',
    goal: '>= 1.1',
    ...throughput,
    postern: per(`/api/v1/orders?limit=20&select=${orderFields},customer(*),items(*)`),
    hand: per('/orders/deep-json'),
  },
  {
    name: 'p99 at 128 connections, one row',
    goal: '<= 0.5',
    better: 'lower',
    of: (m) => m.p99,
    postern: per('/api/v1/customers/{id}', { ids: 10_000, connections: 128 }),
    hand: per('/customers/{id}', { ids: 10_000, connections: 128 }),
  },
]

const binaries = await embeddedBinaries()
const server = await startPostgresServer({
  binaries,
  access: 'trust',
  settings: { shared_buffers: '256MB', max_connections: 60, jit: 'off' },
})
const url = `postgres://postgres@127.0.0.1:${server.port}/postgres`
const sql = postgres(url, { max: 1, onnotice: () => {} })
for (const statement of schema.split(/;\n/).filter((s) => s.trim() !== '')) await sql.unsafe(statement)
await sql.end()

const posternPort = await freePort()
const observePort = await freePort()
/** As the image starts it. */
const nodeFlags = ['--max-semi-space-size=4', '--heap-growing-percent=30']
const posternArgs = [
  ...nodeFlags,
  existsSync('dist/main.js') ? 'dist/main.js' : 'src/main.ts',
  'serve',
  `--database.url=${url}`,
  '--pools.max=10',
  // wrk keeps all its connections busy: everybody may wait, as in the drivers' own unbounded queues.
  '--pools.queuePerConnection=100',
  '--pools.acquireTimeout=10s',
  '--pools.overload.lasting=10m',
  '--deadlines.default=10s',
  `--listeners.data.port=${posternPort}`,
  `--listeners.observe.port=${observePort}`,
  `--listeners.admin.port=${await freePort()}`,
]
const honoPort = await freePort()
const fastifyPort = await freePort()
const postern = await startNode('Postern', posternArgs, {}, posternPort, '/api/v1/customers/1')
await sleep(2000)
const idle = memoryOf(postern.pid).now
const hono = await startNode(
  'Hono + postgres.js',
  ['bench/baseline-hono.ts'],
  { DATABASE_URL: url, PORT: String(honoPort) },
  honoPort,
  '/customers/1',
)
const fastify = await startNode(
  'Fastify + pg',
  ['bench/baseline-fastify.ts'],
  { DATABASE_URL: url, PORT: String(fastifyPort) },
  fastifyPort,
  '/customers/1',
)
const targets: readonly Running[] = [postern, hono, fastify]

interface Row {
  readonly value: number
  readonly perSecond: number
  /** CPU milliseconds per request. */
  readonly gateway: number
  readonly database: number
  readonly errors: number
}

async function once(target: Running, scenario: Scenario): Promise<Row> {
  const before = [cpuOf(target.pid), cpuOfFamily(server.pid)] as const
  const m = await measure(target.port, target === postern ? scenario.postern : scenario.hand)
  const after = [cpuOf(target.pid), cpuOfFamily(server.pid)] as const
  return {
    value: scenario.of(m),
    perSecond: m.perSecond,
    gateway: ((after[0] - before[0]) * 1000) / m.requests,
    database: ((after[1] - before[1]) * 1000) / m.requests,
    errors: m.errors,
  }
}

const lines: string[] = []
const say = (line = '') => {
  console.log(line)
  lines.push(line)
}
const middle = (rows: readonly Row[], key: keyof Row) => median(rows.map((row) => row[key]))
const shown = (n: number) => (n >= 100 ? n.toFixed(0) : n >= 1 ? n.toFixed(2) : n.toFixed(3))

say(
  `PostgreSQL 18 and the gateway share ${(await import('node:os')).availableParallelism()} cores; ${rounds} interleaved rounds of ${seconds} s; medians. Ratio: Postern to the better of the two others.`,
)
say()
say(
  '| scenario | goal | ratio | Postern | Hono + postgres.js | Fastify + pg | CPU ms/request: gateway, database | database CPU to the better |',
)
say('|---|---|---|---|---|---|---|---|')
for (const scenario of scenarios) {
  const results = new Map<Running, Row[]>(targets.map((t) => [t, []]))
  // Long enough for the compiler of Node to have done its work.
  for (const target of targets)
    await measure(target.port, { ...(target === postern ? scenario.postern : scenario.hand), seconds: 4 })
  for (let round = 0; round < rounds; round++)
    for (const target of targets) results.get(target)?.push(await once(target, scenario))
  const rowsOf = (t: Running) => results.get(t) as Row[]
  const value = (t: Running) => middle(rowsOf(t), 'value')
  const others = [hono, fastify].sort((a, b) =>
    scenario.better === 'higher' ? value(b) - value(a) : value(a) - value(b),
  )
  const best = others[0] as Running
  const cpu = (t: Running) =>
    `${shown(middle(rowsOf(t), 'gateway'))}, ${shown(middle(rowsOf(t), 'database'))}`
  const failed = targets
    .map((t) => [t.name, rowsOf(t).reduce((sum, row) => sum + row.errors, 0)] as const)
    .filter(([, n]) => n > 0)
  say(
    `| ${scenario.name} | ${scenario.goal} | **${shown(value(postern) / value(best))}** | ${shown(value(postern))} | ${shown(value(hono))} | ${shown(value(fastify))} | ${cpu(postern)} · ${cpu(hono)} · ${cpu(fastify)} | ${shown(middle(rowsOf(postern), 'database') / middle(rowsOf(best), 'database'))} |`,
  )
  for (const [name, n] of failed) say(`| | | | ${n} errors of ${name} in this row | | | | |`)
}
say()

const underLoad = memoryOf(postern.pid)
say(
  `Resident memory of Postern: ${idle.toFixed(0)} MiB idle, ${underLoad.now.toFixed(0)} MiB after the load, ${underLoad.peak.toFixed(0)} MiB at most. Hono: ${memoryOf(hono.pid).peak.toFixed(0)} MiB at most, Fastify: ${memoryOf(fastify.pid).peak.toFixed(0)} MiB at most.`,
)

// One client that runs half-second queries all the time, and what the others feel of it.
const calm: number[] = []
const disturbed: number[] = []
const quick = per('/api/v1/customers/{id}', { ids: 10_000 })
for (let round = 0; round < rounds; round++) {
  calm.push((await measure(posternPort, quick)).p99)
  const [m] = await Promise.all([
    measure(posternPort, quick),
    measure(posternPort, { path: '/api/v1/rpc/slow', connections: 1, seconds }),
  ])
  disturbed.push(m.p99)
}
say(
  `p99 of key reads with one client of 0.5 s queries beside: ${shown(median(disturbed) / median(calm))} x (goal <= 2): ${shown(median(calm))} ms alone, ${shown(median(disturbed))} ms beside it.`,
)

if (minutes > 1) {
  const perMinute: number[] = []
  for (let minute = 0; minute < minutes; minute++)
    perMinute.push((await measure(posternPort, { ...quick, seconds: 60 })).perSecond)
  say(
    `Key reads minute by minute: ${perMinute.map((n) => n.toFixed(0)).join(', ')}/s; last to first ${shown((perMinute.at(-1) as number) / (perMinute[0] as number))} (goal 0.9 to 1.1).`,
  )
}

for (const target of targets) await stop(target)

const starts: number[] = []
for (let i = 0; i < 5; i++) {
  const again = await startNode('Postern', posternArgs, {}, posternPort, '/api/v1/customers/1')
  starts.push(again.readyMs)
  await stop(again)
}
say(`From start to the first row: ${median(starts).toFixed(0)} ms (goal < 500).`)

try {
  const pgbench = (name: string, text: string) => {
    writeFileSync(join(folder, `${name}.sql`), text)
    const out = execFileSync(
      'pgbench',
      [
        '-n',
        '-M',
        'prepared',
        '-c',
        '10',
        '-j',
        '1',
        '-T',
        String(seconds),
        '-f',
        join(folder, `${name}.sql`),
        url,
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    return Number(/tps = ([\d.]+)/.exec(out)?.[1])
  }
  const key = pgbench('key', `\\set id random(1, 10000)\n${queries.customer.replace('$1', ':id')};`)
  const fifty = pgbench('fifty', `${queries.orders.replace('$1', '50')};`)
  say(
    `Floor of the database (pgbench, 10 connections, prepared): ${key.toFixed(0)} key reads/s, ${fifty.toFixed(0)} reads of 50 rows/s.`,
  )
} catch (error) {
  say(`Floor of the database: not measured, pgbench is missing (${(error as Error).message.split('\n')[0]}).`)
}
await server.stop()
if (process.env['BENCH_OUT']) writeFileSync(process.env['BENCH_OUT'], `${lines.join('\n')}\n`)
