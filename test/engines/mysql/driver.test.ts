/** The driver against a real server: canonical bytes, prepared statements, deadlines, kills that hit nobody else, streams with back-pressure. */
import { createServer, connect as tcpConnect, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import type { Compiled, Connection, Encoding, OutputColumn, RowFormat } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectMysql } from '#engine/mysql/driver.ts'
import { readTarget } from '#engine/mysql/target.ts'
import { mariadbMissing, startMariadb, type TestMariadb } from '../../support/mariadb.ts'
import { describeUnless } from '../../support/unless.ts'

const never = new AbortController().signal
const column = (name: string, encoding: Encoding): OutputColumn => ({ name, encoding, hidden: false })
const number = (name: string) => column(name, 'number')
const text = (name: string) => column(name, 'text')

const compiled = (sql: string, columns: readonly OutputColumn[] = []): Compiled => ({
  text: sql,
  operation: 'select',
  bind: (values) => values as readonly (string | null)[],
  columns,
  prepare: true,
})
const within = (ms: number, format: RowFormat = 'array', signal: AbortSignal = never) => ({
  deadline: clock.now() + ms,
  signal,
  format,
})
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** The server waits for so long, and says so with an error when it is not left to. */
const nap = (seconds: number) =>
  compiled(`SELECT SLEEP(${seconds}), 1 FROM DUAL WHERE 1 = 1`, [number('s'), number('n')])
const json = (body: Uint8Array) => Buffer.from(body).toString()

const missing = mariadbMissing()

describeUnless(missing)('the driver on MariaDB', () => {
  let server: TestMariadb
  let url: string
  const seen: Observation[] = []
  const open = (o: Record<string, unknown> = {}, to = url): Promise<Connection> => {
    const options = databaseOptions.parse({ url: to, ...o })
    return connectMysql(
      readTarget(options),
      options,
      { clock, observe: (x) => seen.push(x), pool: 'primary', statementTimeout: 2000 },
      within(5000),
    )
  }
  const using = async <T>(
    body: (c: Connection) => Promise<T>,
    o: Record<string, unknown> = {},
  ): Promise<T> => {
    const c = await open(o)
    try {
      return await body(c)
    } finally {
      await c.close()
    }
  }
  const count = async (condition: string) =>
    Number(
      (
        await server.sql(
          url,
          `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND ${condition}`,
        )
      )[0]?.['n'],
    )
  const busy = () => count("COMMAND IN ('Query', 'Execute')")
  const sessions = () => count("USER = 'root'")
  /** Statements that this session has had prepared and closed, by the server's own count. */
  const spent = async (c: Connection, name: 'prepare' | 'close') =>
    Number((await c.query(`SHOW SESSION STATUS LIKE 'Com_stmt_${name}'`, [], within(1000)))[0]?.[1])

  beforeAll(async () => {
    server = await startMariadb({ settings: { 'max-allowed-packet': '64M', 'performance-schema': 'OFF' } })
    url = await server.createDatabase('driver')
  })
  afterAll(() => server?.stop())

  it('runs a prepared statement again and again and gives canonical bytes', () =>
    using(async (c) => {
      const q = compiled('SELECT CAST(? AS SIGNED) AS n, CAST(? AS CHAR) AS t', [number('n'), text('t')])
      for (const value of ['a', 'ü"', 'ü"'.repeat(200)]) {
        const result = await c.run(q, ['7', value], within(1000))
        expect(json(result.body)).toBe(`[{"n":7,"t":${JSON.stringify(value)}}]`)
        expect(result).toMatchObject({ rows: 1, affected: 1 })
      }
      expect(await spent(c, 'prepare')).toBe(1)
    }))

  it('binds NULL at every place, and values next to it', () =>
    using(async (c) => {
      const names = Array.from({ length: 19 }, (_, i) => `c${i}`)
      const q = compiled(`SELECT ${names.map((n) => `CAST(? AS CHAR) AS ${n}`).join(', ')}`, names.map(text))
      for (let nulls = 0; nulls <= 19; nulls++) {
        const values = names.map((name, i) => (i === nulls || i % 7 === 3 ? null : `${name}.${nulls}`))
        const [row] = JSON.parse(json((await c.run(q, values, within(1000))).body)) as [
          Record<string, unknown>,
        ]
        expect(Object.values(row)).toEqual(values)
      }
    }))

  it('keeps no more statements prepared than allowed, in the server too', () =>
    using(
      async (c) => {
        const held = (await spent(c, 'prepare')) - (await spent(c, 'close'))
        for (let i = 0; i < 30; i++) await c.run(compiled(`SELECT ${i}`, [number('n')]), [], within(1000))
        expect((await spent(c, 'prepare')) - (await spent(c, 'close')) - held).toBe(4)
      },
      { preparedStatements: 4 },
    ))

  it('prepares, runs and closes each time when it may keep nothing prepared', () =>
    using(
      async (c) => {
        const q = compiled('SELECT CAST(? AS SIGNED)', [number('n')])
        for (const n of ['1', '2', '3'])
          expect(json((await c.run(q, [n], within(1000))).body)).toBe(`[{"n":${n}}]`)
        expect([await spent(c, 'prepare'), await spent(c, 'close')]).toEqual([3, 3])
      },
      { preparedStatements: 0 },
    ))

  it('goes on after an error of the server', () =>
    using(async (c) => {
      await c.query('CREATE TEMPORARY TABLE u (v INT PRIMARY KEY)', [], within(1000))
      const insert = compiled('INSERT INTO u VALUES (CAST(? AS SIGNED))')
      expect(await c.run(insert, ['1'], within(1000))).toMatchObject({ affected: 1, rows: 0 })
      await expect(c.run(insert, ['1'], within(1000))).rejects.toMatchObject({
        errno: 1062,
        sqlState: '23000',
      })
      await expect(c.run(compiled('SELECT nonsense', [number('n')]), [], within(1000))).rejects.toMatchObject(
        {
          errno: 1054,
        },
      )
      await expect(c.query('SELECT nonsense', [], within(1000))).rejects.toMatchObject({ errno: 1054 })
      expect(c.isUsable()).toBe(true)
      expect((await c.run(compiled('SELECT 1', [number('n')]), [], within(1000))).rows).toBe(1)
    }))

  it('gives the columns as they are now after a table was changed under a prepared statement', () =>
    using(async (c) => {
      await c.query('CREATE TABLE shifty (v INT)', [], within(1000))
      await c.query('INSERT INTO shifty VALUES (7)', [], within(1000))
      const q = compiled('SELECT v FROM shifty', [number('v')])
      const read = async () => json((await c.run(q, [], within(1000))).body)
      expect([await read(), await read()]).toEqual(['[{"v":7}]', '[{"v":7}]'])
      await c.query('ALTER TABLE shifty MODIFY v DECIMAL(9,3)', [], within(1000))
      expect([await read(), await read()]).toEqual(['[{"v":7.000}]', '[{"v":7.000}]'])
      await c.query('ALTER TABLE shifty MODIFY v BIGINT UNSIGNED', [], within(1000))
      await c.query('UPDATE shifty SET v = 18446744073709551615', [], within(1000))
      expect([await read(), await read()]).toEqual(Array(2).fill('[{"v":18446744073709551615}]'))
      await c.query('ALTER TABLE shifty DROP COLUMN v, ADD w INT', [], within(1000))
      await expect(c.run(q, [], within(1000))).rejects.toMatchObject({ errno: 1054 })
      await c.query('DROP TABLE shifty', [], within(1000))
      await expect(c.run(q, [], within(1000))).rejects.toMatchObject({ errno: 1146 })
    }))

  it('refuses rows that do not fit the statement, and goes on', () =>
    using(async (c) => {
      await expect(c.run(compiled('SELECT 1, 2', [number('n')]), [], within(1000))).rejects.toThrow(
        'the server sent 2 columns, the statement has 1',
      )
      expect((await c.run(compiled('SELECT 1', [number('n')]), [], within(1000))).rows).toBe(1)
    }))

  it('counts rows beyond those to keep, and hands over what is hidden of the last one kept', () =>
    using(async (c) => {
      const q = compiled('SELECT seq, seq * 10 FROM seq_1_to_5', [
        number('n'),
        { ...number('h'), hidden: true },
      ])
      for (const [keep, body, hidden] of [
        [3, '[{"n":1},{"n":2},{"n":3}]', ['30']],
        [5, '[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5}]', ['50']],
        [0, '[]', undefined],
      ] as const) {
        const result = await c.run(q, [], { ...within(1000), keep })
        expect([json(result.body), result.rows, result.hidden]).toEqual([body, 5, hidden])
      }
      const first = await c.run(q, [], within(1000, 'object'))
      expect([json(first.body), first.hidden]).toEqual(['{"n":1}', ['10']])
    }))

  it('counts the rows that an update matches, changed or not', () =>
    using(async (c) => {
      await c.query('CREATE TEMPORARY TABLE m (v INT)', [], within(1000))
      await c.query('INSERT INTO m VALUES (1), (1), (2)', [], within(1000))
      expect((await c.run(compiled('UPDATE m SET v = 1 WHERE v = 1'), [], within(1000))).affected).toBe(2)
    }))

  it('prepares once more when the server has no room for it, after giving back what it holds', async () => {
    const c = await open()
    try {
      for (let i = 0; i < 5; i++) await c.run(compiled(`SELECT ${i}`, [number('n')]), [], within(1000))
      await server.sql(url, 'SET GLOBAL max_prepared_stmt_count = 5')
      expect((await c.run(compiled('SELECT 5', [number('n')]), [], within(1000))).rows).toBe(1)
      expect((await c.run(compiled('SELECT 0', [number('n')]), [], within(1000))).rows).toBe(1)
      await server.sql(url, 'SET GLOBAL max_prepared_stmt_count = 0')
      await expect(c.run(compiled('SELECT 6', [number('n')]), [], within(1000))).rejects.toMatchObject({
        errno: 1461,
      })
      expect(c.isUsable()).toBe(true)
    } finally {
      await server.sql(url, 'SET GLOBAL max_prepared_stmt_count = 16382')
      await c.close()
    }
  })

  it('kills in the server at the deadline and stays usable', () =>
    using(async (c) => {
      seen.length = 0
      const began = clock.now()
      await expect(c.run(nap(30), [], within(150))).rejects.toMatchObject({
        errno: 1317,
        cancelled: 'deadline',
      })
      expect(clock.now() - began).toBeLessThan(1200)
      expect(await busy()).toBe(0)
      expect(c.isUsable()).toBe(true)
      expect(seen).toEqual([{ kind: 'cancel', pool: 'primary', why: 'deadline', outcome: 'sent' }])
      expect((await c.run(nap(0), [], within(1000))).rows).toBe(1)
    }))

  it('kills in the server when the caller leaves', () =>
    using(async (c) => {
      const caller = new AbortController()
      setTimeout(() => caller.abort(), 100)
      await expect(c.run(nap(30), [], within(5000, 'array', caller.signal))).rejects.toMatchObject({
        cancelled: 'client',
      })
      expect(await busy()).toBe(0)
    }))

  it('hardly ever kills what ends by itself soon after its caller has left: a kill costs a login', () =>
    using(async (c) => {
      seen.length = 0
      for (let i = 0; i < 20; i++) {
        const caller = new AbortController()
        setTimeout(() => caller.abort(), 2)
        // Where it is late itself, nothing is sent.
        await c.run(nap(0.01), [], within(1000, 'array', caller.signal)).catch(() => {})
      }
      // On a busy machine 10 ms may take more than the 50 that it has.
      expect(seen.length).toBeLessThan(10)
    }))

  it('tells the server a longer or much shorter limit, and only then', () =>
    using(async (c) => {
      const limit = async (ms: number) =>
        Number((await c.query('SELECT @@max_statement_time', [], within(ms)))[0]?.[0])
      expect(await limit(1900)).toBe(2)
      await c.run(compiled('SELECT 1', [number('n')]), [], within(10_000))
      expect(await limit(9000)).toBeGreaterThan(9)
      expect(await limit(500)).toBeLessThan(0.8)
      expect(await limit(1900)).toBeGreaterThan(1.9)
    }))

  it('is ended by the server itself when this process does not kill', () =>
    using(async (c) => {
      await c.query('SET max_statement_time = 0.1', [], within(1900))
      await expect(c.run(nap(5), [], within(1900))).rejects.toMatchObject({
        errno: 1969,
        cancelled: undefined,
      })
      expect(c.isUsable()).toBe(true)
    }))

  it('kills nobody when another server answers behind the same name', async () => {
    const other = await startMariadb({ settings: { 'server-id': 77 } })
    let upstream = server.port
    const balancer = createServer((client) => {
      const to = tcpConnect(upstream, '127.0.0.1')
      client.pipe(to).pipe(client)
      for (const socket of [client, to]) socket.on('error', () => {})
    })
    try {
      await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve))
      const { port } = balancer.address() as { port: number }
      const c = await open({}, `mysql://root@127.0.0.1:${port}/driver`)
      upstream = other.port
      seen.length = 0
      await expect(c.run(nap(30), [], within(100))).rejects.toMatchObject({
        name: 'SessionLost',
        cancelled: 'deadline',
      })
      expect(c.isUsable()).toBe(false)
      expect(seen).toMatchObject([{ kind: 'cancel', outcome: 'failed' }])
      await c.close()
    } finally {
      balancer.close()
      await other.stop()
    }
  })

  it('commits a transaction, and rolls back when the body throws', () =>
    using(async (c) => {
      await c.query('CREATE TEMPORARY TABLE t (v INT PRIMARY KEY) ENGINE = InnoDB', [], within(1000))
      const insert = compiled('INSERT INTO t VALUES (CAST(? AS SIGNED)) RETURNING v', [number('v')])
      const all = compiled('SELECT v FROM t ORDER BY v', [number('v')])
      await c.transaction(within(1000), async (t) => {
        expect(json((await t.run(insert, ['1'], { format: 'array' })).body)).toBe('[{"v":1}]')
        await t.run(insert, ['2'], { format: 'array' })
      })
      await expect(
        c.transaction(within(1000), async (t) => {
          await t.run(insert, ['3'], { format: 'array' })
          await t.run(insert, ['1'], { format: 'array' })
        }),
      ).rejects.toMatchObject({ errno: 1062 })
      expect(c.isUsable()).toBe(true)
      expect(json((await c.run(all, [], within(1000))).body)).toBe('[{"v":1},{"v":2}]')
    }))

  it('refuses writes in a transaction that only reads', () =>
    using(async (c) => {
      await c.query('CREATE TABLE ro (v INT)', [], within(1000))
      await expect(
        c.transaction({ ...within(1000), readOnly: true }, (t) =>
          t.run(compiled('INSERT INTO ro VALUES (1)'), [], { format: 'array' }),
        ),
      ).rejects.toMatchObject({ errno: 1792 })
      expect(c.isUsable()).toBe(true)
    }))

  it('rolls back and stays usable when the deadline passes inside a transaction', () =>
    using(async (c) => {
      await c.query('CREATE TABLE late (v INT)', [], within(5000))
      await expect(
        // Long enough for the INSERT on a busy machine.
        c.transaction(within(1500), async (t) => {
          await t.run(compiled('INSERT INTO late VALUES (1)'), [], { format: 'array' })
          return t.run(nap(30), [], { format: 'array' })
        }),
      ).rejects.toMatchObject({ errno: 1317 })
      expect(c.isUsable()).toBe(true)
      expect(await c.query('SELECT COUNT(*) FROM late', [], within(5000))).toEqual([['0']])
    }))

  describe('several steps as one', () => {
    const steps = (last: string): Compiled => ({
      ...compiled('all of them', [number('id'), text('v')]),
      operation: 'update',
      steps: [
        {
          text: 'SELECT id FROM stepped WHERE v = ? ORDER BY id FOR UPDATE',
          bind: ([v]) => [v as string],
          use: 'keep',
        },
        {
          text: "UPDATE stepped SET v = 'new' WHERE id IN (SELECT k FROM JSON_TABLE(?, '$[*]' COLUMNS (k INT PATH '$[0]')) j)",
          bind: (_, kept) => [kept],
          use: 'affect',
        },
        {
          text: `SELECT id, v FROM stepped JOIN JSON_TABLE(?, '$[*]' COLUMNS (k INT PATH '$[0]')) j ON id = k ${last}`,
          bind: (_, kept) => [kept],
          use: 'answer',
        },
      ],
    })
    beforeAll(() =>
      using(async (c) => {
        await c.query('CREATE TABLE stepped (id INT PRIMARY KEY, v VARCHAR(9))', [], within(1000))
        await c.query("INSERT INTO stepped VALUES (1, 'a'), (2, 'b'), (3, 'a')", [], within(1000))
      }),
    )

    it('are taken back when one of them fails', () =>
      using(async (c) => {
        await expect(c.run(steps('WHERE nonsense'), ['a'], within(1000))).rejects.toMatchObject({
          errno: 1054,
        })
        expect(c.isUsable()).toBe(true)
        expect(await c.query("SELECT COUNT(*) FROM stepped WHERE v = 'new'", [], within(1000))).toEqual([
          ['0'],
        ])
      }))

    it('give the answer of the last and count what was touched', () =>
      using(async (c) => {
        const result = await c.run(steps('ORDER BY id'), ['a'], within(1000))
        expect(json(result.body)).toBe('[{"id":1,"v":"new"},{"id":3,"v":"new"}]')
        expect(result).toMatchObject({ rows: 2, affected: 2 })
        expect(c.isUsable()).toBe(true)
      }))

    it('join the transaction that is open', () =>
      using(async (c) => {
        await expect(
          c.transaction(within(1000), async (t) => {
            expect((await t.run(steps('ORDER BY id'), ['b'], { format: 'array' })).affected).toBe(1)
            throw new Error('changed my mind')
          }),
        ).rejects.toThrow('changed my mind')
        expect(await c.query('SELECT v FROM stepped WHERE id = 2', [], within(1000))).toEqual([['b']])
      }))
  })

  describe('a call', () => {
    const call = (
      sql: string,
      columns: readonly OutputColumn[],
      extra: Partial<Compiled> = {},
    ): Compiled => ({
      ...compiled(sql, columns),
      operation: 'call',
      ...extra,
    })
    beforeAll(() =>
      using(async (c) => {
        for (const procedure of [
          "halves(IN n INT, OUT half DECIMAL(9,2), INOUT word VARCHAR(20)) BEGIN SELECT 'not this'; SET half = n / 2, word = CONCAT(word, '!'); END",
          "two_lists() BEGIN SELECT 1 AS a, CAST(2.50 AS DECIMAL(9,2)) AS b UNION ALL SELECT 3, 4; SELECT 'second'; END",
          'silent() BEGIN DO 1; END',
          'no_rows() BEGIN SELECT 1 AS a FROM DUAL WHERE 1 = 0; END',
        ])
          await c.query(`CREATE PROCEDURE ${procedure}`, [], within(1000))
      }),
    )

    it('gives its output parameters', () =>
      using(async (c) => {
        const q = call('CALL halves(?, ?, ?)', [text('half'), text('word')])
        for (const n of ['3', '5'])
          expect(json((await c.run(q, [n, null, 'hi'], within(1000, 'object'))).body)).toBe(
            `{"half":"${Number(n) / 2}0","word":"hi!"}`,
          )
        expect(c.isUsable()).toBe(true)
      }))

    it('gives its first result, with the columns that the server tells', () =>
      using(async (c) => {
        const q = call('CALL two_lists()', [], {
          describe: (given) =>
            given.map(({ name, type }) => column(name, type.canonical === 'decimal' ? 'text' : 'number')),
        })
        for (let i = 0; i < 2; i++)
          expect(json((await c.run(q, [], within(1000))).body)).toBe(
            '[{"a":1,"b":"2.50"},{"a":3,"b":"4.00"}]',
          )
        expect(json((await c.run({ ...q, text: 'CALL silent()' }, [], within(1000))).body)).toBe('')
        expect(json((await c.run({ ...q, text: 'CALL no_rows()' }, [], within(1000, 'csv'))).body)).toBe(
          'a\r\n',
        )
      }))
  })

  it('streams more rows than memory should hold, in pieces, no faster than they are taken', () =>
    using(async (c) => {
      const q = compiled("SELECT seq, REPEAT('x', 1000) FROM seq_1_to_20000", [number('i'), text('t')])
      let bytes = 0
      let largest = 0
      let writing = 0
      const { rows } = await c.stream(q, [], {
        ...within(20_000, 'ndjson'),
        batch: 500,
        write: async (chunk) => {
          expect(++writing).toBe(1)
          bytes += chunk.length
          largest = Math.max(largest, chunk.length)
          await sleep(0)
          writing--
        },
      })
      expect(rows).toBe(20_000)
      expect(bytes).toBeGreaterThan(20_000_000)
      expect(largest).toBeLessThan(1_000_000)
      expect(c.isUsable()).toBe(true)
    }))

  it('takes no more from the server than a slow reader takes from it', () =>
    using(async (c) => {
      const q = compiled("SELECT seq, REPEAT('x', 1000) FROM seq_1_to_1000000", [number('i'), text('t')])
      const before = process.memoryUsage().rss
      let taken = 0
      const write = async (chunk: Uint8Array) => {
        taken += chunk.length
        await sleep(50)
      }
      await expect(c.stream(q, [], { ...within(1500, 'ndjson'), batch: 500, write })).rejects.toMatchObject({
        cancelled: 'deadline',
      })
      // Without back-pressure it would be a gigabyte, here and there.
      expect(taken).toBeLessThan(20_000_000)
      expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
      expect(c.isUsable()).toBe(true)
      expect(await busy()).toBe(0)
    }))

  it('stops the statement and stays usable when the reader of a stream fails', () =>
    using(async (c) => {
      const q = compiled('SELECT seq FROM seq_1_to_100000000', [number('i')])
      const write = async () => {
        throw new Error('reader gone')
      }
      const began = clock.now()
      await expect(c.stream(q, [], { ...within(5000, 'ndjson'), batch: 5000, write })).rejects.toThrow(
        'reader gone',
      )
      expect(clock.now() - began).toBeLessThan(1200)
      expect(c.isUsable()).toBe(true)
      expect(await busy()).toBe(0)
    }))

  it('ends a stream whose reader hangs at the deadline, without waiting for it', () =>
    using(async (c) => {
      const q = compiled('SELECT seq FROM seq_1_to_100000000', [number('i')])
      const hang = () => new Promise<void>(() => {})
      await expect(
        c.stream(q, [], { ...within(300, 'ndjson'), batch: 5000, write: hang }),
      ).rejects.toMatchObject({ cancelled: 'deadline' })
      expect(c.isUsable()).toBe(true)
      expect((await c.run(nap(0), [], within(1000))).rows).toBe(1)
    }))

  it('reports an error in the middle of a stream', () =>
    using(async (c) => {
      const q = compiled('SELECT IF(seq < 5000, seq, (SELECT 1 UNION SELECT seq)) FROM seq_1_to_9000', [
        number('i'),
      ])
      await expect(
        c.stream(q, [], { ...within(5000, 'ndjson'), batch: 1000, write: async () => {} }),
      ).rejects.toMatchObject({ errno: 1242 })
      expect(c.isUsable()).toBe(true)
      expect((await c.run(compiled('SELECT 1', [number('n')]), [], within(1000))).rows).toBe(1)
    }))

  it('says that a statement was under way when the session is killed', () =>
    using(async (c) => {
      const id = (await c.query('SELECT CONNECTION_ID()', [], within(1000)))[0]?.[0]
      setTimeout(() => void server.sql(url, `KILL ${id}`), 100)
      await expect(c.run(nap(9), [], within(3000))).rejects.toMatchObject({
        name: 'SessionLost',
        sent: true,
      })
      expect(c.isUsable()).toBe(false)
      await expect(c.run(compiled('SELECT 1', [number('n')]), [], within(1000))).rejects.toMatchObject({
        name: 'SessionLost',
        sent: false,
      })
    }))

  it('notices a session killed while idle', () =>
    using(async (c) => {
      const id = (await c.query('SELECT CONNECTION_ID()', [], within(1000)))[0]?.[0]
      await server.sql(url, `KILL ${id}`)
      await expect.poll(() => c.isUsable()).toBe(false)
    }))

  it('tells a server that only reads from one that writes', async () => {
    const c = await open()
    try {
      expect(await c.role(within(1000))).toBe('primary')
      await server.sql(url, 'SET GLOBAL read_only = 1')
      expect(await c.role(within(1000))).toBe('replica')
    } finally {
      await server.sql(url, 'SET GLOBAL read_only = 0')
      await c.close()
    }
  })

  it('refuses a wrong database with the reason of the server', async () => {
    await expect(open({}, server.url('missing'))).rejects.toMatchObject({ name: 'ServerError', errno: 1049 })
  })

  it('logs in with a password, and not without it', async () => {
    await server.sql(
      url,
      "CREATE USER guarded@'127.0.0.1' IDENTIFIED BY 'ge heim/ß'; GRANT ALL ON driver.* TO guarded@'127.0.0.1'",
    )
    const c = await open({ user: 'guarded', password: 'ge heim/ß' })
    expect(await c.query('SELECT CURRENT_USER()', [], within(1000))).toEqual([['guarded@127.0.0.1']])
    await c.close()
    for (const password of ['wrong', ''])
      await expect(open({ user: 'guarded', password })).rejects.toMatchObject({
        name: 'ServerError',
        errno: 1045,
        sqlState: '28000',
      })
  })

  it('insists on TLS where it is asked to, and does without where it may', async () => {
    for (const mode of ['require', 'verify-full'])
      await expect(open({ tls: { mode } })).rejects.toMatchObject({ code: 'TLS_REFUSED' })
    await using((c) => c.query('DO 0', [], within(1000)), { tls: { mode: 'prefer' } })
  })

  it('gives up connecting at the deadline when nobody answers, and leaves nothing behind', async () => {
    const sockets: Socket[] = []
    const silent: Server = createServer((socket) => void sockets.push(socket.resume()))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const options = databaseOptions.parse({ engine: 'mysql', host: '127.0.0.1', port, user: 'root' })
    const began = clock.now()
    await expect(
      connectMysql(
        readTarget(options),
        options,
        { clock, observe: () => {}, pool: 'primary', statementTimeout: 2000 },
        within(200),
      ),
    ).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' })
    expect(clock.now() - began).toBeLessThan(1000)
    await expect.poll(() => sockets.every((socket) => socket.destroyed || socket.readableEnded)).toBe(true)
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('does not take anything that listens for a MySQL server', async () => {
    const stranger = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.2\r\n'))
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const { port } = stranger.address() as { port: number }
    await expect(open({}, `mysql://root@127.0.0.1:${port}/x`)).rejects.toThrow()
    stranger.close()
  })

  it('parses answers that arrive one byte at a time', async () => {
    const slicer = createServer((client) => {
      const upstream = tcpConnect(server.port, '127.0.0.1')
      client.pipe(upstream)
      upstream.on('data', (chunk: Buffer) => {
        for (const byte of chunk) client.write(Buffer.from([byte]))
      })
      for (const socket of [client, upstream]) socket.on('error', () => {}).setNoDelay(true)
      client.on('close', () => upstream.destroy())
      upstream.on('close', () => client.end())
    })
    await new Promise<void>((resolve) => slicer.listen(0, '127.0.0.1', resolve))
    const { port } = slicer.address() as { port: number }
    const c = await open({}, `mysql://root@127.0.0.1:${port}/driver`)
    const q = compiled("SELECT seq, CONCAT('row ', seq) FROM seq_1_to_300", [number('i'), text('t')])
    for (let i = 0; i < 2; i++) {
      const result = await c.run(q, [], within(5000))
      expect(JSON.parse(json(result.body))[299]).toEqual({ i: 300, t: 'row 300' })
    }
    await c.close()
    slicer.close()
  })

  it(
    'carries values and rows of more than one packet, of any length about its border',
    () =>
      using(async (c) => {
        const q = compiled('SELECT CAST(? AS CHAR) AS t', [text('t')])
        const packet = 0xff_ff_ff
        // What stands around the value: a row has its first byte, the bitmap and the length.
        for (const length of [packet - 7, packet - 6, packet - 5, 2 * packet - 6]) {
          const result = await c.run(q, ['x'.repeat(length)], within(20_000))
          expect(result.body.length).toBe(length + '[{"t":""}]'.length)
        }
      }),
    60_000,
  )

  it(
    'refuses a statement that the server would not take, and stays usable',
    () =>
      using(async (c) => {
        const q = compiled('SELECT CHAR_LENGTH(?) AS n', [number('n')])
        await expect(c.run(q, ['x'.repeat(68_000_000)], within(20_000))).rejects.toMatchObject({
          errno: 1153,
        })
        expect(c.isUsable()).toBe(true)
        expect(json((await c.run(q, ['xyz'], within(1000))).body)).toBe('[{"n":3}]')
      }),
    30_000,
  )

  it('leaves no session and no prepared statement behind', async () => {
    await expect.poll(sessions).toBe(0)
    await expect
      .poll(async () =>
        Number((await server.sql(url, "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'"))[0]?.['Value']),
      )
      .toBe(0)
  })
})
