/** Real MariaDB servers for tests, each in a folder of its own on a free port. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { systemClock } from '#base/clock.ts'
import { serverUser } from '#demo/postgres-binaries.ts'
import {
  cacheFolder,
  exitOf,
  freePort,
  type Guard,
  pidOf,
  runToEnd,
  signalIfAlive,
  sleep,
  startGuard,
} from '#demo/processes.ts'
import { eventually } from './process.ts'

const program = '/usr/sbin/mariadbd'
const installer = '/usr/bin/mariadb-install-db'

/** Why MariaDB cannot run on this machine; undefined when it can. Print it with the skip. */
export function mariadbMissing(): string | undefined {
  const missing = [program, installer].find((path) => !existsSync(path))
  return missing && `MariaDB is not installed (${missing} is missing; Debian package mariadb-server)`
}

/** A test's server: the superuser is `root`, without a password. */
export interface TestMariadb {
  readonly port: number
  readonly dataDir: string
  /** Process id of the server; another one after `restart`. */
  readonly pid: number
  /** Where a database of it is reached; default none. */
  url(database?: string): string
  /** Makes an empty database and returns its URL; a name of its own unless one is given. */
  createDatabase(name?: string): Promise<string>
  /**
   * Runs statements (several, separated by semicolons) and returns the rows of the last one that gave any. Numbers that
   * a double cannot hold, decimals and times are texts.
   */
  sql(url: string, text: string): Promise<Record<string, unknown>[]>
  /** Ends the server and removes its folder. May be called more than once. */
  stop(): Promise<void>
  /** SIGTERM is a shutdown, SIGKILL a crash. Resolves when the server is gone. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts again on the same port and data after `kill`. */
  restart(): Promise<void>
  /** Freezes the server: connections stay open and nothing answers. */
  pause(): Promise<void>
  /** Undoes `pause`. */
  resume(): void
}

/** A crash of the machine may lose everything; a crash of the server loses nothing. */
const throwAway = {
  'innodb-flush-log-at-trx-commit': 2,
  'innodb-buffer-pool-size': '64M',
  'innodb-log-file-size': '32M',
  'innodb-doublewrite': 0,
  'innodb-flush-method': 'nosync',
  'sync-frm': 0,
  'performance-schema': 'OFF',
  'character-set-server': 'utf8mb4',
} as const

/** Starts a server; its data lives as long as the test. About 0.5 s, some more the first time. */
export async function startMariadb(
  o: { settings?: Readonly<Record<string, string | number>> } = {},
): Promise<TestMariadb> {
  const missing = mariadbMissing()
  if (missing !== undefined) throw new Error(missing)
  const user = serverUser()
  const folder = await mkdtemp(join(tmpdir(), 'postern-maria-'))
  const guard = startGuard(folder)
  try {
    if (user) await chown(folder, user.uid, user.gid)
    const dataDir = join(folder, 'data')
    await createData(dataDir, guard)
    const launch = { folder, dataDir, guard, settings: { ...throwAway, ...o.settings } }
    let port = await freePort()
    let running = await run(launch, port)
    // Another process may take the port between the look and the bind.
    for (let tries = 1; running === 'port taken'; tries++) {
      if (tries === 5)
        throw new Error(`found no free port for MariaDB in ${tries} tries, the last was ${port}`)
      port = await freePort()
      running = await run(launch, port)
    }
    return serverOf(launch, port, running)
  } catch (error) {
    await guard.release()
    throw error
  }
}

interface Launch {
  readonly folder: string
  readonly dataDir: string
  readonly guard: Guard
  readonly settings: Readonly<Record<string, string | number>>
}

interface Running {
  readonly pid: number
  readonly ended: Promise<number | NodeJS.Signals>
}

function serverOf(launch: Launch, port: number, running: Running): TestMariadb {
  let current = running
  let stopping: Promise<void> | undefined
  const url = (database = '') => `mysql://root@127.0.0.1:${port}/${encodeURIComponent(database)}`
  return {
    port,
    dataDir: launch.dataDir,
    get pid() {
      return current.pid
    },
    url,
    sql: runMysql,
    createDatabase: async (name = `test_${randomUUID().replaceAll('-', '')}`) => {
      await runMysql(url(), `CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin`)
      return url(name)
    },
    stop: () =>
      (stopping ??= (async () => {
        signalIfAlive(current.pid, 'SIGCONT')
        // Nobody reads the data again.
        signalIfAlive(current.pid, 'SIGKILL')
        await current.ended
        await launch.guard.release()
      })()),
    kill: async (signal) => {
      signalIfAlive(current.pid, signal)
      await current.ended
    },
    restart: async () => {
      const again = await run(launch, port)
      if (again === 'port taken') throw new Error(`port ${port} was taken while MariaDB was down`)
      current = again
    },
    pause: async () => {
      signalIfAlive(current.pid, 'SIGSTOP')
      await standsStill(current.pid)
    },
    resume: () => signalIfAlive(current.pid, 'SIGCONT'),
  }
}

async function run(
  { folder, dataDir, guard, settings }: Launch,
  port: number,
): Promise<Running | 'port taken'> {
  const all = {
    ...settings,
    datadir: dataDir,
    tmpdir: folder,
    port,
    'bind-address': '127.0.0.1',
    socket: join(folder, 'socket'),
    'pid-file': join(folder, 'pid'),
  }
  const log = join(folder, 'server.log')
  const output = await open(log, 'w')
  // --no-defaults must be the first.
  const args = ['--no-defaults', '--skip-name-resolve', ...Object.entries(all).map(([k, v]) => `--${k}=${v}`)]
  const child = spawn(program, args, {
    ...serverUser(),
    cwd: folder,
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
  })
  try {
    const ended = exitOf(child)
    const pid = await pidOf(child)
    guard.watch(pid)
    let gone = false
    void ended.then(() => (gone = true))
    const giveUp = systemClock.now() + 30_000
    while (gone || !(await greets(port))) {
      const text = await readFile(log, 'utf8')
      if (gone && /Address already in use|port: \d+ .*in use/i.test(text)) return 'port taken'
      if (gone || systemClock.now() > giveUp) {
        signalIfAlive(pid, 'SIGKILL')
        throw new Error(`MariaDB ${gone ? 'ended at its start' : 'was not ready after 30 s'}:\n${text}`)
      }
      await sleep(20)
    }
    return { pid, ended }
  } finally {
    await output.close()
  }
}

/** A server of many threads obeys a signal to stop a moment after it was sent, and may answer until then. */
const standsStill = (pid: number) =>
  eventually('every thread stands still', async () => {
    const threads = await readdir(`/proc/${pid}/task`)
    const states = await Promise.all(
      threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8').catch(() => '')),
    )
    return states.every((text) => /^State:\tT/m.test(text))
  })

/** A server that is ready speaks first. */
const greets = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (heard: boolean) => {
      socket.destroy()
      resolve(heard)
    }
    socket.once('data', () => end(true))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })

/** Fresh data, copied from what an earlier test made where that is possible. */
async function createData(dataDir: string, guard: Guard): Promise<void> {
  const user = serverUser()
  const make = async (target: string) => {
    await mkdir(target, { mode: 0o700 })
    if (user) await chown(target, user.uid, user.gid)
    const args = ['--no-defaults', `--datadir=${target}`, '--auth-root-authentication-method=normal']
    await runToEnd(installer, [...args, '--skip-test-db', '--innodb-log-file-size=32M'], user, guard)
  }
  const cache = await cacheFolder()
  if (cache === undefined) return make(dataDir)
  const template = join(cache, 'mariadb')
  if (!existsSync(template)) {
    const draft = `${template}.${randomUUID()}`
    await make(draft)
    // Whoever comes second keeps the first one's.
    await rename(draft, template).catch(() => rm(draft, { recursive: true, force: true }))
  }
  // cp keeps the owner; fs.cp does not.
  await runToEnd('cp', ['-a', template, dataDir], undefined, guard)
}

/** Runs statements on a server of either kind, as `sql` of TestMariadb says. */
export async function runMysql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const connection = await createConnection({
    uri: url,
    multipleStatements: true,
    supportBigNumbers: true,
    dateStrings: true,
    charset: 'utf8mb4_bin',
  })
  try {
    // With a second statement there are always several results.
    const [results] = await connection.query<RowDataPacket[][]>(`${text.replace(/[;\s]+$/, '')};\nDO 0`)
    return results.findLast((rows) => Array.isArray(rows) && rows.length > 0) ?? []
  } finally {
    await connection.end()
  }
}
