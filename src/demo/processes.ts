/** Child processes and folders of servers that are thrown away, with a guard that cleans up however this process ends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, open, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import type { ServerUser } from './postgres-binaries.ts'

/** Runs a program to its end. @throws Error with what it said on stderr when that was not a good one */
export async function runToEnd(
  program: string,
  args: readonly string[],
  user: ServerUser | undefined,
  guard: Guard,
): Promise<void> {
  const child = spawn(program, args, { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = exitOf(child)
  guard.watch(await pidOf(child))
  const code = await ended
  if (code !== 0) throw new Error(`${basename(program)} ended with ${code}: ${errors.trim()}`)
}

/** Cleans up when this process is gone, however it went. */
export interface Guard {
  /** From now on this process is the one to end. */
  watch(pid: number): void
  /** Removes the folder now; the processes must have ended. */
  release(): Promise<void>
}

/**
 * A shell reads process ids from a pipe whose other end is ours. The end of the pipe means that we are gone (even by
 * SIGKILL) or done: it ends the last process it was told of, and removes the folder.
 */
export function startGuard(folder: string): Guard {
  const script = `
    while read -r line; do pid=$line; done
    if [ "$pid" != 0 ]; then
      kill -QUIT "$pid"
      for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do kill -0 "$pid" || break; sleep 0.2; done
      kill -KILL "$pid"
    fi
    rm -rf -- "$1"`
  const shell = spawn('sh', ['-c', `pid=0${script}`, 'postern-guard', folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const ended = exitOf(shell)
  shell.stdin.on('error', () => {}) // The shell was killed: nothing is left to tell it.
  return {
    watch: (pid) => void shell.stdin.write(`${pid}\n`),
    release: async () => {
      shell.stdin.end('0\n')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A folder of this user's own below the temporary folder, for what is worth keeping between runs; undefined when someone else made it. */
export async function cacheFolder(): Promise<string | undefined> {
  const folder = join(tmpdir(), `postern-cache-${process.getuid?.() ?? 'user'}`)
  await mkdir(folder, { mode: 0o755 }).catch(() => {})
  const handle = await open(folder, 'r').catch(() => undefined)
  if (handle === undefined) return undefined
  try {
    const found = await handle.stat()
    const ours = found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid())
    return ours && (found.mode & 0o022) === 0 ? folder : undefined
  } finally {
    await handle.close()
  }
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Fulfilled with the exit code or signal when the process ends; never rejected. */
export function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1))
    child.once('error', () => resolve(127))
  })
}

/** @throws Error when the program could not be started */
export async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) return child.pid
  throw await new Promise<Error>((resolve) => child.once('error', resolve))
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  return address.port
}

/** Real milliseconds. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => void systemClock.after(ms, resolve))
