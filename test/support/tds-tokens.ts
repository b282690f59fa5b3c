/** Bytes of TDS 7.4 ([MS-TDS]) as a server writes and reads them, as far as the stub needs them. */

/** What a client sent after login. */
export interface StubRequest {
  readonly kind: 'batch' | 'rpc'
  readonly text: string
  /** Of an RPC: how its parameters are declared, and their values. */
  readonly declaration: string
  readonly values: readonly (string | null)[]
  /** Which connection it came on, counted from 0. */
  readonly connection: number
  /** How that connection named itself at login. */
  readonly application: string
}

export interface StubLogin {
  readonly user: string
  readonly password: string
  readonly application: string
  readonly database: string
  readonly language: string
  /** It says that it only reads: bit 5 of TypeFlags ([MS-TDS] 2.2.6.4). */
  readonly readOnly: boolean
}

export type StubType = 'int' | 'bigint' | 'bit' | 'real' | 'float' | 'nvarchar' | 'text' | 'varbinary'
export type StubValue = number | bigint | boolean | string | Buffer | null

/** Types of packets ([MS-TDS] 2.2.3.1.1). */
export const packet = { batch: 1, rpc: 3, response: 4, attention: 6, login: 16, prelogin: 18 } as const
/** Types of tokens ([MS-TDS] 2.2.7). */
export const token = {
  returnStatus: 0x79,
  columns: 0x81,
  error: 0xaa,
  loginAck: 0xad,
  row: 0xd1,
  environment: 0xe3,
  done: 0xfd,
  doneProc: 0xfe,
  doneInProc: 0xff,
} as const
export const doneMore = 1
export const doneError = 2
export const doneCount = 0x10
export const doneAttention = 0x20
const unlimited = 0xffff

export const byte = (n: number) => Buffer.from([n])
const uint16 = (n: number) => Buffer.from([n & 255, n >> 8])
export const int32 = (n: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(n)
  return bytes
}
const wide = (text: string) => Buffer.from(text, 'utf16le')
const shortName = (text: string) => Buffer.concat([byte(text.length), wide(text)])
/** LCID 0x0409, code page 1252. */
const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])

export function done(kind: number, status: number, count = 0): Buffer {
  const bytes = Buffer.alloc(13)
  bytes[0] = kind
  bytes.writeUInt16LE(status, 1)
  bytes.writeBigUInt64LE(BigInt(count), 5)
  return bytes
}

function sized(kind: number, body: Buffer): Buffer {
  return Buffer.concat([byte(kind), uint16(body.length), body])
}

export const environment = (type: number, now: Buffer, before: Buffer) =>
  sized(token.environment, Buffer.concat([byte(type), byte(now.length), now, byte(before.length), before]))

export const errorToken = (number: number, message: string, severity: number, procedure: string) =>
  sized(
    token.error,
    Buffer.concat([
      int32(number),
      byte(1),
      byte(severity),
      uint16(message.length),
      wide(message),
      shortName('stub'),
      shortName(procedure),
      int32(1),
    ]),
  )

/** @param encrypted whether the server offers TLS (ENCRYPT_ON), or has none (ENCRYPT_NOT_SUP) */
export function preloginAnswer(encrypted: boolean): Buffer {
  const version = Buffer.from([16, 0, 0x10, 0x00, 0, 0])
  const table = 5 * 2 + 1
  const option = (kind: number, at: number, length: number) =>
    Buffer.from([kind, at >> 8, at & 255, 0, length])
  return Buffer.concat([
    option(0, table, 6),
    option(1, table + 6, 1),
    byte(0xff),
    version,
    byte(encrypted ? 1 : 2),
  ])
}

/** Bytes of a message in packets of at most `size` bytes; `last`: the message ends with them. */
export function packets(bytes: Buffer, last: boolean, size: number): Buffer {
  const room = size - 8
  const count = Math.max(1, Math.ceil(bytes.length / room))
  const pieces = Array.from({ length: count }, (_, i) => {
    const piece = bytes.subarray(i * room, (i + 1) * room)
    const header = Buffer.alloc(8)
    header[0] = packet.response
    header[1] = last && i === count - 1 ? 1 : 0
    header.writeUInt16BE(piece.length + 8, 2)
    header[6] = (i + 1) & 255
    return Buffer.concat([header, piece])
  })
  return Buffer.concat(pieces)
}

/** ENVCHANGE of type 20, Routing ([MS-TDS] 2.2.7.9): protocol TCP, port and name; nothing was there before. */
function routing({ host, port }: { host: string; port: number }): Buffer {
  const to = Buffer.concat([byte(0), uint16(port), uint16(host.length), wide(host)])
  return sized(token.environment, Buffer.concat([byte(20), uint16(to.length), to, uint16(0)]))
}

/** @param route where the client is to log in instead */
export const loginAnswer = (route?: { host: string; port: number }) =>
  Buffer.concat([
    ...(route === undefined ? [] : [routing(route)]),
    sized(
      token.loginAck,
      Buffer.concat([byte(1), Buffer.from([0x74, 0, 0, 4]), shortName('stub'), Buffer.from([16, 0, 0, 0])]),
    ),
    done(token.done, 0),
  ])

export const refusal = ({ number, message }: { number: number; message: string }) =>
  Buffer.concat([errorToken(number, message, 14, ''), done(token.done, doneError)])

/** LOGIN7: a table of offsets and lengths (in letters) at byte 36. */
export function readLogin(body: Buffer): StubLogin {
  const field = (entry: number): Buffer => {
    const at = body.readUInt16LE(36 + entry * 4)
    return body.subarray(at, at + body.readUInt16LE(38 + entry * 4) * 2)
  }
  const clear = (bytes: Buffer) => Buffer.from(bytes.map((b) => (((b ^ 0xa5) & 15) << 4) | ((b ^ 0xa5) >> 4)))
  const text = (bytes: Buffer) => bytes.toString('utf16le')
  return {
    user: text(field(1)),
    password: text(clear(field(2))),
    application: text(field(3)),
    language: text(field(7)),
    database: text(field(8)),
    readOnly: ((body[26] as number) & 0x20) !== 0,
  }
}

/** Behind the headers, whose length stands in front. */
export const readBatch = (body: Buffer) => ({
  kind: 'batch' as const,
  text: body.toString('utf16le', body.readUInt32LE(0)),
  declaration: '',
  values: [],
})

/** sp_executesql with parameters of type nvarchar only. */
export function readRpc(body: Buffer): Omit<StubRequest, 'connection' | 'application'> {
  // Its number (10) stands in place of a name, then two bytes of flags.
  let at = body.readUInt32LE(0) + 6
  const parameters: (string | null)[] = []
  while (at < body.length) {
    at += 1 + (body[at] as number) * 2 + 1
    const max = body.readUInt16LE(at + 1) === unlimited
    at += 8
    const read = max ? readChunks(body, at) : readShort(body, at)
    parameters.push(read.value)
    at = read.at
  }
  const [text, declaration, ...values] = parameters
  return { kind: 'rpc', text: text ?? '', declaration: declaration ?? '', values }
}

function readShort(body: Buffer, at: number): { value: string | null; at: number } {
  const length = body.readUInt16LE(at)
  if (length === unlimited) return { value: null, at: at + 2 }
  return { value: body.toString('utf16le', at + 2, at + 2 + length), at: at + 2 + length }
}

function readChunks(body: Buffer, start: number): { value: string | null; at: number } {
  let at = start + 8
  if (body.readBigUInt64LE(start) === 0xffffffffffffffffn) return { value: null, at }
  const pieces: Buffer[] = []
  for (;;) {
    const length = body.readUInt32LE(at)
    at += 4
    if (length === 0) return { value: Buffer.concat(pieces).toString('utf16le'), at }
    pieces.push(body.subarray(at, at + length))
    at += length
  }
}

const typeInfo: Readonly<Record<StubType, Buffer>> = {
  int: Buffer.from([0x26, 4]),
  bigint: Buffer.from([0x26, 8]),
  bit: Buffer.from([0x68, 1]),
  real: Buffer.from([0x6d, 4]),
  float: Buffer.from([0x6d, 8]),
  nvarchar: Buffer.concat([byte(0xe7), uint16(8000), collation]),
  text: Buffer.concat([byte(0xe7), uint16(unlimited), collation]),
  varbinary: Buffer.concat([byte(0xa5), uint16(8000)]),
}

export function columnsToken(columns: Readonly<Record<string, StubType>>): Buffer {
  const entries = Object.entries(columns)
  return Buffer.concat([
    byte(token.columns),
    uint16(entries.length),
    // User type, flags (nullable), type, name.
    ...entries.flatMap(([name, type]) => [int32(0), uint16(1), typeInfo[type], shortName(name)]),
  ])
}

export function encoded(value: StubValue, type: StubType): Buffer {
  switch (type) {
    case 'nvarchar':
    case 'varbinary': {
      if (value === null) return uint16(unlimited)
      const bytes = Buffer.isBuffer(value) ? value : wide(String(value))
      return Buffer.concat([uint16(bytes.length), bytes])
    }
    case 'text': {
      const length = Buffer.alloc(8, 0xff)
      if (value === null) return length
      const bytes = wide(String(value))
      length.writeBigUInt64LE(BigInt(bytes.length))
      return Buffer.concat([length, ...(bytes.length > 0 ? [int32(bytes.length), bytes] : []), int32(0)])
    }
    default: {
      if (value === null) return byte(0)
      const bytes = Buffer.alloc({ int: 4, bigint: 8, bit: 1, real: 4, float: 8 }[type])
      if (type === 'int') bytes.writeInt32LE(Number(value))
      else if (type === 'bigint') bytes.writeBigInt64LE(value as bigint)
      else if (type === 'bit') bytes[0] = value ? 1 : 0
      else if (type === 'real') bytes.writeFloatLE(Number(value))
      else bytes.writeDoubleLE(Number(value))
      return Buffer.concat([byte(bytes.length), bytes])
    }
  }
}
