/** Postern beside hand-written handlers on one database, in interleaved rounds; whatever the database. Prints ratios; judges nothing. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { imageEnvironment, imageFlags } from '../scripts/image-command.ts'
import { type Load, type Measured, measure } from './load.ts'
import { cpuOf, cpuOfFamily, freePort, memoryOf, type Running, sleep, startNode, stop } from './processes.ts'

export const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
export const seconds = Number(process.env['BENCH_SECONDS'] ?? 3)

/** Only scenarios whose name this matches. */
const only = process.env['BENCH_ONLY'] === undefined ? undefined : new RegExp(process.env['BENCH_ONLY'])

export interface Scenario {
  readonly name: string
  readonly goal: string
  readonly better: 'higher' | 'lower'
  readonly of: (m: Measured) => number
  readonly postern: Load
  readonly hand: Load
}

export const per = (path: string, o: Partial<Load> = {}): Load => ({ path, connections: 32, seconds, ...o })
export const throughput = { better: 'higher', of: (m: Measured) => m.perSecond } as const

/**
 * libuv accepts one connection a turn, so under load the last of 128 waits for a third of a second, with whoever serves
 * it. That is one request of each connection, and must not be one in a hundred.
 */
const tailSeconds = Math.max(8, seconds)

export const orderFields = 'id,customer_id,status,total,note,paid,created_at,updated_at'
const note = JSON.stringify({ author: 'bench', body: 'a note of some forty characters, not more' })

/** Nobody is saturated: what is seen is how even the answers are. */
const calm = { ids: 10_000, connections: 128, seconds: tailSeconds, pauseMs: 30 }

/** What an engine is to reach in each scenario; nothing where the text is empty. */
export type Goals = Readonly<
  Record<'key' | 'fifty' | 'thousand' | 'insert' | 'deep' | 'tail' | 'calm', string>
>

/** What every engine is measured with; the goals are those of its own. */
export const scenarios = (goals: Goals): readonly Scenario[] => [
  {
    name: 'one row by key',
    goal: goals.key,
    ...throughput,
    postern: per('/api/v1/customers/{id}', { ids: 10_000 }),
    hand: per('/customers/{id}', { ids: 10_000 }),
  },
  {
    name: '50 rows',
    goal: goals.fifty,
    ...throughput,
    postern: per('/api/v1/orders?limit=50'),
    hand: per('/orders?limit=50'),
  },
  {
    name: '1,000 rows',
    goal: goals.thousand,
    ...throughput,
    postern: per('/api/v1/orders?limit=1000'),
    hand: per('/orders?limit=1000'),
  },
  {
    name: 'insert',
    goal: goals.insert,
    ...throughput,
    postern: per('/api/v1/notes', { post: note }),
    hand: per('/notes', { post: note }),
  },
  {
    name: '20 orders with customer and items',
    goal: goals.deep,
    ...throughput,
    postern: per(`/api/v1/orders?limit=20&select=${orderFields},customer(*),items(*)`),
    hand: per('/orders/deep-json'),
  },
  {
    name: 'p99 at 128 connections, one row',
    goal: goals.tail,
    better: 'lower',
    of: (m) => m.p99,
    postern: per('/api/v1/customers/{id}', { ids: 10_000, connections: 128, seconds: tailSeconds }),
    hand: per('/customers/{id}', { ids: 10_000, connections: 128, seconds: tailSeconds }),
  },
  {
    name: 'p99 at 128 connections that pause 30 ms, one row',
    goal: goals.calm,
    better: 'lower',
    of: (m) => m.p99,
    postern: per('/api/v1/customers/{id}', calm),
    hand: per('/customers/{id}', calm),
  },
]

export const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
export const shown = (n: number) =>
  Number.isNaN(n) ? '–' : n >= 100 ? n.toFixed(0) : n >= 1 ? n.toFixed(2) : n.toFixed(3)

const lines: string[] = []
/** Prints a line, and keeps it for the file that BENCH_OUT names. */
export const say = (line = '') => {
  console.log(line)
  lines.push(line)
  if (process.env['BENCH_OUT']) writeFileSync(process.env['BENCH_OUT'], `${lines.join('\n')}\n`)
}

/** Postern from dist/ as the image starts it, on that database. */
export async function startPostern(url: string): Promise<{
  readonly running: Running
  /** Ends with the first row; for measuring the start. */
  readonly again: () => ReturnType<typeof startNode>
  /** Resident memory in MiB, two seconds after the start. */
  readonly idle: number
  /** Where it tells its metrics. */
  readonly observe: number
}> {
  const port = await freePort()
  const observe = await freePort()
  execFileSync(process.execPath, [...imageFlags, 'dist/compile.js'])
  const args = [
    ...imageFlags,
    'dist/start.js',
    'serve',
    `--database.url=${url}`,
    '--pools.max=10',
    // wrk keeps all its connections busy: everybody may wait, as in the drivers' own unbounded queues.
    '--pools.queuePerConnection=100',
    '--pools.acquireTimeout=10s',
    '--pools.overload.lasting=10m',
    '--deadlines.default=10s',
    `--listeners.data.port=${port}`,
    `--listeners.observe.port=${observe}`,
    `--listeners.admin.port=${await freePort()}`,
  ]
  const again = () => startNode('Postern', args, imageEnvironment, port, '/api/v1/customers/1')
  const running = await again()
  await sleep(2000)
  return { running, again, idle: memoryOf(running.pid).now, observe }
}

/** A handler written by hand, `bench/<file>.ts`. */
export async function startYardstick(name: string, file: string, url: string): Promise<Running> {
  const port = await freePort()
  return startNode(
    name,
    [`bench/${file}.ts`],
    { DATABASE_URL: url, PORT: String(port) },
    port,
    '/customers/1',
  )
}

/** Its name, and the process whose family is its cost; without one it runs elsewhere, and its cost is not seen. */
interface Database {
  readonly name: string
  readonly pid?: number
}

interface Row {
  readonly value: number
  readonly perSecond: number
  /** CPU milliseconds per request. */
  readonly gateway: number
  readonly database: number
  readonly errors: number
}

/** The table of all scenarios. */
export async function compare(o: {
  readonly database: Database
  readonly postern: Running
  readonly others: readonly Running[]
  readonly scenarios: readonly Scenario[]
}): Promise<void> {
  const { database, postern, others } = o
  const targets = [postern, ...others]

  const once = async (target: Running, scenario: Scenario): Promise<Row> => {
    const spent = () =>
      [cpuOf(target.pid), database.pid === undefined ? Number.NaN : cpuOfFamily(database.pid)] as const
    const before = spent()
    const m = await measure(target.port, target === postern ? scenario.postern : scenario.hand)
    const after = spent()
    return {
      value: scenario.of(m),
      perSecond: m.perSecond,
      gateway: ((after[0] - before[0]) * 1000) / m.requests,
      database: ((after[1] - before[1]) * 1000) / m.requests,
      errors: m.errors,
    }
  }
  const middle = (rows: readonly Row[], key: keyof Row) => median(rows.map((row) => row[key]))

  const names = targets.map((t) => t.name)
  say(
    `${database.pid === undefined ? `${database.name} elsewhere; the gateway has` : `${database.name} and the gateway share`} ${availableParallelism()} cores; ${rounds} interleaved rounds of ${seconds} s; medians. Ratio: Postern to the better of the others.`,
  )
  say()
  say(
    `| scenario | goal | ratio | ${names.join(' | ')} | CPU ms/request: gateway, database | database CPU to the better |`,
  )
  say(`|${'---|'.repeat(names.length + 5)}`)
  for (const scenario of o.scenarios.filter(({ name }) => only === undefined || only.test(name))) {
    const results = new Map<Running, Row[]>(targets.map((t) => [t, []]))
    // Long enough for the compiler of Node to have done its work.
    for (const target of targets)
      await measure(target.port, { ...(target === postern ? scenario.postern : scenario.hand), seconds: 4 })
    for (let round = 0; round < rounds; round++)
      for (const target of targets) results.get(target)?.push(await once(target, scenario))
    const rowsOf = (t: Running) => results.get(t) as Row[]
    const value = (t: Running) => middle(rowsOf(t), 'value')
    const [best] = [...others].sort((a, b) =>
      scenario.better === 'higher' ? value(b) - value(a) : value(a) - value(b),
    ) as [Running]
    const cpu = (t: Running) =>
      `${shown(middle(rowsOf(t), 'gateway'))}, ${shown(middle(rowsOf(t), 'database'))}`
    say(
      `| ${scenario.name} | ${scenario.goal} | **${shown(value(postern) / value(best))}** | ${targets.map((t) => shown(value(t))).join(' | ')} | ${targets.map(cpu).join(' · ')} | ${shown(middle(rowsOf(postern), 'database') / middle(rowsOf(best), 'database'))} |`,
    )
    for (const target of targets) {
      const errors = rowsOf(target).reduce((sum, row) => sum + row.errors, 0)
      if (errors > 0)
        say(`| | | | ${errors} errors of ${target.name} in this row |${' |'.repeat(names.length + 1)}`)
    }
  }
  say()
}

/** What Postern and the others hold in memory, now that the load is over. */
export function sayMemory(idle: number, postern: Running, others: readonly Running[]): void {
  const now = memoryOf(postern.pid)
  const peaks = others.map((t) => `${t.name}: ${memoryOf(t.pid).peak.toFixed(0)} MiB at most`)
  say(
    `Resident memory of Postern: ${idle.toFixed(0)} MiB idle, ${now.now.toFixed(0)} MiB after the load, ${now.peak.toFixed(0)} MiB at most. ${peaks.join(', ')}.`,
  )
}

/**
 * How much of its time Postern spent on garbage. A full collection every few seconds of load and scavenges of 1 to 2 ms are
 * what is to be seen; 5 ms and two full ones a second mean that something keeps requests alive (docs/adr/0019).
 */
export async function sayGarbage(observe: number): Promise<void> {
  const text = await (await fetch(`http://127.0.0.1:${observe}/metrics`)).text()
  const read = (kind: string, part: string) =>
    Number(new RegExp(`^nodejs_gc_duration_seconds_${part}\\{kind="${kind}"\\} (\\S+)$`, 'm').exec(text)?.[1])
  const told = (kind: string) =>
    `${read(kind, 'count')} of ${shown((read(kind, 'sum') * 1000) / read(kind, 'count'))} ms`
  say(
    `Garbage collections of Postern under all of this: scavenges ${told('minor')}, full ones ${told('major')}.`,
  )
}

/**
 * Starts Postern and the handlers on a database that has the schema, measures all scenarios, and stops them.
 * @param o.yardsticks name → file, as startYardstick takes them
 */
export async function compareOn(o: {
  readonly database: Database
  readonly url: string
  readonly yardsticks: Readonly<Record<string, string>>
  readonly goals: Goals
}): Promise<void> {
  const { running: postern, idle, observe } = await startPostern(o.url)
  const others: Running[] = []
  for (const [name, file] of Object.entries(o.yardsticks))
    others.push(await startYardstick(name, file, o.url))
  await compare({ database: o.database, postern, others, scenarios: scenarios(o.goals) })
  sayMemory(idle, postern, others)
  await sayGarbage(observe)
  for (const target of [postern, ...others]) await stop(target)
}
