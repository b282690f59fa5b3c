/** Load by wrk, which costs little CPU itself, and what it measured. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Load {
  readonly path: string
  readonly connections: number
  readonly seconds: number
  /** `{id}` in the path becomes a number from 1 to this. */
  readonly ids?: number
  readonly post?: string
  /** Each connection pauses this long (ms) on average before it asks again, so that the load is no more than this allows. */
  readonly pauseMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Measured {
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly errors: number
}

/** Scripts of the load generators; gone with the process. */
export const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
let serial = 0

function script(load: Load): string {
  const lines = ['math.randomseed(42)']
  if (load.post !== undefined)
    lines.push(
      'wrk.method = "POST"',
      `wrk.body = ${JSON.stringify(load.post)}`,
      'wrk.headers["content-type"] = "application/json"',
    )
  for (const [name, value] of Object.entries(load.headers ?? {}))
    lines.push(`wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
  if (load.ids !== undefined) {
    const [before, after] = load.path.split('{id}')
    lines.push(
      `request = function() return wrk.format(nil, ${JSON.stringify(before)} .. math.random(1, ${load.ids}) .. ${JSON.stringify(after ?? '')}) end`,
    )
  }
  if (load.pauseMs !== undefined)
    lines.push(`delay = function() return math.random(0, ${2 * load.pauseMs}) end`)
  lines.push(
    'done = function(s, l, r)',
    '  local e = s.errors',
    '  io.write(string.format("RESULT %d %d %f %f %d\\n", s.requests, s.duration, l:percentile(50), l:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))',
    'end',
  )
  return lines.join('\n')
}

/** @throws when wrk is not installed */
export async function measure(port: number, load: Load): Promise<Measured> {
  const file = join(folder, `${serial++}.lua`)
  writeFileSync(file, script(load))
  const url = `http://127.0.0.1:${port}${load.ids === undefined ? load.path : '/'}`
  const { stdout } = await run('wrk', [
    '-t1',
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    '--timeout',
    '10s',
    '-s',
    file,
    url,
  ])
  const match = /RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)/.exec(stdout)
  if (match === null) throw new Error(`wrk said: ${stdout}`)
  const [, requests, micros, p50, p99, errors] = match.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return { requests, perSecond: (requests / micros) * 1e6, p50: p50 / 1000, p99: p99 / 1000, errors }
}
