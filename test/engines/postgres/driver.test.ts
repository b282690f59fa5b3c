/** The driver against real servers: canonical bytes, prepared statements, deadlines, cancels that hit nobody else, streams with back-pressure. */
import { createServer, connect as tcpConnect, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import type { Compiled, Connection, OutputColumn, RowFormat } from '#engine/engine.ts'
import { databaseOptions } from '#engine/options.ts'
import { connectPostgres, type PostgresConnection } from '#engine/postgres/driver.ts'
import { readTarget } from '#engine/postgres/target.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { describeUnless } from '../../support/unless.ts'
import { openSession } from './connection.ts'

const never = new AbortController().signal
const number = (name: string): OutputColumn => ({ name, encoding: 'number', hidden: false })
const text = (name: string): OutputColumn => ({ name, encoding: 'text', hidden: false })

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

for (const version of postgresVersions) {
  const missing = postgresMissing(version)

  describeUnless(missing)(`the driver on PostgreSQL ${version}`, () => {
    let server: TestPostgres
    const seen: Observation[] = []
    const open = (options: Record<string, unknown> = {}, url = server.url()): Promise<Connection> =>
      openSession(url, { timeout: 2000, options, observe: (x) => seen.push(x) })
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
    const busy = async () =>
      Number(
        (
          await server.sql(
            server.url(),
            "SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'postern/%'",
          )
        )[0]?.['n'],
      )
    const sessions = async () =>
      Number(
        (
          await server.sql(
            server.url(),
            "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name LIKE 'postern/%'",
          )
        )[0]?.['n'],
      )

    beforeAll(async () => {
      server = await startPostgres({ version, settings: { max_connections: 50 } })
    })
    afterAll(() => server?.stop())

    it('runs a prepared statement again and again and gives canonical bytes', () =>
      using(async (c) => {
        const q = compiled('SELECT $1::int4 AS n, $2::text AS t', [number('n'), text('t')])
        for (const value of ['a', 'ü"']) {
          const result = await c.run(q, ['7', value], within(1000))
          expect(Buffer.from(result.body).toString()).toBe(`[{"n":7,"t":${JSON.stringify(value)}}]`)
          expect(result).toMatchObject({ rows: 1, affected: 1 })
        }
        expect(await c.query('SELECT count(*)::text FROM pg_prepared_statements', [], within(1000))).toEqual([
          ['1'],
        ])
      }))

    it('keeps no more statements prepared than allowed, in the server too', () =>
      using(
        async (c) => {
          for (let i = 0; i < 30; i++) await c.run(compiled(`SELECT ${i}`, [number('n')]), [], within(1000))
          expect(
            await c.query('SELECT count(*)::text FROM pg_prepared_statements', [], within(1000)),
          ).toEqual([['4']])
        },
        { preparedStatements: 4 },
      ))

    it('goes on after an error of the server', () =>
      using(async (c) => {
        await expect(c.run(compiled('SELECT 1/0', [number('n')]), [], within(1000))).rejects.toMatchObject({
          code: '22012',
        })
        await expect(
          c.run(compiled('SELECT nonsense', [number('n')]), [], within(1000)),
        ).rejects.toMatchObject({ code: '42703' })
        expect(c.isUsable()).toBe(true)
        expect((await c.run(compiled('SELECT 1', [number('n')]), [], within(1000))).rows).toBe(1)
      }))

    it('prepares anew when the result type of a prepared statement has changed', () =>
      using(async (c) => {
        await c.query('CREATE TEMP TABLE shifty (v int)', [], within(1000))
        const q = compiled('SELECT * FROM shifty', [number('v')])
        await c.run(q, [], within(1000))
        await c.query('ALTER TABLE shifty ALTER COLUMN v TYPE bigint', [], within(1000))
        await expect(c.run(q, [], within(1000))).rejects.toMatchObject({ code: '0A000' })
        expect((await c.run(q, [], within(1000))).rows).toBe(0)
      }))

    it('prepares everything anew when a routine has thrown its statements away', () =>
      using(async (c) => {
        const q = compiled('SELECT 1', [number('n')])
        // Each of these limits has to be told to the server, by a statement that is kept as well.
        await c.run(q, [], within(20_000))
        await c.query('DEALLOCATE ALL', [], within(20_000))
        await expect(c.run(q, [], within(1000))).rejects.toMatchObject({ code: '26000' })
        expect((await c.run(q, [], within(1000))).rows).toBe(1)
      }))

    it('closes in the server what made room, also behind a statement of the same trip that fails', () =>
      using(
        async (c) => {
          for (let i = 0; i < 10; i++) {
            const { seats, over } = (c as PostgresConnection).share(2, 'reads')
            const texts = [`SELECT 1/(${i} - ${i})`, `SELECT ${i}`]
            await Promise.allSettled(
              texts.map(async (text, at) => seats[at]?.run(compiled(text, [number('n')]), [], within(1000))),
            )
            await over
          }
          const kept = 'SELECT count(*)::text FROM pg_prepared_statements'
          expect(await c.query(kept, [], within(1000))).toEqual([['2']])
        },
        { preparedStatements: 2 },
      ))

    it('cancels in the server at the deadline and stays usable', () =>
      using(async (c) => {
        const began = clock.now()
        await expect(
          c.run(compiled('SELECT pg_sleep(30)', [text('s')]), [], within(150)),
        ).rejects.toMatchObject({ code: '57014', cancelled: 'deadline' })
        expect(clock.now() - began).toBeLessThan(1200)
        expect(await busy()).toBe(0)
        expect(c.isUsable()).toBe(true)
      }))

    it('cancels in the server when the caller leaves', () =>
      using(async (c) => {
        const caller = new AbortController()
        setTimeout(() => caller.abort(), 100)
        await expect(
          c.run(compiled('SELECT pg_sleep(30)', [text('s')]), [], within(5000, 'array', caller.signal)),
        ).rejects.toMatchObject({ cancelled: 'client' })
        expect(await busy()).toBe(0)
      }))

    it('tells the server a longer or much shorter limit, and only then', () =>
      using(async (c) => {
        const limit = async () => (await c.query('SHOW statement_timeout', [], within(1900)))[0]?.[0]
        expect(await limit()).toBe('2s')
        await c.run(compiled('SELECT 1', [number('n')]), [], within(10_000))
        expect(
          Number.parseInt((await c.query('SHOW statement_timeout', [], within(9_000)))[0]?.[0] ?? '', 10),
        ).toBeGreaterThan(9)
        await expect(
          c.run(compiled('SELECT pg_sleep(30)', [text('s')]), [], within(100)),
        ).rejects.toMatchObject({ code: '57014' })
      }))

    it('is ended by the server itself when this process does not cancel', () =>
      using(async (c) => {
        await c.query("SET statement_timeout = '100ms'", [], within(1000))
        await expect(
          c.run(compiled('SELECT pg_sleep(5)', [text('s')]), [], within(1900)),
        ).rejects.toMatchObject({ code: '57014', cancelled: undefined })
        expect(c.isUsable()).toBe(true)
      }))

    it('scenario 25: never lets a late cancel hit the next statement (1,000 races, four at a time)', {
      timeout: 180_000,
    }, async () => {
      seen.length = 0
      const cancelled = (await Promise.all([1, 2, 3, 4].map(() => races(250)))).reduce((sum, n) => sum + n)
      const sent = seen.filter((x) => x.kind === 'cancel' && x.outcome === 'sent').length
      expect(cancelled).toBeGreaterThan(20)
      // Those that came when the statement was over.
      expect(sent - cancelled).toBeGreaterThan(20)
    })
    /** Of so many statements, those that were cancelled; nobody's session is lost. */
    const races = async (rounds: number) => {
      let cancelled = 0
      const c = await open()
      for (let round = 0; round < rounds; round++) {
        const caller = new AbortController()
        setTimeout(() => caller.abort(), round % 4)
        // The statement ends at about the moment of the cancel, 50 ms behind the hang-up: before, during or after it.
        const sleeper = compiled(`SELECT pg_sleep(0.05${(round * 7) % 10})`, [text('s')])
        await c.run(sleeper, [], within(20_000, 'array', caller.signal)).catch((error: unknown) => {
          if ((error as { cancelled?: string }).cancelled === undefined) throw error
          cancelled++
        })
        expect(c.isUsable()).toBe(true)
        // The neighbour: any error here would be a cancel meant for somebody else.
        const neighbour = compiled('SELECT pg_sleep(0.0005), 1', [text('s'), number('n')])
        expect((await c.run(neighbour, [], within(20_000))).rows).toBe(1)
      }
      await c.close()
      return cancelled
    }

    it('leaves a statement that ends within 50 ms of its caller’s leaving to end', () =>
      using(async (c) => {
        seen.length = 0
        const caller = new AbortController()
        setTimeout(() => caller.abort(), 5)
        const nap = compiled('SELECT pg_sleep(0.02)', [text('s')])
        expect((await c.run(nap, [], within(5000, 'array', caller.signal))).rows).toBe(1)
        await sleep(80)
        expect(seen.filter(({ kind }) => kind === 'cancel')).toEqual([])
      }))

    it('commits a transaction, and rolls back when the body throws', () =>
      using(async (c) => {
        await c.query('CREATE TEMP TABLE t (v int PRIMARY KEY)', [], within(1000))
        const insert = compiled('INSERT INTO t VALUES ($1::int4) RETURNING v', [number('v')])
        const all = compiled('SELECT v FROM t ORDER BY v', [number('v')])
        await c.transaction(within(1000), async (t) => {
          await t.run(insert, ['1'], { format: 'array' })
          await t.run(insert, ['2'], { format: 'array' })
        })
        await expect(
          c.transaction(within(1000), async (t) => {
            await t.run(insert, ['3'], { format: 'array' })
            await t.run(insert, ['1'], { format: 'array' })
          }),
        ).rejects.toMatchObject({ code: '23505' })
        expect(c.isUsable()).toBe(true)
        expect(Buffer.from((await c.run(all, [], within(1000))).body).toString()).toBe('[{"v":1},{"v":2}]')
      }))

    it('rolls back and stays usable when the deadline passes inside a transaction', () =>
      using(async (c) => {
        await expect(
          c.transaction(within(200), (t) =>
            t.run(compiled('SELECT pg_sleep(9)', [text('s')]), [], { format: 'array' }),
          ),
        ).rejects.toMatchObject({ code: '57014' })
        expect(c.isUsable()).toBe(true)
      }))

    it('streams more rows than memory should hold, in pieces, no faster than they are taken', () =>
      using(async (c) => {
        const q = compiled("SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i", [
          number('i'),
          text('t'),
        ])
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

    it('closes the portal and stays usable when the reader of a stream fails', () =>
      using(async (c) => {
        const q = compiled('SELECT i FROM generate_series(1, 1000000) i', [number('i')])
        const write = async () => {
          throw new Error('reader gone')
        }
        await expect(c.stream(q, [], { ...within(5000, 'ndjson'), batch: 5000, write })).rejects.toThrow(
          'reader gone',
        )
        expect(c.isUsable()).toBe(true)
        expect(await busy()).toBe(0)
      }))

    it('ends a stream whose reader hangs at the deadline, without waiting for it', () =>
      using(async (c) => {
        const q = compiled('SELECT i FROM generate_series(1, 1000000) i', [number('i')])
        const hang = () => new Promise<void>(() => {})
        await expect(
          c.stream(q, [], { ...within(3000, 'ndjson'), batch: 5000, write: hang }),
        ).rejects.toMatchObject({ why: 'deadline' })
        expect(c.isUsable()).toBe(true)
      }))

    it('reports an error in the middle of a stream', () =>
      using(async (c) => {
        const q = compiled('SELECT 1/(5000 - i) FROM generate_series(1, 9000) i', [number('i')])
        await expect(
          c.stream(q, [], { ...within(5000, 'ndjson'), batch: 1000, write: async () => {} }),
        ).rejects.toMatchObject({ code: '22012' })
        expect(c.isUsable()).toBe(true)
      }))

    it('says that a statement was under way when the session is killed', () =>
      using(async (c) => {
        const pid = (await c.query('SELECT pg_backend_pid()::text', [], within(1000)))[0]?.[0]
        setTimeout(() => void server.sql(server.url(), `SELECT pg_terminate_backend(${pid})`), 100)
        await expect(
          c.run(compiled('SELECT pg_sleep(9)', [text('s')]), [], within(3000)),
        ).rejects.toMatchObject({ name: 'SessionLost', sent: true, cause: { code: '57P01' } })
        expect(c.isUsable()).toBe(false)
        await expect(c.run(compiled('SELECT 1', [number('n')]), [], within(1000))).rejects.toMatchObject({
          name: 'SessionLost',
          sent: false,
        })
      }))

    it('notices a session killed while idle', () =>
      using(async (c) => {
        const pid = (await c.query('SELECT pg_backend_pid()::text', [], within(1000)))[0]?.[0]
        await server.sql(server.url(), `SELECT pg_terminate_backend(${pid})`)
        await expect.poll(() => c.isUsable()).toBe(false)
      }))

    it('closes the session when a row does not fit its statement: the next answer may be another one’s', () =>
      using(async (c) => {
        const answer = c.run(compiled('SELECT 1, 2', [number('a')]), [], within(5000))
        await expect(answer).rejects.toThrow('the server sent 2 columns, the statement has 1')
        expect(c.isUsable()).toBe(false)
      }))

    it('refuses a wrong database with the reason of the server', async () => {
      await expect(open({}, server.url('missing'))).rejects.toMatchObject({ code: '3D000' })
    })

    it('gives up connecting at the deadline when nobody answers, and leaves nothing behind', async () => {
      const sockets: Socket[] = []
      const silent: Server = createServer((socket) => void sockets.push(socket.resume()))
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      const { port } = silent.address() as { port: number }
      const options = databaseOptions.parse({
        host: '127.0.0.1',
        port,
        user: 'postgres',
        tls: { mode: 'disable' },
      })
      const began = clock.now()
      await expect(
        connectPostgres(
          readTarget(options),
          options,
          {
            clock,
            observe: () => {},
            pool: 'primary',
            sessionName: 'postern/0a1b2c',
            statementTimeout: 2000,
          },
          within(200),
        ),
      ).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' })
      expect(clock.now() - began).toBeLessThan(1000)
      await expect.poll(() => sockets.every((socket) => socket.destroyed || socket.readableEnded)).toBe(true)
      for (const socket of sockets) socket.destroy()
      silent.close()
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
      const c = await open({}, `postgres://postgres@127.0.0.1:${port}/postgres`)
      const result = await c.run(
        compiled("SELECT i, 'row ' || i FROM generate_series(1, 300) i", [number('i'), text('t')]),
        [],
        within(5000),
      )
      expect(JSON.parse(Buffer.from(result.body).toString())[299]).toEqual({ i: 300, t: 'row 300' })
      await c.close()
      slicer.close()
    })

    it('carries a row of 30 MB', () =>
      using(async (c) => {
        const result = await c.run(compiled("SELECT repeat('x', 30000000)", [text('t')]), [], within(10_000))
        expect(result.body.length).toBe(30_000_000 + '[{"t":""}]'.length)
      }))

    it('leaves no session behind', async () => {
      await expect.poll(sessions).toBe(0)
    })
  })
}
