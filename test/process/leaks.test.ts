/** After many requests of every kind the process holds as much as before. */
import { Agent } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { type Sessions, watchSessions } from '../support/sessions.ts'

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
  })
`

let server: TestPostgres
let sessions: Sessions
let postern: Postern
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  const url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY, note text); INSERT INTO orders SELECT g, 'n' || g FROM generate_series(1, 200) g`,
  )
  sessions = watchSessions(url)
  postern = await startPostern({ database: url, config: { 'pools.max': 4 }, preload: tellsWhatItHolds })
})
afterAll(async () => {
  await postern.stop()
  await sessions.stop()
  await server.stop()
})

const kinds: ((i: number) => [string, Parameters<typeof ask>[1]])[] = [
  (i) => [`/orders?limit=20&offset=${i % 50}`, {}],
  (i) => [`/orders/${(i % 200) + 1}`, {}],
  (i) => [`/orders?note[contains]=${i}`, { headers: { accept: 'text/csv' } }],
  () => ['/orders', { headers: { accept: 'application/x-ndjson' } }],
  (i) => [`/orders?id[gt]=${i}&order=-id&limit=3`, { headers: { prefer: 'count=exact' } }],
  (i) => [`/orders/${(i % 200) + 1}`, { method: 'PATCH', body: `{"note":"m${i}"}` }],
  (i) => ['/orders', { method: 'POST', body: `{"id":${(i % 200) + 1}}` }],
  (i) => [`/unknown${i}`, {}],
  (i) => [`/orders?field${i}=1`, {}],
]

async function round(n: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; i < n; i++) {
    const [path, o] = (kinds[i % kinds.length] as (typeof kinds)[number])(i)
    // One in ten hangs up at once.
    const abort = new AbortController()
    const asked = ask(`${postern.api}${path}`, { ...o, agent, signal: abort.signal })
    if (i % 10 === 9) abort.abort()
    const answer = await asked.catch(() => undefined)
    if (answer !== undefined) expect(answer.status).toBeLessThan(500)
  }
  agent.destroy()
}

async function held(): Promise<{ bytes: number; resources: number; descriptors: number }> {
  const lines = () => postern.output.stderr.split('\n').slice(0, -1)
  const before = lines().length
  postern.signal('SIGUSR2')
  await eventually('it tells', () => lines().length > before)
  const told = JSON.parse(lines().at(-1) as string) as { bytes: number; resources: number }
  return { ...told, descriptors: await postern.descriptors() }
}

test('5,000 requests later: as many descriptors and sessions, and hardly more memory', async () => {
  await Promise.all([1, 2, 3, 4].map(() => round(500)))
  await eventually('sockets are closed', async () => (await postern.descriptors()) < 60)
  const before = await held()
  await Promise.all([1, 2, 3, 4].map(() => round(1250)))
  await eventually('sockets are closed', async () => (await postern.descriptors()) <= before.descriptors + 4)
  const after = await held()
  expect((after.bytes - before.bytes) / 1024 ** 2).toBeLessThan(8)
  expect(after.resources - before.resources).toBeLessThan(8)
  expect(await postern.rss()).toBeLessThan(450 * 1024 ** 2)
  expect(await sessions.pooled()).toBeLessThanOrEqual(4)
  expect((await ask(`${postern.admin}/status`)).json().pools[0]).toMatchObject({ inUse: 0, waiting: 0 })
  expect(await postern.metric('postern_pool_evictions_total{reason="leak"}')).toBe(0)
})
