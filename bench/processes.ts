/** Starts what is measured, and reads from /proc what it cost. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

export interface Running {
  readonly name: string
  readonly pid: number
  readonly port: number
  readonly process: ChildProcess
}

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Starts a Node program and waits until `path` answers 200 on its port. @returns with the ms from spawn to that answer */
export async function startNode(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
  port: number,
  path: string,
): Promise<Running & { readyMs: number }> {
  const began = performance.now()
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    const ok = await fetch(`http://127.0.0.1:${port}${path}`).then(
      async (response) => {
        await response.arrayBuffer()
        return response.ok
      },
      () => false,
    )
    if (ok)
      return { name, pid: child.pid as number, port, process: child, readyMs: performance.now() - began }
    if (performance.now() - began > 20_000) throw new Error(`${name} did not answer ${path} within 20 s`)
    await sleep(5)
  }
}

export async function stop(running: Running): Promise<void> {
  const gone = new Promise((resolve) => running.process.once('exit', resolve))
  running.process.kill('SIGTERM')
  await gone
}

/** Clock ticks per second of /proc; 100 on every Linux that Node runs on. */
const ticks = 100

/** CPU seconds a process has used so far. */
export function cpuOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces; count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticks
  } catch {
    return 0
  }
}

/** CPU seconds of the children a process has outlived. */
function endedChildren(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / ticks
}

/** CPU seconds of a process and all its children, those that have ended too: the postmaster and its backends. */
export function cpuOfFamily(parent: number): number {
  let sum = cpuOf(parent) + endedChildren(parent)
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent) sum += cpuOf(Number(entry))
    } catch {
      // It ended while we looked.
    }
  }
  return sum
}

/** Resident memory in MiB now, and the most there ever was. */
export function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024
  return { now: kib('VmRSS'), peak: kib('VmHWM') }
}
