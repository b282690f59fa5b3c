import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCommandWriter, createFramer } from './wire.ts'

/** A packet as the server would send it. */
const packet = (payload: Uint8Array, sequence = 1): Buffer => {
  const header = Buffer.from([
    payload.length & 0xff,
    (payload.length >> 8) & 0xff,
    payload.length >> 16,
    sequence,
  ])
  return Buffer.concat([header, payload])
}

const collect = () => {
  const seen: string[] = []
  const frame = createFramer((bytes, start, end) => seen.push(bytes.toString('hex', start, end)))
  return { seen, frame }
}

describe('the framer', () => {
  it('gives the same packets wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(600), { maxLength: 12 }),
        (payloads, cuts) => {
          const stream = Buffer.concat(payloads.map((payload) => packet(payload)))
          const { seen, frame } = collect()
          const at = [0, ...cuts.map((c) => c % (stream.length + 1)).sort((a, b) => a - b), stream.length]
          for (let i = 1; i < at.length; i++) {
            const chunk = Buffer.from(stream.subarray(at[i - 1], at[i]))
            frame(chunk)
            // Whoever reads the next one reads it into the same bytes.
            chunk.fill(0xff)
          }
          expect(seen).toEqual(payloads.map((payload) => Buffer.from(payload).toString('hex')))
        },
      ),
    )
  })

  it('gives the same packets when every byte comes alone', () => {
    const { seen, frame } = collect()
    for (const byte of Buffer.concat([
      packet(Buffer.from('abc')),
      packet(Buffer.alloc(0)),
      packet(Buffer.from('d')),
    ]))
      frame(Buffer.from([byte]))
    expect(seen).toEqual(['616263', '', '64'])
  })

  it('joins what is continued in further packets, an empty last one too, wherever the stream is cut', () => {
    const full = 7
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 5 * full }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 30 }),
        (payloads, chunk) => {
          const stream = Buffer.concat(
            payloads.flatMap((payload) =>
              Array.from({ length: Math.floor(payload.length / full) + 1 }, (_, i) =>
                packet(payload.subarray(i * full, (i + 1) * full), i),
              ),
            ),
          )
          const seen: string[] = []
          const frame = createFramer(
            (bytes, start, end) => seen.push(bytes.toString('hex', start, end)),
            full,
          )
          for (let at = 0; at < stream.length; at += chunk) {
            const bytes = Buffer.from(stream.subarray(at, at + chunk))
            frame(bytes)
            bytes.fill(0xff)
          }
          expect(seen).toEqual(payloads.map((payload) => Buffer.from(payload).toString('hex')))
        },
      ),
    )
  })

  it('joins a packet of many chunks once: twice the chunks cost about twice the copying, not four times', () => {
    // Counted, not timed: the bytes given to Buffer.concat.
    const copied = (chunks: number) => {
      const original = Buffer.concat
      let bytes = 0
      Buffer.concat = (list: readonly Uint8Array[], length?: number) => {
        bytes += list.reduce((sum, part) => sum + part.length, 0)
        return original(list, length)
      }
      try {
        const { seen, frame } = collect()
        const whole = packet(new Uint8Array(chunks * 1000))
        for (let at = 0; at < whole.length; at += 1000) frame(whole.subarray(at, at + 1000))
        expect(seen).toHaveLength(1)
      } finally {
        Buffer.concat = original
      }
      return bytes
    }
    expect(copied(400)).toBeLessThan(copied(200) * 2.5)
  })
})

describe('the writer', () => {
  it('writes commands as the manual lays them out', () => {
    const writer = createCommandWriter()
    expect(writer.prepare('SELECT ?').take().toString('latin1')).toBe('\x09\0\0\0\x16SELECT ?')
    expect(writer.query('COMMIT').take().toString('latin1')).toBe('\x07\0\0\0\x03COMMIT')
    expect(writer.closeStatement(258).take().toString('hex')).toBe('050000001902010000')
    expect(writer.execute(7, ['ä', null], true).take().toString('hex')).toBe(
      '13000000170700000000010000000201fd00fd0002c3a4',
    )
    // The types are known from the first time.
    expect(writer.execute(7, [null, 'b'], false).take().toString('hex')).toBe(
      '0e0000001707000000000100000001000162',
    )
    expect(writer.execute(7, [], true).take().toString('hex')).toBe('0a00000017070000000001000000')
  })

  it('puts several commands into one write, each a packet of its own', () => {
    const { seen, frame } = collect()
    frame(createCommandWriter().closeStatement(1).query('DO 0').take())
    expect(seen).toEqual(['1901000000', '03444f2030'])
  })

  it('says the length of a value of any size in as many bytes as it takes', () => {
    const before = 10 + 1 + 1 + 2
    for (const [length, prefix] of [
      [0, '00'],
      [83, '53'],
      [84, '54'],
      [250, 'fa'],
      [251, 'fcfb00'],
      [65_535, 'fcffff'],
      [65_536, 'fd000001'],
    ] as const) {
      const bytes = createCommandWriter()
        .execute(1, ['x'.repeat(length)], true)
        .take()
      expect(bytes.toString('hex', 4 + before, 4 + before + prefix.length / 2)).toBe(prefix)
      expect(bytes.length).toBe(4 + before + prefix.length / 2 + length)
      expect(bytes.readUIntLE(0, 3)).toBe(bytes.length - 4)
    }
    // 83 characters that take three bytes each still have a length of one byte.
    const wide = createCommandWriter()
      .execute(1, ['€'.repeat(83)], true)
      .take()
    expect(wide[4 + before]).toBe(249)
  })

  it('cuts what is longer than a packet, and what is exactly as long gets an empty one behind it', () => {
    const full = 16
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 * full }), { minLength: 1, maxLength: 4 }),
        (lengths) => {
          const writer = createCommandWriter(full)
          for (const length of lengths) {
            writer.query('y'.repeat(length))
            expect(writer.lastLength()).toBe(length + 1)
          }
          const bytes = writer.take()
          const seen: string[] = []
          createFramer((b, start, end) => seen.push(b.toString('latin1', start, end)), full)(bytes)
          expect(seen).toEqual(lengths.map((length) => `\x03${'y'.repeat(length)}`))
          // The packets of a command are numbered.
          const numbers: number[] = []
          for (let at = 0; at < bytes.length; at += 4 + bytes.readUIntLE(at, 3))
            numbers.push(bytes[at + 3] as number)
          expect(numbers).toEqual(
            lengths.flatMap((length) =>
              Array.from({ length: Math.floor((length + 1) / full) + 1 }, (_, i) => i),
            ),
          )
        },
      ),
    )
  })

  it('gives bytes that later commands do not touch', () => {
    const writer = createCommandWriter()
    const first = writer.query('x'.repeat(100_000)).take()
    const copy = Buffer.from(first)
    writer.query('y'.repeat(100_000)).take()
    expect(first.equals(copy)).toBe(true)
  })
})
