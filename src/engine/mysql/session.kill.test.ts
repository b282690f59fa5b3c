/** A session whose statement is to stop: every order in which the server may answer. */
import { describe, expect, it } from 'vitest'
import { hangUpGraceMs } from '#engine/graces.ts'
import { Cancelled } from '#engine/session-errors.ts'
import { ServerError } from './server-error.ts'
import { collect, label, openSession, options, server, step } from './session.fixture.ts'

describe('a kill', () => {
  /** A statement that runs, and whose caller has just left. */
  const left = () => {
    const s = openSession()
    const caller = new AbortController()
    const done = s.session.exchange(step, options({ signal: caller.signal }))
    s.say(server.prepared(1))
    caller.abort()
    s.asked()
    return { ...s, done }
  }
  /** The same, so long ago that it is being killed. */
  const cancelled = async () => {
    const s = left()
    await s.clock.advance(hangUpGraceMs)
    return s
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))

  it('of a statement whose caller has left comes only when that does not end by itself', async () => {
    const s = left()
    await s.clock.advance(hangUpGraceMs - 1)
    expect([s.kills, s.session.usable()]).toEqual([[], false])
    s.say(server.ok(4))
    expect(await s.done).toBe(4)
    await s.clock.advance(hangUpGraceMs)
    expect([s.asked(), s.kills, s.cancels, s.session.usable()]).toEqual([[], [], [], true])
    const other = left()
    await other.clock.advance(hangUpGraceMs)
    expect(other.kills).toHaveLength(1)
  })

  it('that ends the statement is followed by a harmless statement before anybody else gets the session', async () => {
    const s = await cancelled()
    s.say(server.error(1317, '70100'))
    await settled()
    expect([s.asked(), s.session.usable()]).toEqual([[], false])
    s.kills[0]?.confirm()
    await settled()
    expect([s.asked(), s.session.usable()]).toEqual([['query DO 0'], false])
    s.say(server.ok())
    await expect(s.done).rejects.toMatchObject({ errno: 1317, cancelled: 'client' })
    expect(s.session.usable()).toBe(true)
    expect(s.cancels).toEqual(['client sent'])
  })

  it('that comes late hits the harmless statement, and the result stands', async () => {
    const s = await cancelled()
    s.say(server.ok(4))
    s.kills[0]?.confirm()
    await settled()
    expect(s.asked()).toEqual(['query DO 0'])
    s.say(server.error(1317, '70100'))
    expect(await s.done).toBe(4)
    expect(s.session.usable()).toBe(true)
  })

  it('is waited for when the statement ends first, and the statement when the kill is confirmed first', async () => {
    const s = await cancelled()
    s.kills[0]?.confirm()
    await settled()
    expect(s.asked()).toEqual([])
    s.say(server.error(1317))
    expect(s.asked()).toEqual(['query DO 0'])
    s.say(server.ok())
    await expect(s.done).rejects.toThrow(ServerError)
  })

  it('that cannot be sent costs the session', async () => {
    const s = await cancelled()
    s.kills[0]?.refuse(new Error('too many connections'))
    await expect(s.done).rejects.toMatchObject({ name: 'SessionLost', sent: true, cancelled: 'client' })
    expect([s.session.usable(), s.socket.destroyed, s.closed()]).toEqual([false, true, 1])
    expect(s.cancels).toEqual(['client failed'])
  })

  it('that does not end the statement within a second costs the session', async () => {
    const s = await cancelled()
    s.kills[0]?.confirm()
    await s.clock.advance(999)
    expect(s.socket.destroyed).toBe(false)
    await s.clock.advance(2)
    await expect(s.done).rejects.toThrow('did not stop within 1000 ms')
    expect(s.socket.destroyed).toBe(true)
  })

  it('before the statement was executed leaves it so', async () => {
    const s = openSession()
    const done = s.session.exchange(step, options({ deadline: 100 }))
    await s.clock.advance(100)
    s.say(server.prepared(1))
    s.kills[0]?.confirm()
    await settled()
    s.say(server.ok())
    await expect(done).rejects.toThrow(Cancelled)
    expect(s.asked()).toEqual(['prepare S', 'query DO 0'])
    expect(s.session.usable()).toBe(true)
  })

  it('is not needed for a statement that was only prepared when its caller left', async () => {
    const s = openSession()
    const caller = new AbortController()
    const done = s.session.exchange(step, options({ signal: caller.signal }))
    caller.abort()
    s.say(server.prepared(1))
    await expect(done).rejects.toThrow(Cancelled)
    await s.clock.advance(hangUpGraceMs)
    expect([s.asked(), s.kills, s.session.usable()]).toEqual([['prepare S'], [], true])
  })

  it('is sent at the deadline', async () => {
    const s = openSession()
    const done = s.session.exchange(step, options({ deadline: 100 }))
    s.say(server.prepared(1))
    await s.clock.advance(99)
    expect(s.kills).toHaveLength(0)
    await s.clock.advance(1)
    expect(s.kills).toHaveLength(1)
    s.say(server.error(1317))
    s.kills[0]?.confirm()
    await settled()
    s.say(server.ok())
    await expect(done).rejects.toMatchObject({ cancelled: 'deadline' })
  })

  it('of a stream reads on, and whatever still comes is dropped', async () => {
    const s = openSession()
    const { rows, onRow } = collect()
    const caller = new AbortController()
    const done = s.session.exchange(step, options({ onRow, stream: true, signal: caller.signal }))
    s.say(server.prepared(1))
    s.say(server.count(1), ...label, server.eof(), server.row('a'))
    s.session.pause()
    caller.abort()
    expect(s.socket.paused).toBe(false)
    s.session.pause()
    expect(s.socket.paused).toBe(false)
    s.say(server.row('b'), server.eof())
    s.kills[0]?.confirm()
    await settled()
    s.say(server.ok())
    await expect(done).rejects.toMatchObject({ name: 'Cancelled', why: 'client' })
    expect(rows).toEqual(['label: a'])
  })

  it('stops a stream whose rows are no longer wanted', async () => {
    const s = openSession()
    let calls = 0
    const onRow = () => {
      calls++
      throw new Error('reader gone')
    }
    const done = s.session.exchange(step, options({ onRow, stream: true }))
    s.say(server.prepared(1))
    s.say(server.count(1), ...label, server.eof(), server.row('a'), server.row('b'))
    expect(s.kills).toHaveLength(1)
    s.say(server.row('c'), server.error(1317))
    s.kills[0]?.confirm()
    await settled()
    s.say(server.ok())
    await expect(done).rejects.toThrow('reader gone')
    expect([calls, s.session.usable()]).toEqual([1, true])
  })
})
