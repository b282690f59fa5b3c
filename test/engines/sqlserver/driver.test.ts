/** The driver's flow: what is sent for a statement and what comes back, and writes as transactions. */
import { describe, expect, it } from 'vitest'
import type { RowFormat } from '#engine/engine.ts'
import {
  answering,
  closeAfterEach,
  column,
  compiled,
  faultOf,
  hang,
  insert,
  number,
  one,
  open,
  select1,
  stub,
  text,
  within,
} from './driver.fixture.ts'

closeAfterEach()

describe('a statement', () => {
  it('binds every value as nvarchar of one length, so that equal statements share a plan, unless it is longer', async () => {
    const server = await stub({ answer: answering({ 'SELECT @p1': one }) })
    const c = await open(server)
    const q = compiled('SELECT @p1, @p2, @p3', [number('n')])
    const long = 'ü'.repeat(10_000)
    for (const values of [
      ['a', null, ''],
      ['ü'.repeat(4000), 'b', null],
      [long, '😀', null],
    ])
      await c.run(q, values, within(1000))
    const short = '@p1 nvarchar(4000), @p2 nvarchar(4000), @p3 nvarchar(4000)'
    expect(server.requests.filter((r) => r.kind === 'rpc')).toMatchObject([
      { text: 'SELECT @p1, @p2, @p3', declaration: short, values: ['a', null, ''] },
      { declaration: short, values: ['ü'.repeat(4000), 'b', null] },
      {
        declaration: '@p1 nvarchar(max), @p2 nvarchar(4000), @p3 nvarchar(4000)',
        values: [long, '😀', null],
      },
    ])
  })

  it('gives canonical bytes for every kind of value', async () => {
    const server = await stub({
      answer: answering({
        TYPES: (reply) => {
          reply
            .columns({
              i: 'int',
              b: 'bigint',
              t: 'bit',
              r: 'real',
              f: 'float',
              s: 'nvarchar',
              l: 'text',
              x: 'varbinary',
              j: 'text',
            })
            .row(
              -7,
              9_223_372_036_854_775_807n,
              true,
              0.1,
              1e300,
              'ü"😀',
              'a\tb',
              Buffer.from([0, 255]),
              '[1,{"d":\u0001d1.5000000000000000e+000\u0001}]',
            )
            .row(0, 0n, false, 16_777_216, 0.1, '', '', Buffer.alloc(0), 'null')
            .row(null, null, null, null, null, null, null, null, null)
            .done(3)
        },
      }),
    })
    const c = await open(server)
    const q = compiled('TYPES', [
      number('i'),
      number('b'),
      column('t', 'boolean'),
      column('r', 'float'),
      column('f', 'float'),
      column('s'),
      column('l'),
      column('x'),
      column('j', 'raw'),
    ])
    const { body, rows } = await c.run(q, [], within(1000))
    expect(rows).toBe(3)
    expect(text(body)).toBe(
      '[{"i":-7,"b":9223372036854775807,"t":true,"r":0.1,"f":1e+300,"s":"ü\\"😀","l":"a\\tb","x":"AP8=","j":[1,{"d":1.5}]},' +
        '{"i":0,"b":0,"t":false,"r":1.6777216e+07,"f":0.1,"s":"","l":"","x":"","j":null},' +
        '{"i":null,"b":null,"t":null,"r":null,"f":null,"s":null,"l":null,"x":null,"j":null}]',
    )
  })

  it('hands over the hidden columns of the last row that is kept, not of those behind it', async () => {
    const server = await stub({
      answer: answering({
        KEYS: (reply) =>
          void reply.columns({ n: 'int', k: 'nvarchar' }).row(1, 'a').row(2, 'bb').row(3, 'ccc').done(3),
      }),
    })
    const c = await open(server)
    const q = compiled('KEYS', [number('n'), { ...column('k'), hidden: true }])
    const run = async (o: { keep?: number; format: RowFormat }) => {
      const { body, rows, hidden } = await c.run(q, [], { ...within(1000, o.format), ...o })
      return [text(body), rows, hidden]
    }
    expect(await run({ format: 'array' })).toEqual(['[{"n":1},{"n":2},{"n":3}]', 3, ['ccc']])
    expect(await run({ format: 'array', keep: 2 })).toEqual(['[{"n":1},{"n":2}]', 3, ['bb']])
    expect(await run({ format: 'array', keep: 0 })).toEqual(['[]', 3, undefined])
    expect(await run({ format: 'object' })).toEqual(['{"n":1}', 3, ['a']])
  })

  it('counts the rows it wrote by what the text says of itself', async () => {
    const server = await stub({
      answer: answering({
        MARKED: (reply) =>
          void reply
            .columns({ n: 'int' })
            .row(5)
            .row(6)
            .done(2)
            .columns({ '#affected': 'bigint' })
            .row(7n)
            .done(1),
        PLAIN: (reply) => void reply.columns({ n: 'int' }).row(5).done(1),
      }),
    })
    const c = await open(server)
    const marked = await c.run(compiled('MARKED', [number('n')], 'update'), [], within(1000))
    expect(marked).toMatchObject({ rows: 2, affected: 7 })
    expect(text(marked.body)).toBe('[{"n":5},{"n":6}]')
    expect(await c.run(compiled('PLAIN', [number('n')]), [], within(1000))).toMatchObject({
      rows: 1,
      affected: 1,
    })
  })

  it('takes of a routine’s results only the marked one', async () => {
    const server = await stub({
      answer: answering({
        EXEC: (reply) =>
          void reply
            .columns({ junk: 'nvarchar', more: 'int' })
            .row('x', 1)
            .done(1)
            .columns({ '#row': 'int', m: 'int' })
            .row(42, 43)
            .done(1),
      }),
    })
    const c = await open(server)
    const { body, rows } = await c.run(compiled('EXEC', [number('n'), number('m')], 'call'), [], within(1000))
    expect(text(body)).toBe('[{"n":42,"m":43}]')
    expect(rows).toBe(1)
  })

  it('that fails leaves the session in order, and tells the first of several errors', async () => {
    const server = await stub({
      answer: answering({
        TWICE: (reply) =>
          void reply
            .error(
              2627,
              "Violation of UNIQUE KEY constraint 'u'. Cannot insert duplicate key in object 'dbo.t'.",
            )
            .error(3609, 'The transaction ended in the trigger.'),
        'SELECT 1': one,
      }),
    })
    const c = await open(server)
    await expect(c.run(compiled('TWICE'), [], within(1000))).rejects.toMatchObject({
      name: 'ServerError',
      number: 2627,
    })
    expect(c.isUsable()).toBe(true)
    expect((await c.run(select1, [], within(1000))).rows).toBe(1)
  })

  it('whose rows are not those it announced ends without ending the session', async () => {
    const server = await stub({
      answer: answering({
        'SELECT 1': (reply) => void reply.columns({ a: 'int', b: 'int' }).row(1, 2).done(1),
      }),
    })
    const c = await open(server)
    await expect(c.run(select1, [], within(1000))).rejects.toThrow('2 columns')
    expect(c.isUsable()).toBe(true)
  })

  it('waits for its turn: two at a time are refused', async () => {
    const server = await stub({
      answer: answering({ 'SELECT 1': (reply) => reply.sleep(50).then(() => one(reply)) }),
    })
    const c = await open(server)
    const first = c.run(select1, [], within(1000))
    await expect(c.run(select1, [], within(1000))).rejects.toThrow('busy')
    expect((await first).rows).toBe(1)
  })

  it('of the engine itself gives rows as texts', async () => {
    const server = await stub({
      answer: answering({
        CATALOGUE: (reply) =>
          void reply
            .columns({ a: 'nvarchar', b: 'int', c: 'bit', d: 'real' })
            .row('x', 5, true, 0.1)
            .row(null, 0, false, null)
            .done(2),
      }),
    })
    const c = await open(server)
    expect(await c.query('CATALOGUE', ['p'], within(1000))).toEqual([
      ['x', '5', 't', '0.1'],
      [null, '0', 'f', null],
    ])
    expect(server.requests.at(-1)).toMatchObject({ kind: 'rpc', values: ['p'] })
  })

  it('asks for the role of the database', async () => {
    let updateability = 'READ_WRITE'
    const server = await stub({
      answer: answering({
        Updateability: (reply) => void reply.columns({ '': 'nvarchar' }).row(updateability).done(1),
      }),
    })
    const c = await open(server)
    expect(await c.role(within(1000))).toBe('primary')
    updateability = 'READ_ONLY'
    expect(await c.role(within(1000))).toBe('replica')
  })

  it('arrives whole though its answer comes in the smallest packets', async () => {
    const long = 'ü😀'.repeat(500)
    const server = await stub({
      packetSize: 9,
      answer: answering({ LONG: (reply) => void reply.columns({ t: 'text' }).row(long).done(1) }),
    })
    const c = await open(server)
    const { body } = await c.run(compiled('LONG', [column('t')]), [], within(5000))
    expect(JSON.parse(text(body))).toEqual([{ t: long }])
  })

  it('may wait for locks as long as its deadline, and no longer than it must be told', async () => {
    const server = await stub()
    const c = await open(server)
    await c.run(select1, [], within(1500))
    await c.run(select1, [], within(10_000))
    await c.run(select1, [], within(9000))
    const timeouts = server.requests.map((r) => /^SET LOCK_TIMEOUT (\d+)$/.exec(r.text)?.[1]).filter((t) => t)
    expect(timeouts).toHaveLength(1)
    expect(Number(timeouts[0])).toBeGreaterThan(9900)
  })
})

describe('a write', () => {
  it('is a transaction of its own, in the same trip', async () => {
    const server = await stub()
    const c = await open(server)
    const before = server.requests.length
    await c.run(insert, [], within(1000))
    const sent = server.requests.slice(before)
    expect(sent).toHaveLength(1)
    expect(sent[0]?.text).toMatch(/BEGIN TRANSACTION;\nINSERT;\nCOMMIT TRANSACTION;/)
  })

  it('cut off by its deadline has changed nothing when the server says so', async () => {
    const server = await stub({
      answer: answering({
        INSERT: async (reply) => {
          reply.transaction('begin')
          await reply.flush()
          await hang(reply)
          reply.transaction('rollback')
        },
      }),
    })
    const c = await open(server)
    expect(await faultOf(c.run(insert, [], within(100)))).toBe('timeout no')
    expect(c.isUsable()).toBe(true)
  })

  it('cut off with its transaction still open is rolled back, and has changed nothing', async () => {
    const server = await stub({
      answer: answering({
        INSERT: async (reply) => {
          reply.transaction('begin')
          await hang(reply)
        },
        'IF @@TRANCOUNT > 0 ROLLBACK': (reply) => void reply.transaction('rollback').done(),
      }),
    })
    const c = await open(server)
    expect(await faultOf(c.run(insert, [], within(100)))).toBe('timeout no')
    expect(server.requests.at(-1)?.text).toBe('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION')
    expect(c.isUsable()).toBe(true)
  })

  it('cut off after its commit leaves its outcome open', async () => {
    const server = await stub({
      answer: answering({
        INSERT: async (reply) => {
          reply.transaction('begin').transaction('commit')
          await hang(reply)
        },
      }),
    })
    const c = await open(server)
    expect(await faultOf(c.run(insert, [], within(100)))).toBe('timeout unknown')
    expect(c.isUsable()).toBe(true)
  })

  it('under way when the connection is lost leaves its outcome open', async () => {
    const server = await stub({ answer: answering({ INSERT: (reply) => reply.hangUp() }) })
    const c = await open(server)
    expect(await faultOf(c.run(insert, [], within(1000)))).toBe('disconnected unknown')
    expect(c.isUsable()).toBe(false)
    expect(await faultOf(c.run(insert, [], within(1000)))).toBe('disconnected no')
  })

  it('that leaves a transaction open is rolled back before the session is lent again', async () => {
    const server = await stub({
      answer: answering({
        INSERT: (reply) => void reply.transaction('begin').done(),
        'IF @@TRANCOUNT > 0 ROLLBACK': (reply) => void reply.transaction('rollback').done(),
      }),
    })
    const c = await open(server)
    await c.run(insert, [], within(1000))
    expect(c.isUsable()).toBe(true)
    expect(server.requests.at(-1)?.text).toBe('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION')
  })
})
