/** Real Redis servers for tests, each in a folder of its own on a free port; their content is in memory alone. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdtemp } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverUser } from '#demo/postgres-binaries.ts'
import { exitOf, freePort, pidOf, signalIfAlive, startGuard } from '#demo/processes.ts'
import { eventually } from './process.ts'

const program = '/usr/bin/redis-server'

/** Why Redis cannot run on this machine; undefined when it can. Print it with the skip. */
export function redisMissing(): string | undefined {
  return existsSync(program)
    ? undefined
    : `Redis is not installed (${program} is missing; Debian package redis-server)`
}

export interface TestRedis {
  readonly port: number
  /** `redis://127.0.0.1:1234/0`, with the password where there is one. */
  readonly url: string
  readonly pid: number
  /** Where it works: paths of its own are relative to it. */
  readonly folder: string
  /** One command; its reply as text, one line for each element. @throws Error with what the server said */
  command(...words: readonly string[]): Promise<string[]>
  /** Freezes the server: connections stay open and nothing answers. */
  pause(): void
  resume(): void
  /** SIGKILL: what it held is lost. Resolves when it is gone. */
  kill(): Promise<void>
  /** Starts again on the same port, empty. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** @param o.flags further arguments of redis-server */
export async function startRedis(
  o: { password?: string; flags?: readonly string[] } = {},
): Promise<TestRedis> {
  const missing = redisMissing()
  if (missing !== undefined) throw new Error(missing)
  const user = serverUser()
  const folder = await mkdtemp(join(tmpdir(), 'postern-redis-'))
  const guard = startGuard(folder)
  if (user) await chown(folder, user.uid, user.gid)
  const port = await freePort()
  const login = o.password === undefined ? [] : [['AUTH', o.password]]

  const launch = async () => {
    const flags = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'no',
    ]
    const secret = o.password === undefined ? [] : ['--requirepass', o.password]
    const child = spawn(program, [...flags, ...secret, ...(o.flags ?? [])], {
      ...user,
      cwd: '/',
      stdio: 'ignore',
    })
    const ended = exitOf(child)
    const pid = await pidOf(child)
    guard.watch(pid)
    let over = false
    void ended.then(() => {
      over = true
    })
    await eventually('Redis answers', async () => {
      if (over) throw new Error(`redis-server ended; its port was ${port}`)
      return talk(port, [...login, ['PING']]).catch(() => undefined)
    })
    return { pid, ended }
  }
  let running = await launch()
  return {
    port,
    url: `redis://${o.password === undefined ? '' : `:${encodeURIComponent(o.password)}@`}127.0.0.1:${port}/0`,
    folder,
    get pid() {
      return running.pid
    },
    command: (...words) => talk(port, [...login, words]),
    pause: () => signalIfAlive(running.pid, 'SIGSTOP'),
    resume: () => signalIfAlive(running.pid, 'SIGCONT'),
    kill: async () => {
      signalIfAlive(running.pid, 'SIGKILL')
      await running.ended
    },
    restart: async () => {
      running = await launch()
    },
    stop: async () => {
      signalIfAlive(running.pid, 'SIGKILL')
      await running.ended
      await guard.release()
    },
  }
}

/** Sends commands on a connection of their own and gives the lines of the last reply, lengths left out. */
function talk(port: number, commands: readonly (readonly string[])[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => {
      const lines = text.split('\r\n').filter((line) => line !== '' && !/^[$*]\d+$/.test(line))
      const fault = lines.find((line) => line.startsWith('-'))
      if (fault !== undefined) reject(new Error(fault))
      // The answers to AUTH before and to QUIT behind are one line each.
      else resolve(lines.slice(commands.length - 1, -1).map((line) => line.replace(/^[+:]/, '')))
    })
    const words = [...commands, ['QUIT']]
    socket.end(
      words
        .map((w) => `*${w.length}\r\n${w.map((x) => `$${Buffer.byteLength(x)}\r\n${x}\r\n`).join('')}`)
        .join(''),
    )
  })
}
