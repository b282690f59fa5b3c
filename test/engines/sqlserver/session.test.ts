/** The driver's flow where time, callers and connections end: deadlines and attentions, transactions, streams, losses. */
import { describe, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import type { Connection } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { dial } from '#engine/sqlserver/dial.ts'
import { createSession, type ExchangeOptions } from '#engine/sqlserver/session.ts'
import { readTarget } from '#engine/sqlserver/target.ts'
import type { StubReply, TdsStub } from '../../support/tds-stub.ts'
import {
  answering,
  closeAfterEach,
  column,
  compiled,
  faultOf,
  hang,
  insert,
  never,
  number,
  one,
  open,
  select1,
  sleep,
  stub,
  within,
} from './driver.fixture.ts'

closeAfterEach()

describe('a deadline or a caller that leaves', () => {
  it('ends the statement in the server by an attention, and the session stays', async () => {
    const seen: Observation[] = []
    const server = await stub({ answer: answering({ HANG: hang, 'SELECT 1': one }) })
    const c = await open(server, {}, seen)
    const began = clock.now()
    await expect(c.run(compiled('HANG', [number('n')]), [], within(100))).rejects.toMatchObject({
      name: 'Cancelled',
      why: 'deadline',
    })
    expect(clock.now() - began).toBeLessThan(1000)
    expect(server.attentions()).toBe(1)
    expect(c.isUsable()).toBe(true)
    expect((await c.run(select1, [], within(1000))).rows).toBe(1)
    const caller = new AbortController()
    setTimeout(() => caller.abort(), 50)
    await expect(
      c.run(compiled('HANG', [number('n')]), [], within(5000, 'array', caller.signal)),
    ).rejects.toMatchObject({ name: 'Cancelled', why: 'client' })
    expect(c.isUsable()).toBe(true)
    expect(seen).toEqual([
      { kind: 'cancel', pool: 'primary', why: 'deadline', outcome: 'sent' },
      { kind: 'cancel', pool: 'primary', why: 'client', outcome: 'sent' },
    ])
  })

  it('that was there before the statement sends nothing', async () => {
    const server = await stub()
    const c = await open(server)
    const before = server.requests.length
    expect(await faultOf(c.run(select1, [], within(-1)))).toBe('timeout no')
    expect(await faultOf(c.run(select1, [], within(1000, 'array', AbortSignal.abort())))).toBe('cancelled no')
    expect(server.requests.length).toBe(before)
    expect(c.isUsable()).toBe(true)
  })

  it('waits for the acknowledgement before the session is anybody else’s', async () => {
    const server = await stub({ acknowledge: () => 300, answer: answering({ HANG: hang, 'SELECT 1': one }) })
    const c = await open(server)
    const began = clock.now()
    await expect(c.run(compiled('HANG', [number('n')]), [], within(100))).rejects.toMatchObject({
      why: 'deadline',
    })
    expect(clock.now() - began).toBeGreaterThan(390)
    expect(c.isUsable()).toBe(true)
    expect((await c.run(select1, [], within(1000))).rows).toBe(1)
  })

  it('gives the session up when no acknowledgement comes within a second', async () => {
    const seen: Observation[] = []
    const server = await stub({ acknowledge: () => 'never', answer: answering({ HANG: hang }) })
    const c = await open(server, {}, seen)
    const began = clock.now()
    expect(await faultOf(c.run(compiled('HANG', [number('n')]), [], within(100)))).toBe('timeout unknown')
    const took = clock.now() - began
    expect(took).toBeGreaterThan(1090)
    expect(took).toBeLessThan(1700)
    expect(c.isUsable()).toBe(false)
    expect(seen).toEqual([{ kind: 'cancel', pool: 'primary', why: 'deadline', outcome: 'failed' }])
    await expect.poll(server.open).toBe(0)
  })

  it('never hits the next statement, however late it comes (1,000 races)', async () => {
    const server = await stub({
      answer: answering({
        RACE: async (reply, { values }) => {
          await reply.sleep(Number(values[0]))
          if (!reply.attention.aborted) one(reply)
        },
        NEIGHBOUR: async (reply) => {
          await reply.sleep(1)
          if (reply.attention.aborted) reply.error(1, 'hit by somebody else’s attention')
          else one(reply)
        },
      }),
    })
    const c = await open(server)
    let cancelled = 0
    for (let round = 0; round < 1000; round++) {
      const caller = new AbortController()
      const timer = setTimeout(() => caller.abort(), round % 4)
      await c
        .run(compiled('RACE', [number('n')]), [String(round % 3)], within(2000, 'array', caller.signal))
        .catch((error: unknown) => {
          if ((error as { why?: string }).why !== 'client') throw error
          cancelled++
        })
      clearTimeout(timer)
      expect(c.isUsable()).toBe(true)
      expect((await c.run(compiled('NEIGHBOUR', [number('n')]), [], within(2000))).rows).toBe(1)
    }
    expect(cancelled).toBeGreaterThan(20)
    expect(cancelled).toBeLessThan(1000)
  }, 120_000)
})

describe('a transaction', () => {
  const transactions = {
    'BEGIN TRANSACTION': (reply: StubReply) => void reply.transaction('begin').done(),
    'COMMIT TRANSACTION': (reply: StubReply) => void reply.transaction('commit').done(),
    'ROLLBACK TRANSACTION': (reply: StubReply) => void reply.transaction('rollback').done(),
  }
  const texts = (server: TdsStub, from: number) => server.requests.slice(from).map((r) => r.text)

  it('begins with its first statement, runs each as it is, and commits', async () => {
    const server = await stub({ answer: answering({ ...transactions, 'SELECT 1': one }) })
    const c = await open(server)
    const before = server.requests.length
    const value = await c.transaction(within(1000), async (t) => {
      await t.run(insert, [], { format: 'array' })
      return (await t.run(select1, [], { format: 'array' })).rows
    })
    expect(value).toBe(1)
    expect(texts(server, before)).toEqual(['BEGIN TRANSACTION', 'INSERT', 'SELECT 1', 'COMMIT TRANSACTION'])
    expect(c.isUsable()).toBe(true)
  })

  it('without a statement is no trip at all', async () => {
    const server = await stub()
    const c = await open(server)
    const before = server.requests.length
    expect(await c.transaction(within(1000), async () => 5)).toBe(5)
    expect(server.requests.length).toBe(before)
  })

  it('is rolled back by whatever its body throws', async () => {
    const server = await stub({
      answer: answering({
        ...transactions,
        INSERT: (reply) => void reply.error(547, 'refused'),
      }),
    })
    const c = await open(server)
    const before = server.requests.length
    const failing = c.transaction(within(1000), (t) => t.run(insert, [], { format: 'array' }))
    await expect(failing).rejects.toMatchObject({ number: 547 })
    expect(texts(server, before)).toEqual([
      'BEGIN TRANSACTION',
      'INSERT',
      'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION',
    ])
    await expect(
      c.transaction(within(1000), async (t) => {
        await t.run(select1, [], { format: 'array' })
        throw new Error('thought better of it')
      }),
    ).rejects.toThrow('thought better of it')
    expect(c.isUsable()).toBe(true)
  })

  it('cut off by its deadline has changed nothing, also when the session is lost with it', async () => {
    let acknowledge: number | 'never' = 0
    const server = await stub({
      acknowledge: () => acknowledge,
      answer: answering({ ...transactions, INSERT: hang }),
    })
    const work = (c: Connection) =>
      faultOf(c.transaction(within(100), (t) => t.run(insert, [], { format: 'array' })))
    const first = await open(server)
    expect(await work(first)).toBe('timeout no')
    expect(first.isUsable()).toBe(true)
    acknowledge = 'never'
    const second = await open(server)
    expect(await work(second)).toBe('timeout no')
    expect(second.isUsable()).toBe(false)
  })

  it('lost during COMMIT leaves its outcome open, lost before it does not', async () => {
    const server = await stub({
      answer: answering({
        'BEGIN TRANSACTION': transactions['BEGIN TRANSACTION'],
        'COMMIT TRANSACTION': (reply) => reply.hangUp(),
        LOST: (reply) => reply.hangUp(),
      }),
    })
    const work = async (text: string) => {
      const c = await open(server)
      return faultOf(
        c.transaction(within(1000), (t) => t.run(compiled(text, [], 'insert'), [], { format: 'array' })),
      )
    }
    expect(await work('FINE')).toBe('disconnected unknown')
    expect(await work('LOST')).toBe('disconnected no')
  })
})

describe('a stream', () => {
  const wide = 'x'.repeat(1000)
  /** Sends rows as fast as the socket takes them; tells how many it has sent. */
  const rowsOf = (count: number, sent: { rows: number } = { rows: 0 }) => ({
    STREAM: async (reply: StubReply) => {
      reply.columns({ i: 'int', t: 'nvarchar' })
      for (; sent.rows < count && !reply.attention.aborted; sent.rows++) {
        reply.row(sent.rows, wide)
        if (sent.rows % 50 === 49) await reply.flush()
      }
      reply.done(count)
    },
  })
  const q = compiled('STREAM', [number('i'), column('t')])

  it('comes in pieces, no faster than they are taken, one at a time', async () => {
    const server = await stub({ answer: answering(rowsOf(5000)) })
    const c = await open(server)
    let bytes = 0
    let largest = 0
    let writing = 0
    const { rows } = await c.stream(q, [], {
      ...within(30_000, 'ndjson'),
      batch: 500,
      write: async (chunk) => {
        expect(++writing).toBe(1)
        bytes += chunk.length
        largest = Math.max(largest, chunk.length)
        await sleep(0)
        writing--
      },
    })
    expect(rows).toBe(5000)
    expect(bytes).toBeGreaterThan(5_000_000)
    expect(largest).toBeLessThan(200_000)
    expect(c.isUsable()).toBe(true)
  }, 30_000)

  it('leaves the rest in the server while its reader stands still, and ends at the deadline', async () => {
    const sent = { rows: 0 }
    const server = await stub({ answer: answering({ ...rowsOf(200_000, sent), 'SELECT 1': one }) })
    const c = await open(server)
    let release = () => {}
    const hanging = () =>
      new Promise<void>((resolve) => {
        release = resolve
      })
    const began = clock.now()
    await expect(
      c.stream(q, [], { ...within(500, 'ndjson'), batch: 500, write: hanging }),
    ).rejects.toMatchObject({ name: 'Cancelled', why: 'deadline' })
    expect(clock.now() - began).toBeLessThan(1500)
    // What the kernel's sockets hold, which is a few megabytes.
    expect(sent.rows).toBeLessThan(50_000)
    expect(c.isUsable()).toBe(true)
    // The reader comes back when the session is somebody else's.
    const neighbour = c.run(compiled('SELECT 1', [number('n')]), [], within(1000))
    release()
    expect((await neighbour).rows).toBe(1)
    expect(server.attentions()).toBe(1)
  }, 20_000)

  it('ends when its reader fails, and the session stays', async () => {
    const server = await stub({ answer: answering(rowsOf(200_000)) })
    const c = await open(server)
    const write = async () => {
      throw new Error('reader gone')
    }
    await expect(c.stream(q, [], { ...within(5000, 'ndjson'), batch: 500, write })).rejects.toThrow(
      'reader gone',
    )
    expect(c.isUsable()).toBe(true)
    expect(server.attentions()).toBe(1)
  }, 20_000)

  it('tells of an error in its middle', async () => {
    const server = await stub({
      answer: answering({
        STREAM: (reply) =>
          void reply
            .columns({ i: 'int', t: 'nvarchar' })
            .row(1, wide)
            .error(8134, 'Divide by zero error encountered.'),
      }),
    })
    const c = await open(server)
    await expect(
      c.stream(q, [], { ...within(5000, 'ndjson'), batch: 500, write: async () => {} }),
    ).rejects.toMatchObject({ number: 8134 })
    expect(c.isUsable()).toBe(true)
  })

  it('tells of a connection lost in its middle', async () => {
    const server = await stub({
      answer: answering({
        STREAM: async (reply) => {
          reply.columns({ i: 'int', t: 'nvarchar' }).row(1, wide)
          await reply.flush()
          reply.hangUp()
        },
      }),
    })
    const c = await open(server)
    expect(
      await faultOf(c.stream(q, [], { ...within(5000, 'ndjson'), batch: 500, write: async () => {} })),
    ).toBe('disconnected unknown')
  })
})

describe('a session', () => {
  it('that the server ends says why, as the server did, whether or not it still ends its answer', async () => {
    const killed = (reply: StubReply) =>
      reply.error(596, 'Cannot continue the execution because the session is in the kill state.', {
        severity: 21,
      })
    const server = await stub({
      answer: answering({ ENDED: (reply) => void killed(reply), CUT: (reply) => killed(reply).hangUp() }),
    })
    for (const statement of ['ENDED', 'CUT']) {
      const c = await open(server)
      await expect(c.run(compiled(statement, [number('n')]), [], within(1000))).rejects.toMatchObject({
        name: 'SessionLost',
        sent: true,
        cause: { number: 596 },
      })
      expect(c.isUsable()).toBe(false)
    }
  })

  it('notices that it was ended while idle', async () => {
    const server = await stub()
    const c = await open(server)
    await server.stop()
    await expect.poll(() => c.isUsable()).toBe(false)
  })

  it('closes at once, idle or not', async () => {
    const server = await stub({ answer: answering({ HANG: hang }) })
    const idle = await open(server)
    const busy = await open(server)
    const running = faultOf(busy.run(compiled('HANG', [number('n')]), [], within(5000)))
    await sleep(20)
    const began = clock.now()
    await Promise.all([idle.close(), busy.close()])
    expect(clock.now() - began).toBeLessThan(500)
    expect(await running).toBe('disconnected unknown')
    await expect.poll(server.open).toBe(0)
    await idle.close()
  })

  it('can be closed in the middle of an answer that has arrived already', async () => {
    const server = await stub({
      answer: answering({ 'SELECT 1': (reply) => void reply.columns({ n: 'int' }).row(1).row(2).done(2) }),
    })
    const options = databaseOptions.parse({ url: server.url })
    const session = createSession({
      connection: await dial(readTarget(options), options, { lockTimeout: 2000, readOnly: false }, never),
      now: clock.now,
      after: clock.after,
      onCancel: () => {},
    })
    const rows: unknown[] = []
    const onRow: ExchangeOptions['onRow'] = ([cell]) => {
      rows.push(cell?.value)
      void session.close()
    }
    const o = { ...within(1000), onColumns: () => {}, onRow }
    await expect(session.exchange({ text: 'SELECT 1', values: [] }, o)).rejects.toThrow('closed')
    // Whatever tedious still does with the rest of the answer it does by now, outside of anybody's reach.
    await sleep(50)
    expect(rows).toEqual([1])
  })
})
