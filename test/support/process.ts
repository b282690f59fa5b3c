/** The real binary as a child process, its log as parsed lines, and what tests ask of both. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'

const main = join(import.meta.dirname, '../../src/main.ts')

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string }

export interface Postern {
  readonly pid: number
  /** Where the listeners are; known from the line that says `listening`. */
  readonly data: string
  readonly observe: string
  readonly admin: string
  /** The base of the API: `http://127.0.0.1:1234/api/v1`. */
  readonly api: string
  /** Every line so far; grows. */
  readonly log: readonly LogLine[]
  /** Everything written so far, as it was written. */
  readonly output: { stdout: string; stderr: string }
  /** Fulfilled with the exit code or signal when the process has ended and its output is complete. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** The first line, past or to come, that fits. */
  line(fits: (line: LogLine) => boolean, withinMs?: number): Promise<LogLine>
  /** The lines of finished requests. */
  requests(): LogLine[]
  signal(signal: NodeJS.Signals): void
  /** SIGTERM and the end of the process; SIGKILL after 20 s. */
  stop(): Promise<number | NodeJS.Signals>
  /** Bytes of resident memory. */
  rss(): Promise<number>
  /** Open file descriptors. */
  descriptors(): Promise<number>
  /** Value of a series such as `postern_shed_total{reason="queue_full"}`; undefined when it is not there. */
  metric(series: string): Promise<number | undefined>
}

const running = new Set<ChildProcess>()
// A test that fails half-way must not leave a gateway behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface PosternOptions {
  /** URL of the database; undefined when the flags name it. */
  readonly database?: string
  /** Keys of the configuration: `{'pools.max': 2}` is `--pools.max=2`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  readonly env?: Readonly<Record<string, string>>
  /** What Node is given to run in place of the sources: flags, and a file. */
  readonly program?: readonly string[]
  /** Code that the process runs before the program. */
  readonly preload?: string
  /** A command that runs the program, given behind it: in a namespace of its own, say. It must become the program. */
  readonly under?: readonly string[]
  /** What to wait for; default `ready`. `nothing` gives no URLs. */
  readonly until?: 'nothing' | 'listening' | 'ready'
  /** How long to wait for it; default 30 s: a busy machine takes seconds to start a process. */
  readonly withinMs?: number
}

/** A `preload`: SIGUSR2 blocks the event loop, as a huge answer or a regular expression gone wild would. */
export const blockable = (ms: number) =>
  `import { writeSync } from 'node:fs'
   process.on('SIGUSR2', () => { writeSync(2, 'blocked'); const end = performance.now() + ${ms}; while (performance.now() < end); })`

/** Starts `postern serve` with all listeners on ports of the system's choice. */
export async function startPostern(o: PosternOptions): Promise<Postern> {
  const config: Record<string, string | number | boolean> = {
    ...(o.database === undefined ? {} : { 'database.url': o.database }),
    'listeners.data.port': 0,
    'listeners.observe.host': '127.0.0.1',
    'listeners.observe.port': 0,
    'listeners.admin.port': 0,
    ...o.config,
  }
  const preload =
    o.preload === undefined ? [] : [`--import=data:text/javascript,${encodeURIComponent(o.preload)}`]
  const flags = Object.entries(config).map(([key, value]) => `--${key}=${value}`)
  const node = [process.execPath, ...preload, ...(o.program ?? [main])]
  const [program = '', ...args] = [...(o.under ?? []), ...node, 'serve', ...flags]
  const child = spawn(program, args, {
    env: { ...o.env },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const log: LogLine[] = []
  const output = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
    const lines = (rest + text).split('\n')
    rest = lines.pop() as string
    for (const line of lines) log.push(JSON.parse(line) as LogLine)
    for (const look of watchers) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  let over = false
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      over = true
      running.delete(child)
      for (const look of watchers) look()
      resolve(code ?? signal ?? 1)
    })
  })

  const line = (fits: (line: LogLine) => boolean, withinMs = 20_000) =>
    new Promise<LogLine>((resolve, reject) => {
      let seen = 0
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        watchers.delete(look)
        settle()
      }
      const give = (what: string) =>
        finish(() =>
          reject(
            new Error(`${what}; its output was:\n${output.stdout.slice(-4000)}${output.stderr.slice(-4000)}`),
          ),
        )
      const look = () => {
        for (; seen < log.length; seen++) {
          const candidate = log[seen] as LogLine
          if (fits(candidate)) return finish(() => resolve(candidate))
        }
        if (over) give('the gateway ended before the line came')
      }
      const timer = setTimeout(() => give(`no such line of the log within ${withinMs} ms`), withinMs)
      watchers.add(look)
      look()
    })

  const urls = { data: '', observe: '', admin: '' }
  const postern: Postern = {
    pid: child.pid as number,
    get data() {
      return urls.data
    },
    get observe() {
      return urls.observe
    },
    get admin() {
      return urls.admin
    },
    get api() {
      return `${urls.data}/api/v1`
    },
    log,
    output,
    ended,
    line,
    requests: () => log.filter((l) => l.event === 'http.request'),
    signal: (signal) => void child.kill(signal),
    stop: async () => {
      if (over) return ended
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000)
      const outcome = await ended
      clearTimeout(timer)
      return outcome
    },
    rss: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    },
    descriptors: async () => (await readdir(`/proc/${child.pid}/fd`)).length,
    metric: async (series) => {
      const { text } = await ask(`${urls.observe}/metrics`)
      const found = text.split('\n').find((l) => l.startsWith(`${series} `))
      return found === undefined ? undefined : Number(found.slice(series.length + 1))
    },
  }
  const until = o.until ?? 'ready'
  if (until !== 'nothing') {
    const withinMs = o.withinMs ?? 30_000
    try {
      const listening = await line((l) => l.event === 'lifecycle' && l['phase'] === 'listening', withinMs)
      Object.assign(urls, {
        data: listening['data'],
        observe: listening['observe'],
        admin: listening['admin'],
      })
      if (until === 'ready') await line((l) => l.event === 'lifecycle' && l['phase'] === 'ready', withinMs)
    } catch (error) {
      // Nobody has it to stop it.
      child.kill('SIGKILL')
      throw error
    }
  }
  return postern
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** From before the request was made to the last byte. */
  readonly ms: number
  /** The body as JSON. */
  json(): any
  /** `code` of a problem document. */
  readonly code: string | undefined
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Default: a connection of its own. */
  readonly agent?: Agent
  readonly signal?: AbortSignal
  readonly socketPath?: string
}

/** One request. Rejects with the error of the connection when there is no (whole) answer. */
export function ask(url: string, o: Ask = {}): Promise<Answer> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      {
        method: o.method ?? 'GET',
        headers: {
          ...(o.body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(o.body) }),
          ...o.headers,
        },
        agent: o.agent ?? false,
        ...(o.signal === undefined ? {} : { signal: o.signal }),
        ...(o.socketPath === undefined ? {} : { socketPath: o.socketPath }),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          const problem = response.headers['content-type'] === 'application/problem+json'
          resolve({
            status: response.statusCode as number,
            headers: response.headers,
            text,
            ms: performance.now() - began,
            json: () => JSON.parse(text),
            code: problem ? (JSON.parse(text) as { code: string }).code : undefined,
          })
        })
      },
    )
    request.on('error', reject)
    request.end(o.body)
  })
}

/** What became of one request of a load. */
export interface Shot {
  /** performance.now() at its start and end. */
  readonly began: number
  readonly ended: number
  readonly status: number
  readonly code: string | undefined
  /** When there was no answer. */
  readonly error: NodeJS.ErrnoException | undefined
  /** Whether the connection had served a request before. */
  readonly reused: boolean
  /** The answer announced the end of its connection. */
  readonly lastOfConnection: boolean
}

export interface Load {
  readonly shots: readonly Shot[]
  stop(): Promise<readonly Shot[]>
}

/** Clients that ask one thing after the other over connections they keep, until stopped. */
export function startLoad(url: string, clients: number, pauseMs = 5): Load {
  const shots: Shot[] = []
  let stopped = false
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!stopped) {
      shots.push(await shoot(url, agent))
      await sleep(pauseMs)
    }
    agent.destroy()
  }
  const all = Array.from({ length: clients }, client)
  return {
    shots,
    stop: async () => {
      stopped = true
      await Promise.all(all)
      return shots
    },
  }
}

function shoot(url: string, agent: Agent): Promise<Shot> {
  const began = performance.now()
  return new Promise((resolve) => {
    const end = (o: Partial<Shot>) =>
      resolve({
        began,
        ended: performance.now(),
        status: 0,
        code: undefined,
        error: undefined,
        lastOfConnection: false,
        ...o,
        reused: request.reusedSocket,
      })
    const request = httpRequest(url, { agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', (error) => end({ error }))
      response.on('end', () =>
        end({
          status: response.statusCode as number,
          code:
            (response.statusCode as number) >= 400 ? (JSON.parse(text) as { code: string }).code : undefined,
          lastOfConnection: response.headers.connection === 'close',
        }),
      )
    })
    request.on('error', (error) => end({ error }))
    request.end()
  })
}

/**
 * Asks again and again until the answer is truthy, and gives it; throws after `withinMs`. The default only ends a test
 * that would wait for ever: where the time itself is the claim, it is given.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T> | T,
  withinMs = 15_000,
): Promise<T & {}> {
  const giveUp = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > giveUp) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(20)
  }
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
