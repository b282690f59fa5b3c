/** A collector of OpenTelemetry for tests: takes OTLP over HTTP (protobuf), and shows the spans it was given. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One span, as far as tests ask (opentelemetry-proto, trace/v1/trace.proto). */
export interface SeenSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty where the trace begins. */
  readonly parentSpanId: string
  readonly name: string
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number
  /** Milliseconds since 1970. */
  readonly start: number
  readonly end: number
  readonly attributes: Readonly<Record<string, string | number>>
  /** 0 unset, 2 error. */
  readonly status: number
}

export interface Collector {
  readonly url: string
  readonly spans: SeenSpan[]
  /** Of the resource of the latest spans: `service.name` and the like. */
  resource: Readonly<Record<string, string | number>>
  /** Headers of the latest export. */
  headers: IncomingHttpHeaders
  /** How exports are answered from now on; `silence` takes them and says nothing. */
  answers: number | 'silence'
  stop(): Promise<void>
}

/** Listens on a port of the system's choice, or on this one. */
export async function startCollector(port = 0): Promise<Collector> {
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', () => {
      collector.headers = incoming.headers
      if (collector.answers === 'silence') return
      if (collector.answers === 200) take(Buffer.concat(parts))
      outgoing.writeHead(collector.answers, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  const take = (body: Buffer) => {
    for (const group of all(body, 1)) {
      collector.resource = attributes(all(group, 1), 1)
      for (const scope of all(group, 2)) for (const span of all(scope, 2)) collector.spans.push(spanOf(span))
    }
  }
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    spans: [],
    resource: {},
    headers: {},
    answers: 200,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return collector
}

interface Field {
  readonly number: number
  /** Of length-delimited fields the bytes, of all others the number. */
  readonly value: Buffer | bigint
}

/** The fields of a message (protobuf.dev, "Encoding"). */
function fields(message: Buffer): Field[] {
  const found: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++] as number
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = Number(varint())
    const number = tag >> 3
    if ((tag & 7) === 0) found.push({ number, value: varint() })
    else if ((tag & 7) === 2) {
      const length = Number(varint())
      found.push({ number, value: message.subarray(at, (at += length)) })
    } else {
      const wide = (tag & 7) === 1
      found.push({ number, value: wide ? message.readBigUInt64LE(at) : BigInt(message.readUInt32LE(at)) })
      at += wide ? 8 : 4
    }
  }
  return found
}

/** Of the length-delimited fields of this number, their bytes. */
const all = (message: Buffer, number: number) =>
  fields(message).flatMap((field) =>
    field.number === number && Buffer.isBuffer(field.value) ? [field.value] : [],
  )
const text = (message: Buffer, number: number, encoding: 'utf8' | 'hex' = 'utf8') =>
  all(message, number)[0]?.toString(encoding) ?? ''
const integer = (message: Buffer, number: number) =>
  Number(fields(message).find((field) => field.number === number)?.value ?? 0)

/** Of messages that hold `KeyValue`s in the field of this number; values are texts or whole numbers. */
function attributes(messages: readonly Buffer[], number: number): Record<string, string | number> {
  const pairs = messages.flatMap((message) => all(message, number))
  return Object.fromEntries(
    pairs.map((pair) => {
      const [value] = all(pair, 2) as [Buffer]
      return [text(pair, 1), all(value, 1).length > 0 ? text(value, 1) : integer(value, 3)]
    }),
  )
}

const spanOf = (span: Buffer): SeenSpan => ({
  traceId: text(span, 1, 'hex'),
  spanId: text(span, 2, 'hex'),
  parentSpanId: text(span, 4, 'hex'),
  name: text(span, 5),
  kind: integer(span, 6),
  start: integer(span, 7) / 1e6,
  end: integer(span, 8) / 1e6,
  attributes: attributes([span], 9),
  status: all(span, 15).map((status) => integer(status, 3))[0] ?? 0,
})
