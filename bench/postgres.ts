/** PostgreSQL: the scenarios, and further what a slow neighbour, time and a start cost. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { embeddedBinaries } from '#demo/postgres-binaries.ts'
import { startPostgresServer } from '#demo/postgres-server.ts'
import {
  compare,
  median,
  per,
  rounds,
  say,
  sayGarbage,
  sayMemory,
  scenarios,
  seconds,
  shown,
  startPostern,
  startYardstick,
} from './compare.ts'
import { folder, measure } from './load.ts'
import { stop } from './processes.ts'
import { queries, schema } from './queries.ts'

const minutes = Number(process.env['BENCH_MINUTES'] ?? 0)

export async function benchPostgres(): Promise<void> {
  const server = await startPostgresServer({
    binaries: await embeddedBinaries(),
    access: 'trust',
    settings: { shared_buffers: '256MB', max_connections: 60, jit: 'off' },
  })
  const url = `postgres://postgres@127.0.0.1:${server.port}/postgres`
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  for (const statement of schema.split(/;\n/).filter((s) => s.trim() !== '')) await sql.unsafe(statement)
  await sql.end()

  const { running: postern, again, idle, observe } = await startPostern(url)
  const others = [
    await startYardstick('Hono + postgres.js', 'baseline-hono', url),
    await startYardstick('Fastify + pg', 'baseline-fastify', url),
  ]
  await compare({
    database: { name: 'PostgreSQL 18', pid: server.pid },
    postern,
    others,
    scenarios: scenarios({
      key: '>= 0.9',
      fifty: '>= 1.6',
      thousand: '>= 4',
      insert: '>= 0.9',
      deep: '>= 1.1',
      tail: '<= 0.5',
      calm: '<= 0.5',
    }),
  })
  sayMemory(idle, postern, others)
  await sayGarbage(observe)
  await besideSlowOnes(postern.port)
  if (minutes > 1) await minuteByMinute(postern.port)
  for (const target of [postern, ...others]) await stop(target)

  const starts: number[] = []
  for (let i = 0; i < 5; i++) {
    const started = await again()
    starts.push(started.readyMs)
    await stop(started)
  }
  say(`From start to the first row: ${median(starts).toFixed(0)} ms (goal < 500).`)
  sayFloor(url)
  await server.stop()
}

const quick = per('/api/v1/customers/{id}', { ids: 10_000 })

/** One client that runs half-second queries all the time, and what the others feel of it. */
async function besideSlowOnes(port: number): Promise<void> {
  const calm: number[] = []
  const disturbed: number[] = []
  for (let round = 0; round < rounds; round++) {
    calm.push((await measure(port, quick)).p99)
    const [m] = await Promise.all([
      measure(port, quick),
      measure(port, { path: '/api/v1/rpc/slow', connections: 1, seconds }),
    ])
    disturbed.push(m.p99)
  }
  say(
    `p99 of key reads with one client of 0.5 s queries beside: ${shown(median(disturbed) / median(calm))} x (goal <= 2): ${shown(median(calm))} ms alone, ${shown(median(disturbed))} ms beside it.`,
  )
}

async function minuteByMinute(port: number): Promise<void> {
  const perMinute: number[] = []
  for (let minute = 0; minute < minutes; minute++)
    perMinute.push((await measure(port, { ...quick, seconds: 60 })).perSecond)
  say(
    `Key reads minute by minute: ${perMinute.map((n) => n.toFixed(0)).join(', ')}/s; last to first ${shown((perMinute.at(-1) as number) / (perMinute[0] as number))} (goal 0.9 to 1.1).`,
  )
}

/** What the database gives to a client that does nothing with it. */
function sayFloor(url: string): void {
  const pgbench = (name: string, text: string) => {
    const file = join(folder, `${name}.sql`)
    writeFileSync(file, text)
    const args = `-n -M prepared -c 10 -j 1 -T ${seconds} -f`.split(' ')
    const out = execFileSync('pgbench', [...args, file, url], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(/tps = ([\d.]+)/.exec(out)?.[1])
  }
  try {
    const key = pgbench('key', `\\set id random(1, 10000)\n${queries.customer.replace('$1', ':id')};`)
    const fifty = pgbench('fifty', `${queries.orders.replace('$1', '50')};`)
    say(
      `Floor of the database (pgbench, 10 connections, prepared): ${key.toFixed(0)} key reads/s, ${fifty.toFixed(0)} reads of 50 rows/s.`,
    )
  } catch (error) {
    say(
      `Floor of the database: not measured, pgbench is missing (${(error as Error).message.split('\n')[0]}).`,
    )
  }
}
