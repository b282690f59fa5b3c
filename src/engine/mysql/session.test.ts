import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionLost } from '#engine/session-errors.ts'
import { ServerError } from './server-error.ts'
import type { Step } from './exchange.ts'
import { autocommit, collect, label, more, openSession, options, server, step } from './session.fixture.ts'

describe('a statement', () => {
  it('is prepared once, then only executed', async () => {
    const s = openSession()
    const { rows, onRow } = collect()
    const first = s.session.exchange(step, options({ onRow }))
    expect(s.asked()).toEqual(['prepare S'])
    s.say(server.prepared(7, label, 1))
    expect(s.asked()).toEqual(['execute 7'])
    s.say(server.count(1), ...label, server.eof(), server.row('a'), server.row('b'), server.eof())
    expect(await first).toBe(2)
    const second = s.session.exchange(step, options({ onRow }))
    expect(s.asked()).toEqual(['execute 7'])
    s.say(server.count(1), ...label, server.eof(), server.row('c'), server.eof())
    expect(await second).toBe(1)
    expect(rows).toEqual(['label: a', 'label: b', 'label: c'])
  })

  it('comes to the same wherever the answer is cut', async () => {
    const answer = Buffer.concat([
      server.count(2),
      server.column('a', 253),
      server.column('b', 253),
      server.eof(),
      server.row('x', 'y'),
      server.row('', 'ü'),
      server.eof(autocommit | more),
      server.count(1),
      ...label,
      server.eof(),
      server.row('second'),
      server.eof(autocommit | more),
      server.ok(3),
    ])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(answer.length), { maxLength: 8 }), async (cuts) => {
        const s = openSession()
        const { rows, onRow } = collect()
        const result = s.session.exchange(step, options({ onRow }))
        s.say(server.prepared(1))
        const at = [0, ...cuts.sort((a, b) => a - b), answer.length]
        for (let i = 1; i < at.length; i++) s.receive(answer.subarray(at[i - 1], at[i]))
        expect(await result).toBe(3)
        expect(rows).toEqual(['a,b: x,y', 'a,b: ,ü', 'label: second'])
        expect(s.session.usable()).toBe(true)
      }),
    )
  })

  it('is known by new columns when the server describes others, and by the same object while they are the same', async () => {
    const s = openSession()
    const seen: unknown[] = []
    const run = async (...columns: Buffer[]) => {
      const done = s.session.exchange(step, options({ onRow: (_, __, ___, fields) => seen.push(fields) }))
      if (s.asked()[0] === 'prepare S') s.say(server.prepared(1, label))
      s.say(server.count(columns.length), ...columns, server.eof(), server.row('x'), server.eof())
      await done
    }
    await run(...label)
    await run(...label)
    await run(server.column('label', 252))
    await run(server.column('renamed', 252))
    await run(server.column('renamed', 252), server.column('two', 253))
    await run(server.column('renamed', 252))
    expect(seen[1]).toBe(seen[0])
    expect(new Set(seen).size).toBe(5)
    expect(seen.map((f) => (f as { names: string[] }).names.join())).toEqual([
      'label',
      'label',
      'label',
      'renamed',
      'renamed,two',
      'renamed',
    ])
  })

  it('is known by the columns it was prepared with when the server leaves them out', async () => {
    const s = openSession({ cachesMetadata: true })
    const { rows, onRow } = collect()
    const run = async (...described: Buffer[]) => {
      const done = s.session.exchange(step, options({ onRow }))
      if (s.asked()[0] === 'prepare S') s.say(server.prepared(1, label))
      s.say(server.count(1, described.length > 0), ...described, server.eof(), server.row('x'), server.eof())
      await done
    }
    await run()
    await run(server.column('new', 253))
    await run()
    expect(rows).toEqual(['label: x', 'new: x', 'new: x'])
  })

  it('keeps columns that came before an error, as the server will not send them again', async () => {
    const s = openSession({ cachesMetadata: true })
    const { rows, onRow } = collect()
    const failing = s.session.exchange(step, options({ onRow }))
    s.say(server.prepared(1, label))
    s.say(server.count(1, true), server.column('new', 253), server.eof(), server.error(1242))
    await expect(failing).rejects.toThrow(ServerError)
    const next = s.session.exchange(step, options({ onRow }))
    s.say(server.count(1, false), server.eof(), server.row('x'), server.eof())
    await next
    expect(rows).toEqual(['new: x'])
  })

  it.each([
    ['has forgotten', 1243, ['prepare S', 'execute 2']],
    ['wants prepared anew', 1615, ['close 1', 'prepare S', 'execute 2']],
  ] as const)('that the server %s is prepared again', async (_, errno, commands) => {
    const s = openSession()
    const first = s.session.exchange(step, options())
    s.say(server.prepared(1), server.ok())
    await first
    const second = s.session.exchange(step, options())
    s.asked()
    s.say(server.error(errno))
    s.say(server.prepared(2))
    expect(s.asked()).toEqual(commands)
    s.say(server.ok(5))
    expect(await second).toBe(5)
  })

  it('is prepared again once only', async () => {
    const s = openSession()
    const done = s.session.exchange(step, options())
    s.say(server.prepared(1))
    s.say(server.error(1615))
    s.say(server.prepared(2))
    s.say(server.error(1615))
    await expect(done).rejects.toMatchObject({ errno: 1615 })
    expect(s.session.usable()).toBe(true)
  })

  it('makes room by closing the one used longest ago', async () => {
    const s = openSession({ maxPrepared: 2 })
    const run = async (text: string, id?: number) => {
      const done = s.session.exchange({ ...step, text }, options())
      if (id !== undefined) s.say(server.prepared(id))
      s.say(server.ok())
      await done
      return s.asked()
    }
    await run('A', 1)
    await run('B', 2)
    await run('A')
    expect(await run('C', 3)).toEqual(['prepare C', 'close 2', 'execute 3'])
    expect(await run('A')).toEqual(['execute 1'])
  })

  it('that is not to be kept is closed after it', async () => {
    const s = openSession()
    const done = s.session.exchange({ ...step, prepare: false }, options())
    s.say(server.prepared(1))
    s.say(server.error(1064, '42000'))
    await expect(done).rejects.toMatchObject({ errno: 1064, sqlState: '42000' })
    expect(s.asked()).toEqual(['prepare S', 'execute 1', 'close 1'])
  })

  it('runs alone', async () => {
    const s = openSession()
    void s.session.exchange(step, options())
    await expect(s.session.exchange(step, options())).rejects.toThrow('one statement at a time')
    expect(s.session.usable()).toBe(false)
  })

  it('is not sent after its time, or for somebody who has left', async () => {
    const s = openSession()
    await expect(s.session.exchange(step, options({ deadline: 0 }))).rejects.toMatchObject({
      sent: false,
      cancelled: 'deadline',
    })
    await expect(s.session.exchange(step, options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
      sent: false,
      cancelled: 'client',
    })
    expect(s.asked()).toEqual([])
  })
})

describe('the end of a session', () => {
  it('is told with the reason that the server gives while nothing runs', async () => {
    const s = openSession()
    s.say(server.error(4031, 'HY000', 'disconnected because of inactivity'))
    expect([s.session.usable(), s.closed()]).toEqual([false, 1])
    await expect(s.session.exchange(step, options())).rejects.toMatchObject({
      name: 'SessionLost',
      sent: false,
      cause: { errno: 4031 },
    })
  })

  it.each([1053, 1927, 3169])('by error %i loses the statement that runs', async (errno) => {
    const s = openSession()
    const done = s.session.exchange(step, options())
    s.say(server.prepared(1))
    s.say(server.error(errno))
    await expect(done).rejects.toMatchObject({ name: 'SessionLost', sent: true, cause: { errno } })
    s.socket.emit('close')
    expect(s.closed()).toBe(1)
  })

  it('while a statement is only prepared has not run it', async () => {
    const s = openSession()
    const done = s.session.exchange(step, options())
    s.socket.emit('close')
    await expect(done).rejects.toMatchObject({ name: 'SessionLost', sent: false })
  })

  it.each([
    ['asks for a file', [server.localInfile()]],
    ['leaves out columns that it never described', [server.count(1, false)]],
  ])('comes when the server %s', async (_, answer) => {
    const s = openSession({ cachesMetadata: true })
    const done = s.session.exchange(step, options())
    s.say(server.prepared(1))
    s.say(...answer)
    await expect(done).rejects.toThrow(SessionLost)
    expect(s.socket.destroyed).toBe(true)
  })

  it('comes when the server answers what nobody asked', () => {
    const s = openSession()
    s.say(server.ok())
    expect(s.session.usable()).toBe(false)
  })

  it('by ourselves says goodbye', async () => {
    const s = openSession()
    await s.session.close()
    expect([s.asked(), s.closed()]).toEqual([['quit'], 1])
  })
})

it('says when a transaction is open', async () => {
  const s = openSession()
  const begin = s.session.exchange(
    { text: 'START TRANSACTION', values: undefined, prepare: false },
    options(),
  )
  expect(s.asked()).toEqual(['query START TRANSACTION'])
  s.say(server.ok(0, 3))
  await begin
  expect([s.session.inTransaction(), s.session.usable()]).toEqual([true, false])
})

it('is of no use when a procedure has left it without autocommit', async () => {
  const s = openSession()
  const call = s.session.exchange(
    { text: 'CALL leaves_it_off()', values: undefined, prepare: false },
    options(),
  )
  s.say(server.ok(0, 0))
  await call
  expect([s.session.inTransaction(), s.session.usable()]).toEqual([false, false])
})

it('refuses what is longer than the server takes, without sending it', async () => {
  const s = openSession({ maxPacket: () => 1000 })
  const long: Step = { text: `SELECT '${'x'.repeat(1000)}'`, values: [], prepare: true }
  await expect(s.session.exchange(long, options())).rejects.toMatchObject({ errno: 1153 })
  expect([s.asked(), s.session.usable()]).toEqual([[], true])
})
