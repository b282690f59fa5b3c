/** A server on loopback that speaks just enough TDS 7.4 for the driver's tests ([MS-TDS]): it logs in, hands statements to the test and sends what the test says. */
import { type AddressInfo, createServer, type Socket } from 'node:net'
import {
  byte,
  columnsToken,
  done,
  doneAttention,
  doneCount,
  doneError,
  doneMore,
  encoded,
  environment,
  errorToken,
  int32,
  loginAnswer,
  packet,
  packets,
  preloginAnswer,
  readBatch,
  readLogin,
  readRpc,
  refusal,
  type StubLogin,
  type StubRequest,
  type StubType,
  type StubValue,
  token,
} from './tds-tokens.ts'
import { type Certificate, serveStrictTls, serveTls } from './tds-tls.ts'

/** How a test answers. Tokens are gathered and sent in packets; `flush` sends what there is. */
export interface StubReply {
  columns(columns: Readonly<Record<string, StubType>>): StubReply
  row(...values: readonly StubValue[]): StubReply
  /** A statement has ended; with a count unless NOCOUNT. */
  done(count?: number): StubReply
  error(number: number, message: string, o?: { severity?: number; procedure?: string }): StubReply
  /** The server tells that a transaction began, was committed or rolled back. */
  transaction(what: 'begin' | 'commit' | 'rollback'): StubReply
  /** Sends what has been gathered; resolves when the socket takes more. */
  flush(): Promise<void>
  /** Closes the connection, with what has been gathered or without. */
  hangUp(): void
  /** Aborts when the client sends an attention. */
  readonly attention: AbortSignal
  /** Waits, at the longest until the attention. */
  sleep(ms: number): Promise<void>
}

export interface TdsStub {
  readonly port: number
  readonly url: string
  readonly logins: readonly StubLogin[]
  readonly requests: readonly StubRequest[]
  /** Attentions that came, on whatever connection. */
  attentions(): number
  /** Connections that are open. */
  open(): number
  /** How those that are logged in name themselves. */
  present(): readonly string[]
  /** Ends every connection, as a server does whose database changes its role. */
  kick(): void
  stop(): Promise<void>
}

export interface StubBehaviour {
  /** Answers a statement; what it does not answer gets an empty success. */
  readonly answer?: (request: StubRequest, reply: StubReply) => void | Promise<void>
  /** Error with which a login is refused; undefined: it is not. */
  readonly refuse?: (login: StubLogin) => { readonly number: number; readonly message: string } | undefined
  /** Where a login is sent instead, by name or address and port, as the listener of an availability group does with readers. */
  readonly route?: (login: StubLogin) => { readonly host: string; readonly port: number } | undefined
  /** Milliseconds until an attention is acknowledged; `never` leaves the client waiting. */
  readonly acknowledge?: () => number | 'never'
  /** Bytes of a packet. */
  readonly packetSize?: number
  /** Offers TLS with it; without one the server has no encryption. */
  readonly certificate?: Certificate
  /** Speaks TLS from the first byte on, as TDS 8.0 does. */
  readonly strict?: boolean
  /** Answers to nothing at all, not even the first message. */
  readonly mute?: boolean
}

export async function startTdsStub(behaviour: StubBehaviour = {}): Promise<TdsStub> {
  const logins: StubLogin[] = []
  const requests: StubRequest[] = []
  const sockets = new Set<Socket>()
  const applications = new Map<Socket, string>()
  let attentions = 0
  let connections = 0
  const server = createServer((socket) => {
    const connection = connections++
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      applications.delete(socket)
    })
    if (behaviour.mute) return void socket.resume()
    let under: AbortController | undefined
    /** What packets go to and come from: the socket, or TLS over it. */
    let stream: Socket = socket
    const send = (bytes: Buffer, last: boolean) => {
      if (!socket.destroyed) stream.write(packets(bytes, last, behaviour.packetSize ?? 4096))
    }
    const acknowledge = () => {
      const ms = behaviour.acknowledge?.() ?? 0
      if (ms !== 'never') setTimeout(() => send(done(token.done, doneAttention), true), ms)
    }
    const onMessage = (type: number, body: Buffer) => {
      switch (type) {
        case packet.prelogin:
          send(preloginAnswer(behaviour.certificate !== undefined), true)
          if (behaviour.certificate === undefined || behaviour.strict) return
          stream = serveTls(socket, behaviour.certificate)
          receiveMessages(stream, onMessage)
          return
        case packet.login: {
          const login = readLogin(body)
          const refused = behaviour.refuse?.(login)
          logins.push(login)
          if (refused === undefined) applications.set(socket, login.application)
          send(refused === undefined ? loginAnswer(behaviour.route?.(login)) : refusal(refused), true)
          return
        }
        case packet.attention:
          attentions++
          if (under === undefined) acknowledge()
          else under.abort()
          return
        default: {
          const request = {
            ...(type === packet.rpc ? readRpc(body) : readBatch(body)),
            connection,
            application: applications.get(socket) ?? '',
          }
          requests.push(request)
          const running = new AbortController()
          under = running
          void answered(request, running.signal, socket, send, behaviour.answer).finally(() => {
            under = undefined
            if (running.signal.aborted) acknowledge()
          })
        }
      }
    }
    if (behaviour.strict && behaviour.certificate !== undefined)
      stream = serveStrictTls(socket, behaviour.certificate)
    receiveMessages(stream, onMessage)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `sqlserver://tester:s%40cret@127.0.0.1:${port}/shop`,
    logins,
    requests,
    attentions: () => attentions,
    open: () => sockets.size,
    present: () => [...applications.values()],
    kick: () => {
      for (const socket of sockets) socket.destroy()
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Lets the test answer, then ends the message. */
async function answered(
  request: StubRequest,
  attention: AbortSignal,
  socket: Socket,
  send: (bytes: Buffer, last: boolean) => void,
  answer: StubBehaviour['answer'],
): Promise<void> {
  const rpc = request.kind === 'rpc'
  let waiting: Buffer[] = []
  let types: readonly StubType[] = []
  let failed = false
  const add = (bytes: Buffer): StubReply => {
    waiting.push(bytes)
    return reply
  }
  const take = () => {
    const bytes = Buffer.concat(waiting)
    waiting = []
    return bytes
  }
  const reply: StubReply = {
    attention,
    columns(columns) {
      types = Object.values(columns)
      return add(columnsToken(columns))
    },
    row: (...values) =>
      add(
        Buffer.concat([byte(token.row), ...values.map((value, i) => encoded(value, types[i] as StubType))]),
      ),
    done: (count) =>
      add(
        done(
          rpc ? token.doneInProc : token.done,
          doneMore | (count === undefined ? 0 : doneCount),
          count ?? 0,
        ),
      ),
    error(number, message, { severity = 16, procedure = '' } = {}) {
      failed = true
      return add(errorToken(number, message, severity, procedure))
    },
    transaction: (what) =>
      add(
        environment(
          { begin: 8, commit: 9, rollback: 10 }[what],
          what === 'begin' ? Buffer.alloc(8, 7) : Buffer.alloc(0),
          what === 'begin' ? Buffer.alloc(0) : Buffer.alloc(8, 7),
        ),
      ),
    async flush() {
      send(take(), false)
      if (!socket.writableNeedDrain || attention.aborted) return
      await new Promise<void>((resolve) => {
        const go = () => {
          for (const event of ['drain', 'close']) socket.off(event, go)
          attention.removeEventListener('abort', go)
          resolve()
        }
        for (const event of ['drain', 'close']) socket.on(event, go)
        attention.addEventListener('abort', go)
      })
    },
    hangUp() {
      if (waiting.length > 0) send(take(), false)
      socket.end()
      socket.destroySoon()
    },
    sleep: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms)
        attention.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
      }),
  }
  await answer?.(request, reply)
  if (socket.destroyed || socket.writableEnded) return
  const status = failed || attention.aborted ? doneError : 0
  if (rpc) add(Buffer.concat([byte(token.returnStatus), int32(0)]))
  add(done(rpc ? token.doneProc : token.done, status))
  send(take(), true)
}

/** Cuts what arrives into messages; a message ends with the packet that says so. */
function receiveMessages(socket: Socket, onMessage: (type: number, body: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0)
  let body: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= 8) {
      const length = bytes.readUInt16BE(2)
      if (bytes.length < length) return
      const [type, status] = [bytes[0] as number, bytes[1] as number]
      body.push(bytes.subarray(8, length))
      bytes = bytes.subarray(length)
      if ((status & 1) === 0) continue
      const message = Buffer.concat(body)
      body = []
      onMessage(type, message)
    }
  })
}
