import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affectedRows, cancelRequest, createFramer, createWireWriter, readServerMessage } from './wire.ts'

/** A backend message as the server would send it. */
const message = (type: number, payload: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(5 + payload.length)
  bytes[0] = type
  bytes.writeInt32BE(4 + payload.length, 1)
  bytes.set(payload, 5)
  return bytes
}

const collect = () => {
  const seen: { type: number; payload: string }[] = []
  const frame = createFramer((type, bytes, start, end) =>
    seen.push({ type, payload: bytes.toString('hex', start, end) }),
  )
  return { seen, frame }
}

describe('the framer', () => {
  it('gives the same messages wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ type: fc.integer({ min: 1, max: 127 }), payload: fc.uint8Array({ maxLength: 40 }) }),
          { minLength: 1, maxLength: 12 },
        ),
        fc.array(fc.nat(600), { maxLength: 12 }),
        (messages, cuts) => {
          const stream = Buffer.concat(messages.map((m) => message(m.type, m.payload)))
          const { seen, frame } = collect()
          const at = [0, ...cuts.map((c) => c % (stream.length + 1)).sort((a, b) => a - b), stream.length]
          for (let i = 1; i < at.length; i++) {
            const chunk = Buffer.from(stream.subarray(at[i - 1], at[i]))
            frame(chunk)
            // Whoever reads the next one reads it into the same bytes.
            chunk.fill(0xff)
          }
          expect(seen).toEqual(
            messages.map((m) => ({ type: m.type, payload: Buffer.from(m.payload).toString('hex') })),
          )
        },
      ),
    )
  })

  it('gives the same messages when every byte comes alone', () => {
    const stream = Buffer.concat([
      message(68, Buffer.from('abc')),
      message(90, Buffer.from('I')),
      message(68, Buffer.alloc(0)),
    ])
    const { seen, frame } = collect()
    for (const byte of stream) frame(Buffer.from([byte]))
    expect(seen.map((m) => m.type)).toEqual([68, 90, 68])
  })

  it('joins a message of many chunks once: twice the chunks cost about twice the copying, not four times', () => {
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
        const whole = message(68, new Uint8Array(chunks * 1000))
        for (let at = 0; at < whole.length; at += 1000) frame(whole.subarray(at, at + 1000))
        expect(seen).toHaveLength(1)
      } finally {
        Buffer.concat = original
      }
      return bytes
    }
    expect(copied(400)).toBeLessThan(copied(200) * 2.5)
  })

  it('refuses a length that cannot be', () => {
    const { frame } = collect()
    expect(() => frame(Buffer.from([68, 0, 0, 0, 2, 0]))).toThrow(/malformed/)
  })
})

describe('the writer', () => {
  it('writes Parse, Bind, Execute and Sync as the manual lays them out', () => {
    const bytes = createWireWriter().parse('p1', 'SELECT $1').bind('p1', ['ä', null]).execute(0).sync().take()
    expect(bytes.toString('latin1')).toBe(
      'P\0\0\0\x13p1\0SELECT $1\0\0\0' +
        'B\0\0\0\x18\0p1\0\0\0\0\x02\0\0\0\x02Ã¤\xff\xff\xff\xff\0\0' +
        'E\0\0\0\x09\0\0\0\0\0' +
        'S\0\0\0\x04',
    )
  })

  it('grows for long texts and gives bytes that later messages do not touch', () => {
    const writer = createWireWriter()
    const first = writer.bind('', ['x'.repeat(100_000)]).take()
    const copy = Buffer.from(first)
    writer.bind('', ['y'.repeat(100_000)]).take()
    expect(first.equals(copy)).toBe(true)
    expect(first.readInt32BE(1)).toBe(first.length - 1)
  })
})

it('reads the fields of an error', () => {
  const payload = Buffer.from('SFEHLER\0VERROR\0C23505\0Mdoppelt\0ncustomers_email_key\0tcustomers\0\0')
  expect(readServerMessage(payload, 0, payload.length)).toMatchObject({
    severity: 'ERROR',
    code: '23505',
    constraint: 'customers_email_key',
    table: 'customers',
    column: undefined,
  })
})

it.each([
  ['INSERT 0 5', 5],
  ['UPDATE 120', 120],
  ['SELECT 0', 0],
  ['BEGIN', 0],
])('counts the rows of %s', (tag, rows) => {
  const payload = Buffer.from(`${tag}\0`)
  expect(affectedRows(payload, 0, payload.length)).toBe(rows)
})

it('makes a cancel request with a secret of any length (protocol 3.2)', () => {
  expect(cancelRequest(7, Uint8Array.of(1, 2, 3, 4)).toString('hex')).toBe('0000001004d2162e0000000701020304')
  expect(cancelRequest(7, new Uint8Array(32)).readInt32BE(0)).toBe(44)
})
