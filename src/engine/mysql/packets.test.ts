import { describe, expect, it } from 'vitest'
import { askFor, isEof, readError, readHandshake, readLength, readOk } from './packets.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

it('reads numbers of any length', () => {
  for (const [bytes, value] of [
    ['fa', 250],
    ['fc fb 00', 251],
    ['fd ff ff 01', 131_071],
    ['fe 01 00 00 00 02 00 00 00', 8_589_934_593],
  ] as const)
    expect(readLength(hex(bytes), 0)).toBe(value)
})

it('reads the rows touched and the status of an OK packet', () => {
  expect(readOk(hex('00 02 00 03 00 00 00'), 0)).toEqual({ affected: 2, status: 3 })
  expect(readOk(hex('00 fc e8 03 fc 10 27 02 00 01 00'), 0)).toEqual({ affected: 1000, status: 2 })
})

it('reads errors with and without an SQLSTATE', () => {
  const full = Buffer.concat([hex('ff 26 04'), Buffer.from("#23000Duplicate entry 'ü'")])
  expect(readError(full, 0, full.length)).toMatchObject({
    errno: 1062,
    sqlState: '23000',
    message: "Duplicate entry 'ü'",
  })
  const early = Buffer.concat([hex('ff 10 04'), Buffer.from('Too many connections')])
  expect(readError(early, 0, early.length)).toMatchObject({
    errno: 1040,
    sqlState: 'HY000',
    message: 'Too many connections',
  })
})

it('tells the end of rows from a row that begins with the same byte', () => {
  expect(isEof(hex('fe 00 00 02 00'), 0, 5)).toBe(true)
  expect(isEof(hex('fe 00 00 00 01 00 00 00 00 78'), 0, 10)).toBe(false)
})

describe('the handshake', () => {
  const handshake = (version: string, low: number, extended: number) => {
    const fixed = Buffer.alloc(44 + 13)
    fixed.writeUInt32LE(4711, 0)
    fixed.writeUInt16LE(low, 13)
    fixed.writeUInt16LE(0x81bf, 18)
    fixed.writeUInt32LE(extended, 27)
    return Buffer.concat([Buffer.from([10]), Buffer.from(`${version}\0`), fixed])
  }

  it('of MariaDB tells its own capabilities', () => {
    const bytes = handshake('5.5.5-10.11.6-MariaDB', 0xf7fe, 0x1d)
    expect(readHandshake(bytes, 0, bytes.length)).toEqual({
      version: '5.5.5-10.11.6-MariaDB',
      thread: 4711,
      capabilities: 0x81bff7fe,
      extended: 0x1d,
    })
  })

  it('of MySQL has filler in their place', () => {
    const bytes = handshake('8.4.3', 0xffff, 0xffff)
    expect(readHandshake(bytes, 0, bytes.length)).toMatchObject({ version: '8.4.3', extended: 0 })
  })

  it('may be a refusal', () => {
    const bytes = Buffer.concat([hex('ff 10 04'), Buffer.from('Too many connections')])
    expect(() => readHandshake(bytes, 0, bytes.length)).toThrow('Too many connections')
  })

  it('of anything else is refused', () => {
    for (const text of ['SSH-2.0-OpenSSH_9.2\r\n', '\n', '\n8.0.1\0short'])
      expect(() => readHandshake(Buffer.from(text), 0, text.length)).toThrow('does not speak the protocol')
  })
})

it('asks MariaDB for its capability in a packet written for MySQL, and MySQL for nothing', () => {
  const response = Buffer.alloc(64)
  response.writeUInt32LE(0x00a2_8281, 4)
  const copy = Buffer.from(response)
  askFor(0, response)
  expect(response.equals(copy)).toBe(true)
  askFor(0x10, response)
  expect([response.readUInt32LE(4), response.readUInt32LE(32)]).toEqual([0x00a2_8280, 0x10])
})
