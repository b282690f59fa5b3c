/** A PostgreSQL primary and its streaming standbys. */
import { execFile } from 'node:child_process'
import { appendFile, chown, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Cluster, ClusterOptions } from './cluster.ts'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { eventually } from './process.ts'

const run = promisify(execFile)

const ofGateways = "FROM pg_stat_activity WHERE application_name LIKE 'postern/%'"

export async function startPostgresCluster(o: ClusterOptions): Promise<Cluster> {
  const settings = {
    wal_receiver_status_interval: '100ms',
    wal_retrieve_retry_interval: '100ms',
    ...o.settings,
  }
  const [primary, ...standbys] = (await Promise.all(
    Array.from({ length: o.standbys + 1 }, () => startPostgres({ version: 18, settings })),
  )) as [TestPostgres, ...TestPostgres[]]
  await primary.sql(primary.url(), o.setUp)

  const shutDown = (server: TestPostgres) => server.kill('SIGINT')
  const copy = async (standby: TestPostgres, from: TestPostgres) => {
    await rm(standby.dataDir, { recursive: true })
    await run('cp', ['-a', from.dataDir, standby.dataDir])
    const { uid, gid } = await stat(from.dataDir)
    const mark = join(standby.dataDir, 'standby.signal')
    await writeFile(mark, '')
    await chown(mark, uid, gid)
    await appendFile(
      join(standby.dataDir, 'postgresql.auto.conf'),
      `primary_conninfo = 'host=127.0.0.1 port=${from.port} user=postgres'\n`,
    )
  }
  await Promise.all([primary, ...standbys].map(shutDown))
  await Promise.all(standbys.map((standby) => copy(standby, primary)))
  await primary.restart()
  await Promise.all(standbys.map((standby) => standby.restart()))
  const say = (text: string) => async (server: TestPostgres) => {
    await server.sql(server.url(), text)
  }
  const cluster: Cluster = {
    primary,
    standbys,
    url: (...servers) =>
      `postgres://postgres@${servers.map(({ port }) => `127.0.0.1:${port}`).join()}/postgres`,
    query: (server, text) => server.sql(server.url(), text),
    hold: say('SELECT pg_wal_replay_pause()'),
    release: say('SELECT pg_wal_replay_resume()'),
    promote: say('SELECT pg_promote(true, 10)'),
    shutDown,
    follow: async (standby, from) => {
      await shutDown(standby).catch(() => {})
      await shutDown(from)
      await copy(standby, from)
      await from.restart()
      await standby.restart()
    },
    sessions: async (server) => {
      const [row] = await server.sql(server.url(), `SELECT count(*)::int AS n ${ofGateways}`)
      return Number(row?.['n'])
    },
    endSessions: say(`SELECT pg_terminate_backend(pid) ${ofGateways}`),
    caughtUp: async (standby, from = primary) => {
      const [at] = await from.sql(from.url(), 'SELECT pg_current_wal_flush_lsn()::text AS lsn')
      await eventually('the standby has caught up', async () => {
        const [row] = await standby.sql(
          standby.url(),
          `SELECT pg_last_wal_replay_lsn() >= '${String(at?.['lsn'])}'::pg_lsn AS done`,
        )
        return row?.['done'] === true
      })
    },
    stop: async () => {
      await Promise.all([primary, ...standbys].map((server) => server.stop()))
    },
  }
  for (const standby of standbys) await cluster.caughtUp(standby)
  return cluster
}
