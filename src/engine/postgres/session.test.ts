/** What a session makes of answers in an order that a real server gives only now and then. */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { Cancellation } from '#base/signal.ts'
import { createSession } from './session.ts'

/** Messages of the server. */
const message = (type: string, payload: Buffer = Buffer.alloc(0)) => {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(payload.length + 4, 1)
  return Buffer.concat([head, payload])
}
const row = message('D', Buffer.from([0, 1, 0, 0, 0, 1, 0x31]))
const suspended = message('s')
const complete = message('C', Buffer.from('SELECT 1\0'))
const closed = message('3')
const ready = message('Z', Buffer.from('I'))
const cancelledByUser = message('E', Buffer.from('SERROR\0VERROR\0C57014\0Mcanceled\0\0'))

function setUp() {
  const clock = virtualClock()
  const sent: Buffer[] = []
  const socket = Object.assign(new EventEmitter(), {
    destroyed: false,
    write: (bytes: Buffer) => void sent.push(Buffer.from(bytes)),
    pause: () => {},
    resume: () => {},
    destroy: () => {},
  })
  const cancel = Promise.withResolvers<void>()
  const { session, receive } = createSession({
    socket: socket as unknown as Socket,
    processId: 1,
    maxPrepared: 0,
    now: clock.now,
    after: clock.after,
    soon: (body) => body(),
    sendCancel: () => cancel.promise,
    onCancel: () => {},
    onNotify: undefined,
    onClosed: () => {},
  })
  /** Kinds of messages sent since the last look: P B E H C S and so on. */
  const kinds = () => {
    const bytes = Buffer.concat(sent.splice(0))
    let found = ''
    for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1))
      found += String.fromCharCode(bytes[at] as number)
    return found
  }
  const signal = new Cancellation()
  let batches = 0
  const stream = () =>
    session
      .exchange([{ text: 'SELECT', values: [], prepare: false }], {
        deadline: 10_000,
        signal,
        onRow: () => {},
        portal: {
          rows: 1,
          onBatch: async () => {
            batches++
            return 'more'
          },
        },
      })
      .then(String, (error: Error) => error.constructor.name)
  return { clock, session, receive, kinds, signal, stream, cancelled: cancel.resolve, batches: () => batches }
}

test('a cancel that reached the server between two batches ends the stream all the same, and the session lives', async () => {
  const { clock, session, receive, kinds, signal, stream, cancelled, batches } = setUp()
  const outcome = stream()
  receive(Buffer.concat([row, suspended]))
  await clock.advance(1)
  expect([kinds(), batches()]).toEqual(['PBEHEH', 1])
  signal.abort('gone')
  // The batch was over before the cancel: the server waits, and has heard nothing.
  receive(Buffer.concat([row, suspended]))
  await clock.advance(1)
  expect([kinds(), batches()]).toEqual(['CS', 1])
  receive(Buffer.concat([closed, ready]))
  cancelled()
  await clock.advance(1)
  // The statement that takes up a cancel that came too late.
  expect(kinds()).toBe('PBES')
  receive(Buffer.concat([complete, ready]))
  expect(await outcome).toBe('Cancelled')
  await clock.advance(2000)
  expect(session.usable()).toBe(true)
})

test('an error behind the Sync of a stream is answered with no other Sync', async () => {
  const { clock, session, receive, kinds, signal, stream, cancelled } = setUp()
  const outcome = stream()
  expect(kinds()).toBe('PBEH')
  signal.abort('gone')
  receive(Buffer.concat([row, suspended]))
  expect(kinds()).toBe('CS')
  cancelled()
  receive(cancelledByUser)
  expect(kinds()).toBe('')
  receive(ready)
  await clock.advance(1)
  expect(kinds()).toBe('PBES')
  receive(Buffer.concat([complete, ready]))
  expect(await outcome).toBe('ServerError')
  expect(session.usable()).toBe(true)
})
