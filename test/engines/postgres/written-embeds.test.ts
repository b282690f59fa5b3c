/** Rows with embeds that a write gives back on a real PostgreSQL: found again whatever their key is, by its index, or not given back at all. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { compile } from '#engine/postgres/dialect.ts'
import type { Output, Update } from '#plan/ast.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { describeUnless } from '../../support/unless.ts'
import { type Bench, columnOf, openBench, outputs, param, select } from './dialect.fixture.ts'
import { madeTypes, samples } from './types.samples.ts'

/** Keys beside the samples: what is padded, cut, quoted or compared in its own way. */
const oddKeys: readonly (readonly [type: string, values: readonly string[]])[] = [
  ['char(5)', ["'a'", "'ab   '", "''"]],
  ['varchar(60) collate "C"', ["'a'", "' a '", '\'{"a,b"}\'', "'\\N'", "'NULL'", "''"]],
  ['timestamptz', ["'infinity'", "'0044-03-15 12:00:00.000001 BC'", "'2026-02-03 04:05:06.123456+03'"]],
]

const schema = `
  CREATE TABLE boxes (id int PRIMARY KEY, things int NOT NULL DEFAULT 0);
  CREATE TABLE things (id int PRIMARY KEY, box int NOT NULL REFERENCES boxes, size int);
  CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    UPDATE boxes SET things = things + 1 WHERE id = NEW.box; RETURN NULL; END$$;
  CREATE TRIGGER counts AFTER INSERT OR UPDATE ON things FOR EACH ROW EXECUTE FUNCTION counts();
  CREATE TABLE moved (LIKE things INCLUDING ALL, FOREIGN KEY (box) REFERENCES boxes);
  CREATE FUNCTION moves() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    UPDATE moved SET id = -id WHERE id = NEW.id AND id > 0; RETURN NULL; END$$;
  CREATE TRIGGER moves AFTER INSERT OR UPDATE ON moved FOR EACH ROW EXECUTE FUNCTION moves();
  CREATE TABLE parts (id int PRIMARY KEY, box int NOT NULL REFERENCES boxes, size int) PARTITION BY RANGE (id);
  CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
  CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (100) TO (200);
  CREATE TABLE loose (box int NOT NULL REFERENCES boxes, size int);
  INSERT INTO boxes VALUES (1), (2)`

for (const version of postgresVersions) {
  const missing = postgresMissing(version)

  describeUnless(missing)(`embeds of what was written on PostgreSQL ${version}`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = await openBench(version)
      await bench.sql(`${madeTypes}; create table hub (id int primary key); insert into hub values (1)`)
    })
    afterAll(() => bench?.close())

    const hub = (table: string): Output => ({
      kind: 'embed',
      name: 'hub',
      many: false,
      join: {
        outer: 't0',
        table: bench.table('hub'),
        alias: 't1',
        on: [{ outer: columnOf(bench.table(table), 'hub'), inner: columnOf(bench.table('hub'), 'id') }],
      },
      select: select(bench.table('hub'), ['id'], { alias: 't1' }),
    })
    /** Writes to all rows and gives them back with their hub. */
    const update = (table: string, outputNames: readonly string[]): Update => ({
      kind: 'update',
      table: bench.table(table),
      alias: 't0',
      set: [
        { column: columnOf(bench.table(table), 'hub'), value: param(0, columnOf(bench.table('hub'), 'id')) },
      ],
      where: { kind: 'and', items: [] },
      returning: {
        outputs: [...outputs(bench.table(table), outputNames), hub(table)],
        hidden: [],
        numbers: 'default',
      },
    })

    it('are found by keys of every type that can be one', async () => {
      const keys = [
        ...samples
          .filter(({ since = 0 }) => since <= version)
          .map(({ type, values }) => [type, values.map(([sql]) => sql)] as const),
        ...oddKeys,
      ]
      const tables: string[] = []
      for (const [i, [type, values]] of keys.entries()) {
        const table = `key_${i}`
        const made = await bench
          .sql(
            `create table ${table} (id ${type} primary key, hub int);
             ${values.map((value) => `insert into ${table} values (${value}) on conflict do nothing`).join(';')}`,
          )
          .then(
            () => true,
            (error: Error) => {
              expect(error.message).toMatch(/no default operator class|cannot be (a|part of a)? ?primary key/)
              return false
            },
          )
        if (made) tables.push(table)
      }
      expect(tables.length).toBeGreaterThan(40)
      await bench.reload()
      for (const table of tables) {
        const q = update(table, [])
        expect(compile(q).steps?.length, table).toBe(2)
        const { text, affected } = await bench.run(q, ['1'])
        const [counted] = await bench.sql(`select count(*)::int as n from ${table}`)
        expect(affected, table).toBe(counted?.['n'])
        expect(JSON.parse(text), table).toEqual(Array.from({ length: affected }, () => ({ hub: { id: 1 } })))
      }
    })

    it('are found by the index of the key, whether it is one row or many', async () => {
      await bench.sql(`
        create table big (a int, b text, hub int, primary key (a, b));
        insert into big select i, md5(i::text), 1 from generate_series(1, 100000) i;
        analyze big`)
      await bench.reload()
      const answer = compile(update('big', ['a'])).steps?.[1]
      for (const rows of [1, 20, 200]) {
        const kept = JSON.stringify(Array.from({ length: rows }, (_, i) => [String(i), 'x']))
        const plan = await bench.explain(
          { ...compile(update('big', ['a'])), ...answer, bind: () => answer?.bind([], kept) ?? [] },
          [],
        )
        expect(plan, String(rows)).toMatch(/Index Scan using big_pkey on big t0/)
      }
    })
  })

  describeUnless(missing)(`answers of writes with embeds on PostgreSQL ${version}`, () => {
    let server: TestPostgres
    let gateway: TestGateway
    const sql = (text: string) => server.sql(server.url(), text)
    const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
      gateway.request(method, `/api/v1/${path}`, { body, headers })
    beforeAll(async () => {
      server = await startPostgres({ version })
      await sql(schema)
      gateway = await startGateway({ url: server.url() })
    })
    afterAll(async () => {
      await gateway?.stop()
      await server?.stop()
    })
    beforeEach(() =>
      sql(
        'DELETE FROM things; DELETE FROM moved; DELETE FROM parts; DELETE FROM loose; UPDATE boxes SET things = 0',
      ),
    )

    it('show what triggers have done', async () => {
      const made = await send('POST', 'things?select=id,boxes(things)', { id: 1, box: 1 })
      expect(`${made.status} ${made.text}`).toBe('201 {"id":1,"boxes":{"things":1}}')
      const changed = await send('PATCH', 'things/1?select=id,boxes(things)', { box: 2 })
      expect(`${changed.status} ${changed.text}`).toBe('200 {"id":1,"boxes":{"things":1}}')
      const found = await gateway.request('GET', '/api/v1/things/1?select=id,boxes(things)')
      expect(changed.headers['etag']).toBe(found.headers['etag'])
    })

    it('leave nothing out: what a trigger moved away is refused, and not written', async () => {
      const refused = await send('POST', 'moved?select=id,boxes(things)', [
        { id: 1, box: 1 },
        { id: 2, box: 1 },
      ])
      expect(refused.json).toMatchObject({ code: 'not_supported' })
      expect(refused.json.detail).toContain('made or changed by a trigger is not supported (0 of 2 found)')
      expect(await sql('SELECT * FROM moved')).toEqual([])
      const minimal = await send('POST', 'moved', { id: 1, box: 1 }, { prefer: 'return=minimal' })
      expect(minimal.status, minimal.text).toBe(201)
      expect(await sql('SELECT id FROM moved')).toEqual([{ id: -1 }])
    })

    it('come from partitions, and say whether the row is new', async () => {
      const put = (size: number) =>
        send('PUT', 'parts/150?select=size,boxes(parts(id,size))', { box: 1, size })
      const [made, replaced] = [await put(1), await put(2)]
      expect(`${made.status} ${made.text}`).toBe('201 {"size":1,"boxes":{"parts":[{"id":150,"size":1}]}}')
      expect(`${replaced.status} ${replaced.text}`).toBe(
        '200 {"size":2,"boxes":{"parts":[{"id":150,"size":2}]}}',
      )
    })

    it('are as they were before where rows have no key', async () => {
      const made = await send('POST', 'loose?select=size,boxes(loose(size))', { box: 1, size: 1 })
      expect(`${made.status} ${made.text}`).toBe('201 {"size":1,"boxes":{"loose":[]}}')
    })

    it('leave the session as it was when a write fails', async () => {
      await send('POST', 'things', { id: 1, box: 1 })
      const refused = await send('POST', 'things?select=id,boxes(things)', { id: 1, box: 1 })
      expect(refused.json).toMatchObject({ code: 'constraint_unique' })
      const made = await send('POST', 'things?select=id,boxes(things)', { id: 2, box: 1 })
      expect(made.json).toEqual({ id: 2, boxes: { things: 2 } })
    })
  })
}
