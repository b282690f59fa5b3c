/** Single values of the binary protocol as text: the loops below the rows. Pure, but for the buffer they write. Source: MySQL, "Binary Protocol Resultset". */
import { doubleText, singleText } from '#engine/floats.ts'

// All of them write into `out` from `at` on and give the new end, as in row-bytes.ts and for the same reason.

const zero = 0x30
const minus = 0x2d
const colon = 0x3a

/** Digits of a whole number from 0 to 2^53. */
export function digitsInto(out: Buffer, at: number, value: number): number {
  if (value < 10) {
    out[at] = zero + value
    return at + 1
  }
  let end = at + 1
  for (let bound = 10; value >= bound; bound *= 10) end++
  let i = end
  // Beyond 31 bits the operators of whole numbers do not reach.
  while (value > 0x7f_ff_ff_ff) {
    const rest = Math.floor(value / 10)
    out[--i] = zero + (value - rest * 10)
    value = rest
  }
  while (i > at) {
    const rest = (value / 10) | 0
    out[--i] = zero + (value - rest * 10)
    value = rest
  }
  return end
}

export function integerInto(out: Buffer, at: number, value: number): number {
  if (value >= 0) return digitsInto(out, at, value)
  out[at] = minus
  return digitsInto(out, at + 1, -value)
}

/** Eight bytes, with a sign or without. */
export function longInto(out: Buffer, at: number, bytes: Buffer, from: number, unsigned: boolean): number {
  const low = bytes.readUInt32LE(from)
  const high = unsigned ? bytes.readUInt32LE(from + 4) : bytes.readInt32LE(from + 4)
  const value = high * 0x1_00_00_00_00 + low
  if (Number.isSafeInteger(value)) return integerInto(out, at, value)
  const exact = unsigned ? bytes.readBigUInt64LE(from) : bytes.readBigInt64LE(from)
  return at + out.write(String(exact), at, 'latin1')
}

/** Bits, the highest first, as the number they make. */
export function bitsInto(out: Buffer, at: number, bytes: Buffer, from: number, to: number): number {
  if (to - from > 6)
    return at + out.write(BigInt(`0x${bytes.toString('hex', from, to)}`).toString(), at, 'latin1')
  let value = 0
  for (let i = from; i < to; i++) value = value * 256 + (bytes[i] as number)
  return digitsInto(out, at, value)
}

export const doubleInto = (out: Buffer, at: number, bytes: Buffer, from: number): number =>
  at + out.write(doubleText(bytes.readDoubleLE(from)), at, 'latin1')

export const singleInto = (out: Buffer, at: number, bytes: Buffer, from: number): number =>
  at + out.write(singleText(bytes.readFloatLE(from)), at, 'latin1')

const two = (out: Buffer, at: number, value: number): number => {
  const tens = (value / 10) | 0
  out[at] = zero + tens
  out[at + 1] = zero + (value - tens * 10)
  return at + 2
}

/** `2026-11-23`; a length of 0 is the zero date. */
export function dateInto(out: Buffer, at: number, bytes: Buffer, from: number, length: number): number {
  const year = length === 0 ? 0 : (bytes[from] as number) | ((bytes[from + 1] as number) << 8)
  const century = (year / 100) | 0
  at = two(out, at, century)
  at = two(out, at, year - century * 100)
  out[at++] = minus
  at = two(out, at, length === 0 ? 0 : (bytes[from + 2] as number))
  out[at++] = minus
  return two(out, at, length === 0 ? 0 : (bytes[from + 3] as number))
}

/** `2026-11-23 14:05:09.1`: left out parts are 0, the fraction has no zeros at its end. */
export function datetimeInto(out: Buffer, at: number, bytes: Buffer, from: number, length: number): number {
  at = dateInto(out, at, bytes, from, length)
  out[at++] = 0x20
  const timed = length > 4
  at = clockInto(
    out,
    two(out, at, timed ? (bytes[from + 4] as number) : 0),
    timed ? (bytes[from + 5] as number) : 0,
    timed ? (bytes[from + 6] as number) : 0,
  )
  return length > 7 ? fractionInto(out, at, bytes.readUInt32LE(from + 7)) : at
}

/** `-838:59:59.999999`: a sign, days and hours in one, at least two digits of it. */
export function timeInto(out: Buffer, at: number, bytes: Buffer, from: number, length: number): number {
  if (length === 0) return clockInto(out, two(out, at, 0), 0, 0)
  if (bytes[from] === 1) out[at++] = minus
  const hours = bytes.readUInt32LE(from + 1) * 24 + (bytes[from + 5] as number)
  at = hours < 100 ? two(out, at, hours) : digitsInto(out, at, hours)
  at = clockInto(out, at, bytes[from + 6] as number, bytes[from + 7] as number)
  return length > 8 ? fractionInto(out, at, bytes.readUInt32LE(from + 8)) : at
}

/** `:05:09` behind the hours. */
function clockInto(out: Buffer, at: number, minutes: number, seconds: number): number {
  out[at++] = colon
  at = two(out, at, minutes)
  out[at++] = colon
  return two(out, at, seconds)
}

/** `.123`: microseconds without the zeros at their end; nothing for 0. */
function fractionInto(out: Buffer, at: number, micros: number): number {
  if (micros === 0) return at
  out[at++] = 0x2e
  let digits = 6
  while (micros % 10 === 0) {
    micros /= 10
    digits--
  }
  for (let i = at + digits - 1; i >= at; i--) {
    const rest = (micros / 10) | 0
    out[i] = zero + (micros - rest * 10)
    micros = rest
  }
  return at + digits
}
