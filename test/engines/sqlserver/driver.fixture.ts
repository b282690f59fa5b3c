/** What the tests of the driver's flow share: a server that is no database, connections to it, and small statements. */
import { afterEach } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import type { Compiled, Connection, OutputColumn, RowFormat } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectSqlServer } from '#engine/sqlserver/driver.ts'
import { classify } from '#engine/sqlserver/faults.ts'
import { readTarget } from '#engine/sqlserver/target.ts'
import { type StubBehaviour, type StubReply, startTdsStub, type TdsStub } from '../../support/tds-stub.ts'
import type { StubRequest } from '../../support/tds-tokens.ts'

export const never = new AbortController().signal
export const column = (name: string, encoding: OutputColumn['encoding'] = 'text'): OutputColumn => ({
  name,
  encoding,
  hidden: false,
})
export const number = (name: string) => column(name, 'number')

export const compiled = (
  text: string,
  columns: readonly OutputColumn[] = [],
  operation: Compiled['operation'] = 'select',
): Compiled => ({
  text,
  operation,
  bind: (values) => values as readonly (string | null)[],
  columns,
  prepare: true,
})
export const select1 = compiled('SELECT 1', [number('n')])
export const insert = compiled('INSERT', [], 'insert')

export const within = (ms: number, format: RowFormat = 'array', signal: AbortSignal = never) => ({
  deadline: clock.now() + ms,
  signal,
  format,
})
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
export const text = (body: Uint8Array) => Buffer.from(body).toString()
export const faultOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => {
      const { kind, applied } = classify(error)
      return `${kind} ${applied}`
    },
  )

const stubs: TdsStub[] = []
const connections: Connection[] = []

/** To be called once in each file: what its tests opened is closed behind each of them. */
export function closeAfterEach(): void {
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((c) => c.close()))
    await Promise.all(stubs.splice(0).map((s) => s.stop()))
  })
}

export async function stub(behaviour: StubBehaviour = {}): Promise<TdsStub> {
  const server = await startTdsStub(behaviour)
  stubs.push(server)
  return server
}

export async function open(
  server: TdsStub,
  o: Record<string, unknown> = {},
  seen: Observation[] = [],
): Promise<Connection> {
  const options = databaseOptions.parse({ url: server.url, ...o })
  const d = { clock, observe: (x: Observation) => seen.push(x), pool: 'primary', statementTimeout: 2000 }
  const connection = await connectSqlServer(readTarget(options), options, d, within(5000))
  connections.push(connection)
  return connection
}

/** A server whose answers are told by the statement: the first whose text begins so. */
export const answering =
  (answers: Readonly<Record<string, (reply: StubReply, request: StubRequest) => void | Promise<void>>>) =>
  (request: StubRequest, reply: StubReply) => {
    for (const [beginning, answer] of Object.entries(answers))
      if (request.text.includes(beginning)) return answer(reply, request)
  }
export const one = (reply: StubReply) => void reply.columns({ n: 'int' }).row(1).done(1)
/** Runs until the attention. */
export const hang = (reply: StubReply) => reply.sleep(30_000)
