/** PostgreSQL's protocol 3 at the level of bytes: frontend messages out, backend messages cut from the stream. Source: PostgreSQL manual, "Frontend/Backend Protocol". */

/** First bytes of the backend messages that Postern reads. */
export const backend = {
  bindComplete: 0x32,
  closeComplete: 0x33,
  commandComplete: 0x43,
  dataRow: 0x44,
  error: 0x45,
  notification: 0x41,
  parameterStatus: 0x53,
  parseComplete: 0x31,
  portalSuspended: 0x73,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
  backendKeyData: 0x4b,
} as const

/** Collects frontend messages into one buffer, so that a whole exchange leaves in one write. */
export interface WireWriter {
  parse(statement: string, text: string): WireWriter
  /** @param formats of the results, 0 text and 1 binary, a number for each column; left out: all as text */
  bind(statement: string, values: readonly (string | null)[], formats?: readonly number[]): WireWriter
  /** Asks what types the columns of a statement have. */
  describe(statement: string): WireWriter
  /** `rows` 0: all of them. */
  execute(rows: number): WireWriter
  closeStatement(statement: string): WireWriter
  closePortal(): WireWriter
  flush(): WireWriter
  sync(): WireWriter
  /** The bytes so far; the writer starts anew. The result is valid until the next message is added. */
  take(): Buffer
}

const allTexts: readonly number[] = []

export function createWireWriter(): WireWriter {
  let buffer = Buffer.allocUnsafe(1024)
  let end = 0
  let lengthAt = 0

  const room = (bytes: number) => {
    if (end + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, end + bytes))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
  }
  const open = (type: number) => {
    room(5)
    buffer[end] = type
    lengthAt = end + 1
    end += 5
  }
  const seal = () => {
    buffer.writeInt32BE(end - lengthAt, lengthAt)
    return writer
  }
  const text = (value: string) => {
    // Three bytes a UTF-16 unit is the most UTF-8 can need; a bound saves measuring the string first.
    room(value.length * 3 + 1)
    end += buffer.write(value, end, 'utf8')
    buffer[end++] = 0
  }
  const int16 = (value: number) => {
    room(2)
    end = buffer.writeUInt16BE(value, end)
  }
  const int32 = (value: number) => {
    room(4)
    end = buffer.writeInt32BE(value, end)
  }

  /** Close and Describe name a statement (`S`) or a portal (`P`). */
  const about = (message: number, what: 0x50 | 0x53, name: string) => {
    open(message)
    room(1)
    buffer[end++] = what
    text(name)
    return seal()
  }

  const writer: WireWriter = {
    parse(statement, sql) {
      open(0x50)
      text(statement)
      text(sql)
      int16(0) // no types: every parameter carries a cast in the text
      return seal()
    },
    bind(statement, values, formats = allTexts) {
      open(0x42)
      text('') // the unnamed portal
      text(statement)
      int16(0) // all parameters as text
      int16(values.length)
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as string | null
        if (value === null) {
          int32(-1)
          continue
        }
        room(value.length * 3 + 4)
        const written = buffer.write(value, end + 4, 'utf8')
        buffer.writeInt32BE(written, end)
        end += written + 4
      }
      int16(formats.length)
      for (let i = 0; i < formats.length; i++) int16(formats[i] as number)
      return seal()
    },
    execute(rows) {
      open(0x45)
      text('')
      int32(rows)
      return seal()
    },
    describe: (statement) => about(0x44, 0x53, statement),
    closeStatement: (statement) => about(0x43, 0x53, statement),
    closePortal: () => about(0x43, 0x50, ''),
    flush() {
      open(0x48)
      return seal()
    },
    sync() {
      open(0x53)
      return seal()
    },
    take() {
      const bytes = buffer.subarray(0, end)
      // The socket may still hold the bytes when the next exchange begins: never write into them again.
      buffer = Buffer.allocUnsafe(end > 4096 ? 1024 : Math.max(1024, end))
      end = 0
      return bytes
    },
  }
  return writer
}

/** The Terminate message. */
export const terminateMessage = Buffer.from([0x58, 0, 0, 0, 4])

/** The request for TLS (SSLRequest). */
export const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/** A CancelRequest for the session with this process id and secret (BackendKeyData). The secret may be longer than four bytes from protocol 3.2 on. */
export function cancelRequest(processId: number, secret: Uint8Array): Buffer {
  const message = Buffer.alloc(12 + secret.length)
  message.writeInt32BE(message.length, 0)
  message.writeInt32BE(80877102, 4)
  message.writeInt32BE(processId, 8)
  message.set(secret, 12)
  return message
}

/** Takes whole backend messages: `type`, and the payload as `bytes[start..end)`, valid only during the call. */
export type OnMessage = (type: number, bytes: Buffer, start: number, end: number) => void

/**
 * Cuts a stream of chunks into backend messages, wherever the chunks are split. A message inside one chunk is not
 * copied; of one that spans chunks each part is copied and they are joined once, so a very long row costs linear time. No
 * chunk is kept: it is valid during the call only.
 * @returns a function that takes the next chunk
 */
export function createFramer(onMessage: OnMessage): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let have = 0
  /** Length of the message being collected, type byte included; 0 while its header is incomplete. */
  let need = 0

  const deliver = (message: Buffer) => onMessage(message[0] as number, message, 5, message.length)

  return (chunk) => {
    let at = 0
    if (have > 0) {
      if (need === 0) {
        // The header itself is split: join the few bytes there are.
        const joined = Buffer.concat([...parts, chunk], have + chunk.length)
        parts = []
        have = 0
        chunk = joined
      } else if (have + chunk.length < need) {
        parts.push(Buffer.from(chunk))
        have += chunk.length
        return
      } else {
        at = need - have
        parts.push(chunk.subarray(0, at))
        const message = Buffer.concat(parts, need)
        parts = []
        have = 0
        need = 0
        deliver(message)
      }
    }
    const length = chunk.length
    while (length - at >= 5) {
      const size = 1 + chunk.readInt32BE(at + 1)
      if (size < 5) throw new Error(`malformed message of the server: length ${size - 1}`)
      if (at + size > length) {
        need = size
        parts = [Buffer.from(chunk.subarray(at))]
        have = length - at
        return
      }
      onMessage(chunk[at] as number, chunk, at + 5, at + size)
      at += size
    }
    if (at < length) {
      parts = [Buffer.from(chunk.subarray(at))]
      have = length - at
      need = 0
    }
  }
}

/** What the server says of an error or notice; the field letters are those of the manual, "Error and Notice Message Fields". */
export interface ServerMessage {
  readonly severity: string
  readonly code: string
  readonly message: string
  readonly detail: string | undefined
  readonly constraint: string | undefined
  readonly table: string | undefined
  readonly column: string | undefined
  readonly routine: string | undefined
  /** It points at a place in a statement, ours or a routine's; not so when a value is at fault, or a place in its text. */
  readonly pointed: boolean
}

/** Reads an ErrorResponse or NoticeResponse. */
export function readServerMessage(bytes: Buffer, start: number, end: number): ServerMessage {
  const fields: Record<string, string> = {}
  let at = start
  while (at < end && bytes[at] !== 0) {
    const letter = String.fromCharCode(bytes[at] as number)
    const stop = bytes.indexOf(0, at + 1)
    fields[letter] = bytes.toString('utf8', at + 1, stop)
    at = stop + 1
  }
  return {
    severity: fields['V'] ?? fields['S'] ?? 'ERROR',
    code: fields['C'] ?? 'XX000',
    message: fields['M'] ?? '',
    detail: fields['D'],
    constraint: fields['n'],
    table: fields['t'],
    column: fields['c'],
    routine: fields['R'],
    // A place within a value comes with a context, one in a routine's statement with that statement.
    pointed: fields['q'] !== undefined || (fields['P'] !== undefined && fields['W'] === undefined),
  }
}

/** The object ids of the types of the columns in a RowDescription; of a domain, its base type's. */
export function typesOfColumns(bytes: Buffer, start: number): readonly number[] {
  const types: number[] = []
  let at = start + 2
  for (let left = bytes.readUInt16BE(start); left > 0; left--) {
    // Behind the name: table (4), its column (2), type (4), size (2), modifier (4), format (2).
    const name = bytes.indexOf(0, at) + 1
    types.push(bytes.readUInt32BE(name + 6))
    at = name + 18
  }
  return types
}

/** The number of rows in a CommandComplete tag: `INSERT 0 5` → 5, `SELECT 10` → 10, `BEGIN` → 0. */
export function affectedRows(bytes: Buffer, start: number, end: number): number {
  // The tag ends in a zero byte; the number, if any, is its last word.
  let number = 0
  let scale = 1
  for (let at = end - 2; at >= start; at--) {
    const byte = bytes[at] as number
    if (byte < 0x30 || byte > 0x39) return byte === 0x20 ? number : 0
    number += (byte - 0x30) * scale
    scale *= 10
  }
  return 0
}
