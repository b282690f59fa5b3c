/** What the packets of the server say: handshake, OK, EOF, errors, and how columns are described. Pure. */
import { ServerError } from './server-error.ts'

/** First bytes of the server's answers. */
export const answer = { ok: 0x00, localInfile: 0xfb, eof: 0xfe, error: 0xff } as const

/** Bits of the server status that Postern reads. */
export const serverStatus = {
  inTransaction: 0x0001,
  autocommit: 0x0002,
  moreResults: 0x0008,
  outParameters: 0x1000,
} as const

/** Nothing is open in the session, and the next statement is committed by itself: a procedure can leave it otherwise. */
export const isAtRest = (status: number): boolean =>
  (status & (serverStatus.inTransaction | serverStatus.autocommit)) === serverStatus.autocommit

/** A number of varying length at `at`. */
export function readLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number
  if (first < 0xfb) return first
  if (first === 0xfc) return bytes.readUInt16LE(at + 1)
  if (first === 0xfd) return bytes.readUIntLE(at + 1, 3)
  return bytes.readUInt32LE(at + 1) + bytes.readUInt32LE(at + 5) * 0x1_00_00_00_00
}

/** How many bytes such a number takes, by its first one. */
export const lengthSize = (first: number): number =>
  first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9

/** The end of rows or of descriptions. A row may begin with the same byte only if it is longer. */
export const isEof = (bytes: Buffer, start: number, end: number): boolean =>
  bytes[start] === answer.eof && end - start < 9

/** The server status in an EOF packet. */
export const eofStatus = (bytes: Buffer, start: number): number => bytes.readUInt16LE(start + 3)

/** Warnings of the statement, in an EOF packet. */
export const eofWarnings = (bytes: Buffer, start: number): number => bytes.readUInt16LE(start + 1)

/** Rows that a statement touched (matched, as the session asks for), and the server status. */
export function readOk(bytes: Buffer, start: number): { affected: number; status: number } {
  let at = start + 1
  const affected = readLength(bytes, at)
  at += lengthSize(bytes[at] as number)
  at += lengthSize(bytes[at] as number) // the last id inserted
  return { affected, status: bytes.readUInt16LE(at) }
}

/** An ERR packet. Before the login is done it may come without an SQLSTATE. */
export function readError(bytes: Buffer, start: number, end: number): ServerError {
  const errno = bytes.readUInt16LE(start + 1)
  const marked = bytes[start + 3] === 0x23
  return new ServerError({
    errno,
    sqlState: marked ? bytes.toString('latin1', start + 4, start + 9) : 'HY000',
    message: bytes.toString('utf8', start + (marked ? 9 : 3), end),
  })
}

/** The answer to a prepared statement: its number, and how many parameters and columns are described next. */
export const readPrepared = (bytes: Buffer, start: number) => ({
  id: bytes.readUInt32LE(start + 1),
  columns: bytes.readUInt16LE(start + 5),
  parameters: bytes.readUInt16LE(start + 7),
})

/** Columns of a result. A new object whenever anything in it differs, so that what is worked out of one can be kept. */
export interface Fields {
  /** See fieldType, fieldUnsigned, fieldBinary. */
  readonly codes: readonly number[]
  readonly names: readonly string[]
  /** As the server sent them, to tell whether another one says the same. */
  readonly descriptions: readonly Buffer[]
}

const unsignedFlag = 0x20
/** The character set that means bytes. */
const binarySet = 63

/**
 * What decides how a column's values are read, in one number. The parts stand at fixed places before the end of a
 * description; what stands before them (names, and MariaDB's further type information) varies.
 */
export const fieldCode = (bytes: Buffer, end: number): number =>
  (bytes[end - 6] as number) |
  (((bytes[end - 5] as number) & unsignedFlag) << 8) |
  (bytes.readUInt16LE(end - 12) === binarySet ? 0x4000 : 0)

export const fieldType = (code: number): number => code & 0xff
export const fieldUnsigned = (code: number): boolean => (code & (unsignedFlag << 8)) !== 0
/** Its character set is that of bytes; so it is with numbers and times too. */
export const fieldBinary = (code: number): boolean => (code & 0x4000) !== 0

/** The name a description gives its column: the fifth of its texts. */
export function fieldName(bytes: Buffer, start: number): string {
  let at = start
  for (let skipped = 0; skipped < 4; skipped++) at += lengthSize(bytes[at] as number) + readLength(bytes, at)
  const from = at + lengthSize(bytes[at] as number)
  return bytes.toString('utf8', from, from + readLength(bytes, at))
}

/** Capability bits (MySQL, "Capabilities Flags"; MariaDB, "Initial Handshake Packet"). */
export const capability = { mysql: 0x0001, tls: 0x0800 } as const
/** Of MariaDB's extended bits: descriptions of columns are left out where the client has them already. */
export const cacheMetadata = 0x10

/** What the server says of itself before anybody has logged in. */
export interface Handshake {
  /** As the server writes it; MariaDB puts `5.5.5-` in front of versions before 11. */
  readonly version: string
  /** Its number for this session: what KILL takes. */
  readonly thread: number
  readonly capabilities: number
  readonly extended: number
}

/** @throws ServerError when the server turns us away at once; Error when it does not speak protocol 10 */
export function readHandshake(bytes: Buffer, start: number, end: number): Handshake {
  if (bytes[start] === answer.error) throw readError(bytes, start, end)
  const zero = bytes.indexOf(0, start + 1)
  // Number, version, its zero, thread, half the challenge, a zero, and the lower capabilities.
  if (bytes[start] !== 10 || zero < 0 || zero + 32 > end)
    throw Object.assign(new Error('the server does not speak the protocol of MySQL'), { code: 'NOT_MYSQL' })
  const low = bytes.readUInt16LE(zero + 14)
  const high = bytes.readUInt16LE(zero + 19)
  const capabilities = low + high * 0x1_00_00
  return {
    version: bytes.toString('latin1', start + 1, zero),
    thread: bytes.readUInt32LE(zero + 1),
    capabilities,
    // MariaDB keeps its own bits where MySQL has filler, and says so by leaving the first capability out.
    extended: (low & capability.mysql) === 0 ? bytes.readUInt32LE(zero + 28) : 0,
  }
}

/**
 * Asks a MariaDB server for one of its own capabilities, in a handshake response or TLS request that a library wrote
 * for MySQL: both begin alike, and the server reads its bits only if the first of MySQL's is not set.
 */
export function askFor(extended: number, packet: Buffer): void {
  if (extended === 0 || packet.length < 36) return
  packet[4] = (packet[4] as number) & ~capability.mysql
  packet.writeUInt32LE(extended, 32)
}
