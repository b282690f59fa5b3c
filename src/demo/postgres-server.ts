/** Runs a throw-away PostgreSQL server in a temporary folder, as a user that is not root, and leaves nothing behind. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import { programVersion, reachableBinaries, type ServerUser, serverUser } from './postgres-binaries.ts'
import {
  exitOf,
  freePort,
  type Guard,
  pidOf,
  runToEnd,
  signalIfAlive,
  sleep,
  startGuard,
} from './processes.ts'

/** What to run, and how. */
export interface PostgresServerOptions {
  /** Folder of `initdb` and `postgres`. */
  readonly binaries: string
  /** Further server settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Locale of the cluster; default C.UTF-8. */
  readonly locale?: string
  /** `trust`: whoever reaches the port is the superuser. `password`: TCP asks for a password, the socket folder is private. */
  readonly access: 'trust' | 'password'
  /** A folder kept between runs, for an initialised cluster to copy; without it every start runs initdb (a second). */
  readonly cache?: string
}

/** A running server. Every database of it has the superuser `postgres`. */
export interface PostgresServer {
  readonly port: number
  /** The folder of the Unix socket; only the server's user and root can enter it. */
  readonly socketFolder: string
  readonly dataDir: string
  /** Process id of the postmaster; another one after `restart`. */
  readonly pid: number
  /** Fulfilled with the exit code or signal when the postmaster ends, whoever ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** Ends the server and removes its folder. May be called more than once. */
  stop(): Promise<void>
  /** Ends the postmaster its hard way: SIGINT closes sessions, SIGQUIT drops them, SIGKILL is a crash of the whole server. Resolves when it is gone. */
  kill(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** Starts again on the same port and data after `kill`. */
  restart(): Promise<void>
  /** Freezes the postmaster and every backend: connections stay open and nothing answers. */
  pause(): Promise<void>
  /** Undoes `pause`. */
  resume(): Promise<void>
}

/** A crash of the machine may lose everything; a crash of the server loses nothing. */
const throwAway = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const

/** Starts a server on a free port of 127.0.0.1. Throws with the server's own log when it does not come up within 20 s. */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const user = serverUser()
  const folder = await mkdtemp(join(tmpdir(), 'postern-pg-'))
  const guard = startGuard(folder)
  try {
    // The folder is the server's own, its parents' rights and ours aside.
    if (user) await chown(folder, user.uid, user.gid)
    const version = await programVersion(options.binaries)
    const copy = join(options.cache ?? folder, `programs-${version}`)
    const binaries = await reachableBinaries(options.binaries, user, copy)
    const dataDir = join(folder, 'data')
    await createCluster({ ...options, binaries }, version, dataDir, user, guard)
    return await launch({ options, binaries, folder, dataDir, user, guard })
  } catch (error) {
    await guard.release()
    throw error
  }
}

interface Launch {
  readonly options: PostgresServerOptions
  readonly binaries: string
  readonly folder: string
  readonly dataDir: string
  readonly user: ServerUser | undefined
  readonly guard: Guard
}

async function launch(o: Launch): Promise<PostgresServer> {
  let port = await freePort()
  let running = await postmaster(o, port)
  // Another process may take the port between the look and the bind.
  for (let tries = 1; running === 'port taken'; tries++) {
    if (tries === 5)
      throw new Error(`found no free port for PostgreSQL in ${tries} tries, the last was ${port}`)
    port = await freePort()
    running = await postmaster(o, port)
  }
  let current = running
  let stopping: Promise<void> | undefined
  let paused: readonly number[] = []
  const resume = async () => {
    for (const pid of paused.toReversed()) signalIfAlive(pid, 'SIGCONT')
    paused = []
  }
  return {
    port,
    socketFolder: o.folder,
    dataDir: o.dataDir,
    get pid() {
      return current.pid
    },
    get ended() {
      return current.ended
    },
    stop: () =>
      (stopping ??= (async () => {
        await resume()
        await end(current)
        await o.guard.release()
      })()),
    kill: async (signal) => {
      // Backends outlive a killed postmaster for a while, and then keep it from starting again.
      const backends = signal === 'SIGKILL' ? await childrenOf(current.pid) : []
      for (const pid of [current.pid, ...backends]) signalIfAlive(pid, signal)
      await current.ended
    },
    restart: async () => {
      await end(current)
      await rm(join(o.dataDir, 'postmaster.pid'), { force: true })
      const again = await postmaster(o, port)
      if (again === 'port taken') throw new Error(`port ${port} was taken while PostgreSQL was down`)
      current = again
    },
    pause: async () => {
      signalIfAlive(current.pid, 'SIGSTOP')
      paused = [current.pid, ...(await childrenOf(current.pid))]
      for (const pid of paused) signalIfAlive(pid, 'SIGSTOP')
    },
    resume,
  }
}

interface Postmaster {
  readonly pid: number
  readonly ended: Promise<number | NodeJS.Signals>
}

async function postmaster(o: Launch, port: number): Promise<Postmaster | 'port taken'> {
  const settings = {
    ...throwAway,
    ...o.options.settings,
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: o.folder,
  }
  const log = join(o.folder, 'server.log')
  const output = await open(log, 'w')
  const child = spawn(
    join(o.binaries, 'postgres'),
    ['-D', o.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // detached: a Ctrl-C in the terminal is for this process, which then stops the server in its turn.
    { ...o.user, cwd: o.folder, detached: true, stdio: ['ignore', output.fd, output.fd] },
  )
  try {
    const ended = exitOf(child)
    const pid = await pidOf(child)
    o.guard.watch(pid)
    let gone = false
    void ended.then(() => (gone = true))
    const giveUp = systemClock.now() + 20_000
    while (!(await isReady(o.dataDir, pid))) {
      if (gone || systemClock.now() > giveUp) {
        const text = await readFile(log, 'utf8')
        if (gone && /could not bind|Address already in use/i.test(text)) return 'port taken'
        signalIfAlive(pid, 'SIGKILL')
        throw new Error(`PostgreSQL ${gone ? 'ended at its start' : 'was not ready after 20 s'}:\n${text}`)
      }
      await sleep(10)
    }
    return { pid, ended }
  } finally {
    await output.close()
  }
}

/** The postmaster writes its state into the eighth line of postmaster.pid (as pg_ctl reads it); a replica never gets beyond `standby`. */
async function isReady(dataDir: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return lines[0] === String(pid) && /^(ready|standby)$/.test(lines[7]?.trim() ?? '')
}

/** Fast shutdown; what does not obey within 5 s is killed. */
async function end(server: Postmaster): Promise<void> {
  signalIfAlive(server.pid, 'SIGINT')
  const timer = systemClock.after(5000, () => signalIfAlive(server.pid, 'SIGKILL'))
  await server.ended
  timer.cancel()
}

async function createCluster(
  options: PostgresServerOptions,
  version: string,
  dataDir: string,
  user: ServerUser | undefined,
  guard: Guard,
): Promise<void> {
  const locale = options.locale ?? 'C.UTF-8'
  const initialise = async (target: string) => {
    await mkdir(target, { mode: 0o700 })
    if (user) await chown(target, user.uid, user.gid)
    const access = options.access === 'trust' ? 'trust' : 'scram-sha-256'
    const args = ['-D', target, '-U', 'postgres', '-E', 'UTF8', `--locale=${locale}`, '--auth-local=trust']
    args.push(`--auth-host=${access}`, '--no-sync', '--no-instructions', '--wal-segsize=1')
    await runToEnd(join(options.binaries, 'initdb'), args, user, guard)
  }
  if (options.cache === undefined) return initialise(dataDir)

  const template = join(options.cache, `cluster-${version}-${locale}-${options.access}`)
  if (!existsSync(template)) {
    const draft = `${template}.${basename(dirname(dataDir))}`
    await initialise(draft)
    // Whoever comes second keeps the first one's.
    await rename(draft, template).catch(() => rm(draft, { recursive: true, force: true }))
  }
  // cp keeps the owner; fs.cp does not.
  await runToEnd('cp', ['-a', template, dataDir], undefined, guard)
}

async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // pid (command) state ppid …; the command may hold anything, so count from its closing parenthesis.
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const ppid = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (ppid === String(parent)) found.push(Number(name))
  }
  return found
}
