/** Buffers that go round are lent to one at a time, and only some of them lie around. */
import { describe, expect, it } from 'vitest'
import { giveBuffer, takeBuffer } from './buffers.ts'

describe('buffers that go round', () => {
  it('are as large as was asked, and come back to whoever asks next', () => {
    const first = takeBuffer(150_000)
    expect(first.length).toBe(262_144)
    giveBuffer(first.subarray(0, 10))
    const second = takeBuffer(200_000)
    expect(second.buffer).toBe(first.buffer)
    expect(second.length).toBe(262_144)
    expect(takeBuffer(200_000).buffer).not.toBe(first.buffer)
  })

  it('are of sizes that fit many: never smaller than 128 KiB, never larger than 4 MiB', () => {
    expect(takeBuffer(1).length).toBe(131_072)
    expect(takeBuffer(131_073).length).toBe(262_144)
    const huge = takeBuffer(5_000_000)
    expect(huge.length).toBe(5_000_000)
    giveBuffer(huge)
    expect(takeBuffer(5_000_000).buffer).not.toBe(huge.buffer)
  })

  it('do not take in what others made', () => {
    const own = Buffer.allocUnsafeSlow(200_000)
    giveBuffer(own)
    giveBuffer(Buffer.from('small'))
    expect(takeBuffer(131_072).buffer).not.toBe(own.buffer)
  })

  it('lie around up to 8 MiB', () => {
    const lent = Array.from({ length: 5 }, () => takeBuffer(2_097_152))
    for (const buffer of lent) giveBuffer(buffer)
    const again = new Set(Array.from({ length: 5 }, () => takeBuffer(2_097_152).buffer))
    expect(lent.filter(({ buffer }) => again.has(buffer))).toHaveLength(4)
  })
})
