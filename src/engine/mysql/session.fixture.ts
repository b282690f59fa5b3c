/** What a server says, byte by byte, where none is at hand that would say it: the packets of the protocol, and a socket that takes them. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { virtualClock } from '#base/clock.ts'
import type { OnRow, Step } from './exchange.ts'
import type { KillWhat } from './kill.ts'
import { createSession } from './session.ts'
import type { SessionParts } from './session-parts.ts'
import { createFramer } from './wire.ts'

const packet = (payload: Buffer): Buffer => {
  const header = Buffer.from([payload.length & 0xff, (payload.length >> 8) & 0xff, payload.length >> 16, 1])
  return Buffer.concat([header, payload])
}
const text = (value: string) => Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)])
const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8])

/** Status bits. */
export const autocommit = 2
export const more = 8

export const server = {
  ok: (affected = 0, status = autocommit) =>
    packet(Buffer.concat([Buffer.from([0, affected, 0]), u16(status), u16(0)])),
  eof: (status = autocommit) => packet(Buffer.concat([Buffer.from([0xfe]), u16(0), u16(status)])),
  error: (errno: number, sqlState = 'HY000', message = 'no') =>
    packet(Buffer.concat([Buffer.from([0xff]), u16(errno), Buffer.from(`#${sqlState}${message}`)])),
  prepared: (id: number, columns: readonly Buffer[] = [], parameters = 0) => {
    const head = Buffer.alloc(12)
    head.writeUInt32LE(id, 1)
    head.writeUInt16LE(columns.length, 5)
    head.writeUInt16LE(parameters, 7)
    const list = (of: readonly Buffer[]) => (of.length > 0 ? [...of, server.eof()] : [])
    return Buffer.concat([
      packet(head),
      ...list(Array.from({ length: parameters }, () => server.column('?', 253))),
      ...list(columns),
    ])
  },
  column: (name: string, type: number, o: { flags?: number; charset?: number } = {}) => {
    const fixed = Buffer.alloc(13)
    fixed[0] = 12
    fixed.writeUInt16LE(o.charset ?? 46, 1)
    fixed.writeUInt32LE(11, 3)
    fixed[7] = type
    fixed.writeUInt16LE(o.flags ?? 0, 8)
    return packet(Buffer.concat([...['def', '', '', '', name, name].map(text), fixed]))
  },
  count: (columns: number, described?: boolean) =>
    packet(Buffer.from(described === undefined ? [columns] : [columns, described ? 1 : 0])),
  /** Of texts, none of them NULL. */
  row: (...values: readonly string[]) =>
    packet(
      Buffer.concat([
        Buffer.from([0]),
        Buffer.alloc((values.length + 9) >> 3),
        ...values.map((value) => text(value)),
      ]),
    ),
  localInfile: () => packet(Buffer.concat([Buffer.from([0xfb]), Buffer.from('/etc/passwd')])),
}

/** A session over a socket whose other end is the test. */
export function openSession(o: Partial<SessionParts> = {}) {
  const clock = virtualClock()
  /** Commands as the server sees them: name, then what it is about. */
  const sent: string[] = []
  const names: Record<number, (payload: Buffer) => string> = {
    0x01: () => 'quit',
    0x03: (p) => `query ${p.toString('utf8', 1)}`,
    0x16: (p) => `prepare ${p.toString('utf8', 1)}`,
    0x17: (p) => `execute ${p.readUInt32LE(1)}`,
    0x19: (p) => `close ${p.readUInt32LE(1)}`,
  }
  const frame = createFramer((bytes, start, end) => {
    const payload = bytes.subarray(start, end)
    sent.push(names[payload[0] as number]?.(payload) ?? `unknown ${payload.toString('hex')}`)
  })
  const socket = Object.assign(new EventEmitter(), {
    destroyed: false,
    paused: false,
    write: (bytes: Buffer) => frame(bytes),
    pause: () => {
      socket.paused = true
    },
    resume: () => {
      socket.paused = false
    },
    destroy: () => {
      socket.destroyed = true
    },
    end: (bytes: Buffer) => {
      frame(bytes)
      socket.emit('close')
    },
  })
  const kills: { what: KillWhat; confirm: () => void; refuse: (error: Error) => void }[] = []
  const cancels: string[] = []
  let closed = 0
  const { session, receive } = createSession({
    socket: socket as unknown as Socket,
    cachesMetadata: false,
    maxPrepared: 8,
    maxPacket: () => 1_000_000,
    now: clock.now,
    after: clock.after,
    soon: (body) => body(),
    sendKill: (what) => new Promise((confirm, refuse) => kills.push({ what, confirm, refuse })),
    onCancel: (why, outcome) => cancels.push(`${why} ${outcome}`),
    onClosed: () => closed++,
    ...o,
  })
  return {
    session,
    clock,
    socket,
    kills,
    cancels,
    closed: () => closed,
    /** What the server says next. */
    say: (...packets: readonly Buffer[]) => receive(Buffer.concat(packets)),
    receive,
    /** The commands since the last look. */
    asked: () => sent.splice(0),
  }
}

export const step: Step = { text: 'S', values: [], prepare: true }
const never = new AbortController().signal
export const label = [server.column('label', 253)]

/** The texts of a row of texts. */
export const collect = () => {
  const rows: string[] = []
  const onRow: OnRow = (bytes, start, end, fields) => {
    let at = start + 1 + ((fields.codes.length + 9) >> 3)
    const row: string[] = []
    while (at < end) {
      const length = bytes[at] as number
      row.push(bytes.toString('utf8', at + 1, at + 1 + length))
      at += 1 + length
    }
    rows.push(`${fields.names.join()}: ${row.join()}`)
  }
  return { rows, onRow }
}
export const options = (
  o: { deadline?: number; signal?: AbortSignal; onRow?: OnRow; stream?: boolean } = {},
) => ({
  deadline: 5000,
  signal: never,
  onRow: () => {},
  ...o,
})
