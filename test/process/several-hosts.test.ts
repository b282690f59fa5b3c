/** Commands with several hosts: like the gateway they go to the primary, whichever place it has in the list. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommandLine } from '#roles/run.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import type { TestPostgres } from '../support/postgres.ts'

let cluster: Cluster
let standby: TestPostgres
beforeAll(async () => {
  cluster = await startCluster({ standbys: 1, setUp: 'CREATE TABLE orders (id int PRIMARY KEY)' })
  standby = cluster.standbys[0] as TestPostgres
})
afterAll(() => cluster?.stop())

/** The standby is named first. */
const hosts = () =>
  `--database.url=postgres://postgres@127.0.0.1:${standby.port},127.0.0.1:${cluster.primary.port}/postgres`

async function postern(...argv: string[]) {
  const said = { stdout: '', stderr: '' }
  const code = await runCommandLine({
    argv,
    env: {},
    stdout: (text) => (said.stdout += text),
    stderr: (text) => (said.stderr += text),
  })
  return { code, ...said }
}

test('check looks at the primary, and says what each server is', async () => {
  const { code, stdout, stderr } = await postern('check', hosts())
  expect([code, stderr]).toEqual([0, ''])
  const lines = stdout.split('\n')
  expect(lines[1]).toMatch(/, PostgreSQL 18\.\d+, primary$/)
  expect(lines.filter((line) => line.startsWith('server:'))).toEqual([
    `server: host-1, 127.0.0.1:${standby.port}/postgres, replica`,
    `server: host-2, 127.0.0.1:${cluster.primary.port}/postgres, primary`,
  ])
  expect(lines).toContain('tables: 1')
})

test('check warns of a replica that is not reached', async () => {
  const replicas = JSON.stringify([{ name: 'gone', host: '127.0.0.1', port: 1 }])
  const { code, stderr } = await postern('check', hosts(), `--database.replicas=${replicas}`)
  expect([code, stderr]).toEqual([0, 'postern: warning: gone, 127.0.0.1:1/postgres, is not reached\n'])
})

test('events installs on the primary', async () => {
  const installed = await postern('events', 'install', hosts())
  expect([installed.code, installed.stderr]).toEqual([0, ''])
  expect((await postern('events', 'status', hosts())).code).toBe(0)
  const triggers = await cluster.primary.sql(cluster.primary.url(), 'SELECT evtname FROM pg_event_trigger')
  expect(triggers).toHaveLength(2)
})

test('openapi describes what the primary has', async () => {
  // Not replayed on the standby.
  await standby.sql(standby.url(), 'SELECT pg_wal_replay_pause()')
  await cluster.primary.sql(cluster.primary.url(), 'CREATE TABLE newest (id int PRIMARY KEY)')
  const { code, stdout } = await postern('openapi', hosts())
  expect(code).toBe(0)
  expect(Object.keys((JSON.parse(stdout) as { paths: object }).paths).join(' ')).toContain('/newest')
})

test('without a primary all of them say so', async () => {
  await standby.sql(standby.url(), 'SELECT pg_wal_replay_resume()')
  await cluster.primary.kill('SIGINT')
  const none = `no primary is reached among 127.0.0.1:${standby.port}/postgres, 127.0.0.1:${cluster.primary.port}/postgres`
  const check = await postern('check', hosts())
  expect(check.code).toBe(1)
  expect(check.stderr).toContain(none)
  expect(check.stdout).toContain(`server: host-1, 127.0.0.1:${standby.port}/postgres, replica`)
  const events = await postern('events', 'status', hosts())
  expect([events.code, events.stderr.includes(none)]).toEqual([1, true])
  const openapi = await postern('openapi', hosts())
  expect([openapi.code, openapi.stdout, openapi.stderr.includes(none)]).toEqual([1, '', true])
})
