/** The client/server protocol of MySQL and MariaDB at the level of bytes: commands out, packets cut from the stream. Sources: MySQL "Client/Server Protocol"; MariaDB "Clients & Connectors, Protocol". */

/** The most a packet takes, by the protocol; one that is full goes on in the next. Less is of use to tests only. */
const fullPacket = 0xff_ff_ff

/** First bytes of commands (MySQL, "Command Phase"). */
const command = { quit: 0x01, query: 0x03, prepare: 0x16, execute: 0x17, close: 0x19 } as const

/** All parameters travel as text; the statement casts them. */
const typeVarString = 0xfd

/** No fewer bytes than `execute` with these values takes: three for each UTF-16 unit, and what stands around them. */
export const mostBytesOfExecute = (values: readonly (string | null)[] = []): number =>
  values.reduce((sum, value) => sum + 16 + 3 * (value?.length ?? 0), 64)

/** Collects commands into one buffer, so that what goes together leaves in one write. */
export interface CommandWriter {
  /** A statement as text, without values. */
  query(text: string): CommandWriter
  prepare(text: string): CommandWriter
  /** `types`: tell the types of the parameters, which the server remembers from then on. */
  execute(statement: number, values: readonly (string | null)[], types: boolean): CommandWriter
  /** Has no answer. */
  closeStatement(statement: number): CommandWriter
  /** Bytes of the command added last, without the four of its header. */
  lastLength(): number
  /** The command added last is not to be sent after all. */
  takeBack(): void
  /** The bytes so far; the writer starts anew. */
  take(): Buffer
}

export function createCommandWriter(maxPayload = fullPacket): CommandWriter {
  let buffer = Buffer.allocUnsafe(1024)
  let end = 0
  let begin = 0
  let length = 0

  const room = (bytes: number) => {
    if (end + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, end + bytes))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
  }
  const open = (code: number) => {
    room(16)
    begin = end
    end += 4
    buffer[end++] = code
  }
  const header = (at: number, size: number, sequence: number) => {
    buffer[at] = size & 0xff
    buffer[at + 1] = (size >> 8) & 0xff
    buffer[at + 2] = (size >> 16) & 0xff
    buffer[at + 3] = sequence & 0xff
  }
  const seal = () => {
    length = end - begin - 4
    if (length < maxPayload) header(begin, length, 0)
    else split()
    return writer
  }
  /** One more header behind every full packet, the last ones moved first; the last piece may be empty. */
  const split = () => {
    const pieces = Math.floor(length / maxPayload)
    room(pieces * 4)
    const first = begin + 4
    for (let piece = pieces; piece > 0; piece--) {
      const from = first + piece * maxPayload
      const size = Math.min(length - piece * maxPayload, maxPayload)
      buffer.copy(buffer, from + piece * 4, from, from + size)
      header(from + piece * 4 - 4, size, piece)
    }
    header(begin, maxPayload, 0)
    end += pieces * 4
  }
  const raw = (text: string) => {
    // Three bytes a UTF-16 unit is the most UTF-8 can need; a bound saves measuring a short string first.
    room(text.length > 4096 ? Buffer.byteLength(text) : text.length * 3)
    end += buffer.write(text, end, 'utf8')
  }
  const value = (text: string) => {
    if (text.length <= 83) {
      // At most 249 bytes: the length is one byte.
      room(text.length * 3 + 1)
      const written = buffer.write(text, end + 1, 'utf8')
      buffer[end] = written
      end += written + 1
      return
    }
    const bytes = Buffer.byteLength(text)
    room(bytes + 9)
    end = lengthInto(buffer, end, bytes)
    end += buffer.write(text, end, 'utf8')
  }

  const writer: CommandWriter = {
    query(text) {
      open(command.query)
      raw(text)
      return seal()
    },
    prepare(text) {
      open(command.prepare)
      raw(text)
      return seal()
    },
    execute(statement, values, types) {
      open(command.execute)
      end = buffer.writeUInt32LE(statement, end)
      buffer[end++] = 0 // no cursor
      end = buffer.writeUInt32LE(1, end) // one iteration, always
      const count = values.length
      if (count > 0) {
        const bitmap = (count + 7) >> 3
        room(bitmap + 1 + (types ? 2 * count : 0))
        const nulls = end
        for (let i = 0; i < bitmap; i++) buffer[end++] = 0
        buffer[end++] = types ? 1 : 0
        if (types)
          for (let i = 0; i < count; i++) {
            buffer[end++] = typeVarString
            buffer[end++] = 0
          }
        for (let i = 0; i < count; i++) {
          const text = values[i] as string | null
          if (text === null) buffer[nulls + (i >> 3)] = (buffer[nulls + (i >> 3)] as number) | (1 << (i & 7))
          else value(text)
        }
      }
      return seal()
    },
    closeStatement(statement) {
      open(command.close)
      end = buffer.writeUInt32LE(statement, end)
      return seal()
    },
    lastLength: () => length,
    takeBack() {
      end = begin
    },
    take() {
      const bytes = buffer.subarray(0, end)
      // The socket may still hold the bytes when the next command begins: never write into them again.
      buffer = Buffer.allocUnsafe(1024)
      end = 0
      return bytes
    },
  }
  return writer
}

/** COM_QUIT. */
export const quitCommand = Buffer.from([1, 0, 0, 0, command.quit])

function lengthInto(buffer: Buffer, at: number, length: number): number {
  if (length < 251) {
    buffer[at] = length
    return at + 1
  }
  if (length < 0x1_00_00) {
    buffer[at] = 0xfc
    return buffer.writeUInt16LE(length, at + 1)
  }
  if (length < 0x1_00_00_00) {
    buffer[at] = 0xfd
    buffer[at + 1] = length & 0xff
    return buffer.writeUInt16LE(length >> 8, at + 2)
  }
  buffer[at] = 0xfe
  return buffer.writeBigUInt64LE(BigInt(length), at + 1)
}

/** Takes the payload of a whole packet as `bytes[start..end)`, valid only during the call. */
export type OnPacket = (bytes: Buffer, start: number, end: number) => void

/**
 * Cuts a stream of chunks into packets, wherever the chunks are split, and joins those that are continued. A packet
 * inside one chunk is not copied; of one that spans chunks each part is copied and they are joined once, so a very long row
 * costs linear time. No chunk is kept: it is valid during the call only.
 * @returns a function that takes the next chunk
 */
export function createFramer(onPacket: OnPacket, maxPayload = fullPacket): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let have = 0
  /** Length of the packet being collected, header included; 0 while the header is incomplete. */
  let need = 0
  /** Payloads of full packets, which go on. */
  let continued: Buffer[] = []

  const deliver = (bytes: Buffer, start: number, end: number) => {
    if (end - start === maxPayload) {
      continued.push(Buffer.from(bytes.subarray(start, end)))
      return
    }
    if (continued.length === 0) {
      onPacket(bytes, start, end)
      return
    }
    continued.push(bytes.subarray(start, end))
    const whole = Buffer.concat(continued)
    continued = []
    onPacket(whole, 0, whole.length)
  }

  return (chunk) => {
    let at = 0
    if (have > 0) {
      if (need === 0) {
        // The header itself is split: join the few bytes there are.
        parts.push(chunk)
        chunk = Buffer.concat(parts, have + chunk.length)
        parts = []
        have = 0
      } else if (have + chunk.length < need) {
        parts.push(Buffer.from(chunk))
        have += chunk.length
        return
      } else {
        at = need - have
        parts.push(chunk.subarray(0, at))
        const packet = Buffer.concat(parts, need)
        parts = []
        have = 0
        need = 0
        deliver(packet, 4, packet.length)
      }
    }
    const length = chunk.length
    while (length - at >= 4) {
      const size =
        4 + ((chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16))
      if (at + size > length) {
        need = size
        parts = [Buffer.from(chunk.subarray(at))]
        have = length - at
        return
      }
      deliver(chunk, at + 4, at + size)
      at += size
    }
    if (at < length) {
      parts = [Buffer.from(chunk.subarray(at))]
      have = length - at
      need = 0
    }
  }
}
