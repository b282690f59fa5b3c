/** A primary and its streaming standbys, for tests of replicas and failovers. */
import { execFile } from 'node:child_process'
import { appendFile, rm, stat, writeFile, chown } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { eventually } from './process.ts'

const run = promisify(execFile)

export interface Cluster {
  readonly primary: TestPostgres
  readonly standbys: readonly TestPostgres[]
  /** Makes `standby` a fresh copy of `primary` that follows it; both are restarted. */
  follow(standby: TestPostgres, primary: TestPostgres): Promise<void>
  /** Resolves when the standby has replayed what the primary has written by now. */
  caughtUp(standby: TestPostgres, primary?: TestPostgres): Promise<void>
  stop(): Promise<void>
}

/** @param setUp statements run on the primary before it is copied */
export async function startCluster(o: {
  standbys: number
  setUp: string
  settings?: Readonly<Record<string, string | number>>
}): Promise<Cluster> {
  const settings = {
    wal_receiver_status_interval: '100ms',
    wal_retrieve_retry_interval: '100ms',
    ...o.settings,
  }
  const [primary, ...standbys] = (await Promise.all(
    Array.from({ length: o.standbys + 1 }, () => startPostgres({ version: 18, settings })),
  )) as [TestPostgres, ...TestPostgres[]]
  await primary.sql(primary.url(), o.setUp)

  const stopOne = (server: TestPostgres) => server.kill('SIGINT')
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
  await Promise.all([primary, ...standbys].map(stopOne))
  await Promise.all(standbys.map((standby) => copy(standby, primary)))
  await primary.restart()
  await Promise.all(standbys.map((standby) => standby.restart()))
  const cluster: Cluster = {
    primary,
    standbys,
    follow: async (standby, from) => {
      await stopOne(standby).catch(() => {})
      await stopOne(from)
      await copy(standby, from)
      await from.restart()
      await standby.restart()
    },
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
