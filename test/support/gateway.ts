/** The real gateway inside the test process, on free ports, and the plainest client that leaves its requests as they are. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type * as z from 'zod'
import { configSchema } from '#config/schema.ts'
import { type Serving, serveGateway } from '#roles/serve.ts'

/** The configuration as one writes it: everything may be left out. */
export type ConfigInput = z.input<typeof configSchema>

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON. @throws SyntaxError when it is none */
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever came
  readonly json: any
}

export interface RequestInit {
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes and texts go as they are; anything else as JSON, with its Content-Type. */
  readonly body?: unknown
}

export interface TestGateway {
  /** Of the data listener: `http://127.0.0.1:41234`. */
  readonly url: string
  readonly observe: string
  readonly admin: string
  /** `path` goes to the data listener byte for byte, so it must be encoded already. */
  request(method: string, path: string, init?: RequestInit): Promise<Answer>
  /** Sends these bytes on a connection of their own and gives all that comes back until the server closes it. */
  raw(bytes: Buffer | string): Promise<Buffer>
  /** What it has logged so far, a JSON document a line. */
  log(): string
  stop(): Promise<void>
}

/**
 * Starts the gateway on a database and waits until it serves. Time-outs are wide: the machine may be busy, and tests
 * of time-outs set their own.
 * @param o.ready false: waits for the listeners only
 * @throws Error with the end of the log when it does not serve within 30 s
 */
export async function startGateway(o: {
  url: string
  config?: ConfigInput
  ready?: boolean
}): Promise<TestGateway> {
  const { config = {} } = o
  const parsed = configSchema.parse({
    ...config,
    database: { url: o.url, ...config.database },
    pools: { acquireTimeout: '20s', ...config.pools },
    deadlines: { default: '20s', ...config.deadlines },
    listeners: {
      data: { port: 0 },
      observe: { host: '127.0.0.1', port: 0 },
      admin: { port: 0 },
      ...config.listeners,
    },
  } satisfies ConfigInput)
  const folder = mkdtempSync(join(tmpdir(), 'postern-gateway-'))
  const logFile = join(folder, 'log')
  const fd = openSync(logFile, 'w')
  const log = () => readFileSync(logFile, 'utf8')
  const agent = new Agent({ keepAlive: true })
  const serving = await serveGateway(parsed, { fd, signals: () => () => {} })
  const stop = async () => {
    agent.destroy()
    serving.lifecycle.shutdown()
    serving.lifecycle.shutdown()
    await serving.done
    closeSync(fd)
    rmSync(folder, { recursive: true })
  }
  // A gateway that cannot read the catalogue tries for ever; a test must not.
  const late = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => late.resolve('late'), 30_000)
  const serves = o.ready === false ? listening(serving) : serving.ready
  const first = await Promise.race([serves, serving.done, late.promise])
  clearTimeout(timer)
  if (first === 'late') {
    const why = log().slice(-2000)
    await stop()
    throw new Error(`the gateway did not become ready in 30 s; the end of its log:\n${why}`)
  }
  const { data, observe, admin } = serving.urls
  return {
    url: data,
    observe,
    admin,
    request: (method, path, init = {}) => send(agent, data, method, path, init),
    raw: (bytes) => sendRaw(data, bytes),
    log,
    stop,
  }
}

async function listening({ lifecycle }: Serving): Promise<void> {
  while (lifecycle.phase() === 'starting') await sleep(10)
}

function send(agent: Agent, base: string, method: string, path: string, init: RequestInit): Promise<Answer> {
  const { hostname, port } = new URL(base)
  const { body } = init
  const plain = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  const bytes = plain ? body : JSON.stringify(body)
  const headers: Record<string, string | number> = {
    ...(plain ? {} : { 'content-type': 'application/json' }),
    ...(bytes === undefined ? {} : { 'content-length': Buffer.byteLength(bytes) }),
    ...init.headers,
  }
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ agent, hostname, port, method, path, headers }, (incoming) => {
      const parts: Buffer[] = []
      incoming.on('data', (part: Buffer) => parts.push(part))
      incoming.on('error', reject)
      incoming.on('end', () => resolve(answer(incoming.statusCode ?? 0, incoming.headers, parts)))
    })
    outgoing.on('error', reject)
    outgoing.end(bytes)
  })
}

function answer(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  parts: readonly Buffer[],
): Answer {
  const bytes = Buffer.concat(parts)
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    bytes,
    get text() {
      return bytes.toString('utf8')
    },
    get json() {
      return JSON.parse(bytes.toString('utf8'))
    },
  }
}

function sendRaw(base: string, bytes: Buffer | string): Promise<Buffer> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    const parts: Buffer[] = []
    socket.on('data', (part: Buffer) => parts.push(part))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(parts)))
    socket.end(bytes)
  })
}
