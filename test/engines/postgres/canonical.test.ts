/** Canonical output on real servers: a value has the same bytes at the top, in an embed, in an array and in a composite. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Column, Table } from '#catalog/model.ts'
import type { Bound, Condition, Output } from '#plan/ast.ts'
import { postgresMissing, postgresVersions } from '../../support/postgres.ts'
import { type Bench, columnOf, openBench, outputs, param, ref, select } from './dialect.fixture.ts'
import { describeUnless } from '../../support/unless.ts'

/** A type, one value as an SQL literal, and its canonical JSON; with `numbers=string` and `native` where they differ. */
type Sample = readonly [
  type: string,
  literal: string,
  json: string,
  other?: { string?: string; native?: string },
]

const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => (i * 37) % 256))
const awkward = 'a "b" \\ \t\n\u0001\u00e9\u2028\u{1f600}'
const sqlText = (text: string) => `'${text.replaceAll("'", "''")}'`

const samples: readonly Sample[] = [
  ['int2', '-32768', '-32768'],
  ['int4', '2147483647', '2147483647'],
  ['int8', '9007199254740993', '9007199254740993', { string: '"9007199254740993"' }],
  ['oid', '4294967295', '4294967295'],
  ['xid', "'770'", '"770"'],
  ['cid', "'3'", '"3"'],
  ['tid', "'(4,2)'", '"(4,2)"'],
  ['numeric', '12345678901234567890.10', '"12345678901234567890.10"', { native: '12345678901234567890.10' }],
  ['numeric', "'NaN'", '"NaN"'],
  ['numeric', "'-Infinity'", '"-Infinity"'],
  ['numeric(10,2)', '1.5', '"1.50"', { native: '1.50' }],
  ['money', "'-1234.5'::numeric", '"-1234.50"', { native: '-1234.50' }],
  ['float4', '0.1', '0.1'],
  ['float4', "'NaN'", '"NaN"'],
  ['float8', '1e300', '1e+300'],
  ['float8', "'-Infinity'", '"-Infinity"'],
  ['bool', 'true', 'true'],
  ['bool', 'false', 'false'],
  ['text', sqlText(awkward), JSON.stringify(awkward)],
  ['text', "''", '""'],
  ['text', "'NULL'", '"NULL"'],
  ['varchar(9)', '\'{a,"b"}\'', JSON.stringify('{a,"b"}')],
  ['bpchar(6)', "'ab c'", '"ab c"'],
  ['name', "'nam\"e'", '"nam\\"e"'],
  ['"char"', "'x'", '"x"'],
  ['bytea', `'\\x${bytes.toString('hex')}'`, JSON.stringify(bytes.toString('base64'))],
  ['bytea', "''", '""'],
  ['date', "'2026-11-23'", '"2026-11-23"'],
  ['date', "'infinity'", '"infinity"'],
  ['date', "'0044-03-15 BC'", '"0044-03-15 BC"'],
  ['time', "'14:05:09.120'", '"14:05:09.12"'],
  ['timetz', "'14:05:09+02'", '"14:05:09+02"'],
  ['timestamp', "'2026-11-23 14:05:09.123456'", '"2026-11-23T14:05:09.123456"'],
  ['timestamp', "'10000-01-01'", '"10000-01-01T00:00:00"'],
  ['timestamptz', "'2026-11-23 14:05:09.120+02'", '"2026-11-23T12:05:09.12+00:00"'],
  ['timestamptz', "'0044-03-15 12:00:00+00 BC'", '"0044-03-15T12:00:00+00:00 BC"'],
  ['timestamptz', "'-infinity'", '"-infinity"'],
  ['interval', "'1 year 2 days 03:04:05.6'", '"P1Y2DT3H4M5.6S"'],
  ['uuid', "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'],
  ['inet', "'192.168.0.1'", '"192.168.0.1"'],
  ['inet', "'::1/64'", '"::1/64"'],
  ['cidr', "'10.0.0.0/8'", '"10.0.0.0/8"'],
  ['macaddr', "'08:00:2b:01:02:03'", '"08:00:2b:01:02:03"'],
  ['macaddr8', "'08:00:2b:01:02:03:04:05'", '"08:00:2b:01:02:03:04:05"'],
  ['bit(3)', "'101'", '"101"'],
  ['varbit', "''", '""'],
  ['json', `'{ "b":1,"a": [1,\n2.50]}'`, '{ "b":1,"a": [1,\n2.50]}'],
  ['jsonb', `'{"b":1,"a":[1,2.50]}'`, '{"a": [1, 2.50], "b": 1}'],
  ['jsonb', "'null'", 'null'],
  ['jsonpath', "'$.a'", '"$.\\"a\\""'],
  ['xml', "'<a>1</a>'", '"<a>1</a>"'],
  ['tsvector', "'b a:1'", `"'a':1 'b'"`],
  ['tsquery', "'a & b'", `"'a' & 'b'"`],
  ['point', "'(1,2.5)'", '"(1,2.5)"'],
  ['box', "'(1,2),(0,0)'", '"(1,2),(0,0)"'],
  ['polygon', "'((0,0),(1,1))'", '"((0,0),(1,1))"'],
  ['circle', "'<(0,0),1>'", '"<(0,0),1>"'],
  ['int4range', "'[1,4]'", '"[1,5)"'],
  ['tstzrange', "'[2026-01-01 00:00+00,)'", '"[\\"2026-01-01 00:00:00+00\\",)"'],
  ['int4multirange', "'{[1,2),[5,6)}'", '"{[1,2),[5,6)}"'],
  ['pg_lsn', "'16/B374D848'", '"16/B374D848"'],
  ['regclass', "'pg_class'", '"pg_class"'],
  ['mood', '\'sad "one"\'', '"sad \\"one\\""'],
  ['price', '2.50', '"2.50"', { native: '2.50' }],
  ['"Odd.type"', '1', '1'],
  ['plain_pair', "row(1, 'x')", '{"a":1,"b":"x"}'],
  ['plain_pair', 'row(null, null)', '{"a":null,"b":null}'],
  [
    'rich',
    `row(1.50, '\\x01', array[row(1, 'y')::plain_pair, null], '9007199254740993')`,
    '{"amount":"1.50","blob":"AQ==","Pa irs":[{"a":1,"b":"y"},null],"big":9007199254740993}',
    {
      string: '{"amount":"1.50","blob":"AQ==","Pa irs":[{"a":1,"b":"y"},null],"big":"9007199254740993"}',
      native: '{"amount":1.50,"blob":"AQ==","Pa irs":[{"a":1,"b":"y"},null],"big":9007199254740993}',
    },
  ],
]

const incomparable = new Set('json jsonpath xml point box polygon circle'.split(' '))

const setup = `
  create type mood as enum ('happy', 'sad "one"');
  create domain price as numeric;
  create domain "Odd.type" as int check (value > 0);
  create domain amounts as numeric[];
  create type plain_pair as (a int, b text);
  create type rich as (amount numeric, blob bytea, "Pa irs" plain_pair[], big int8);
  create table one (id int primary key);
  insert into one values (1);
  ${samples.map(([type], i) => `create type pack${i} as (v ${type});`).join('')}
  create table everything (id int primary key, parent int references one, ${samples
    .map(
      ([type], i) => `v${i} ${type}, none${i} ${type}, list${i} ${type}[], deep${i} ${type}[],
        empty${i} ${type}[], pack${i} pack${i}, packs${i} pack${i}[]`,
    )
    .join()});
  insert into everything select 1, 1, ${samples
    .map(
      (_, i) => `v${i}, null, array[v${i}, null], array[[v${i}, null], [v${i}, v${i}]], '{}',
        row(v${i})::pack${i}, array[row(v${i})::pack${i}, null]`,
    )
    .join()}
  from (select ${samples.map(([type, literal], i) => `(${literal})::${type} as v${i}`).join()}) s;
  create table domain_list (id int primary key, parent int, list price[], whole amounts, lists amounts[]);
  insert into domain_list values (1, 1, '{1.50,NULL}', '{{1.0},{2.0}}', '{"{1.0,2.0}",NULL,"{}"}');`

const embedded = (one: Table, target: Table, shown: (alias: string) => Output[]): Output => ({
  kind: 'embed',
  name: 'rows',
  many: true,
  join: {
    outer: 't0',
    table: target,
    alias: 't1',
    on: [{ outer: one.columns[0] as Column, inner: columnOf(target, 'parent') }],
  },
  select: select(target, [], { alias: 't1', outputs: shown('t1') }),
})

for (const version of postgresVersions) {
  const missing = postgresMissing(version)
  describeUnless(missing)(`canonical values of PostgreSQL ${version}`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = await openBench(version)
      await bench.sql(setup)
      await bench.reload()
    })
    afterAll(() => bench.close())

    const names = ['v', 'none', 'list', 'deep', 'empty', 'pack', 'packs']
    for (const [i, [type, literal, standard, other]] of samples.entries())
      it(`are right for ${JSON.stringify(literal)} as ${type}`, async () => {
        const [one, target] = [bench.table('one'), bench.table('everything')]
        const shown = (alias: string): Output[] =>
          names.map((name) => ({ kind: 'column', name, ref: ref(target, `${name}${i}`, alias) }))
        for (const numbers of ['default', 'string', 'native'] as const) {
          const json = (numbers === 'default' ? undefined : other?.[numbers]) ?? standard
          const expected =
            `[{"v":${json},"none":null,"list":[${json},null],"deep":[[${json},null],[${json},${json}]],` +
            `"empty":[],"pack":{"v":${json}},"packs":[{"v":${json}},null]}]`
          expect((await bench.run(select(target, [], { numbers, outputs: shown('t0') }))).text).toBe(expected)
          const inside = select(one, [], { numbers, outputs: [embedded(one, target, shown)] })
          expect((await bench.run(inside)).text).toBe(`[{"rows":${expected}}]`)
        }
      })

    /** Canonical JSON as a request would bind it: texts without quotes, everything else as it stands. */
    const asBound = (json: string): string => {
      const value: unknown = json.startsWith('"') ? JSON.parse(json) : undefined
      return typeof value === 'string' ? value : json
    }

    for (const [i, [type, literal, shown]] of samples.entries())
      it(`come back as they were written for ${JSON.stringify(literal)} as ${type}`, async () => {
        const target = bench.table('everything')
        // Inside arrays and composites white space of json is not kept.
        const json = type === 'json' ? shown.replaceAll(/\s/g, '') : shown
        const columns = ['id', `v${i}`, `list${i}`, `deep${i}`, `pack${i}`, `packs${i}`].map((name) =>
          columnOf(target, name),
        )
        const written = [
          '2',
          asBound(json),
          `[${json},null]`,
          /json/.test(type) ? `[${json}]` : `[[${json},null],[${json},${json}]]`,
          `{"v":${json}}`,
          `[{"v":${json}},null]`,
        ]
        const result = await bench.run(
          {
            kind: 'insert',
            table: target,
            alias: 't0',
            columns,
            rows: [columns.map((column, slot) => param(slot, column))],
            upsert: { key: columns.slice(0, 1), reset: [] },
            returning: {
              outputs: outputs(
                target,
                columns.map((c) => c.name),
              ),
              hidden: [],
              numbers: 'default',
            },
          },
          written,
          'array',
        )
        const names_ = columns.map((c) => JSON.stringify(c.name))
        const expected = ['2', json, ...written.slice(2)].map((value, at) => `${names_[at]}:${value}`)
        expect(result.text).toBe(`[{${expected.join()}}]`)
      })

    for (const [i, [type, literal, json]] of samples.entries())
      it(`find their row for ${JSON.stringify(literal)} as ${type}`, async () => {
        const target = bench.table('everything')
        const column = columnOf(target, `v${i}`)
        expect(column.type.comparable).toBe(!incomparable.has(type))
        // Inside arrays, null is SQL's; and cid has = but no <>.
        if (!column.type.comparable || type === 'cid' || json === 'null') return
        const left = ref(target, column.name)
        const one = { slot: 0, type: column.type }
        const conditions: readonly Condition[] = [
          { kind: 'compare', left, operator: 'eq', right: one },
          { kind: 'in', left, list: { ...one, slot: 1, list: true }, negated: false },
          { kind: 'has', left: ref(target, `list${i}`), element: one },
          {
            kind: 'compare',
            left: ref(target, `list${i}`),
            operator: 'eq',
            right: param(2, columnOf(target, `list${i}`)),
          },
          {
            kind: 'in',
            left: ref(target, `list${i}`),
            list: { ...param(3, columnOf(target, `list${i}`)), list: true },
            negated: false,
          },
          { kind: 'not', item: { kind: 'in', left, list: { ...one, slot: 1, list: true }, negated: true } },
        ]
        // What a cursor holds finds the same value again.
        const cursor = await bench.run(
          select(target, [], {
            where: {
              kind: 'compare',
              left: ref(target, 'id'),
              operator: 'eq',
              right: param(0, columnOf(target, 'id')),
            },
            hidden: [
              { kind: 'cursor', ref: left },
              { kind: 'cursor', ref: ref(target, `list${i}`) },
            ],
          }),
          ['1'],
        )
        const [text, texts] = cursor.hidden as readonly [string, string]
        const list = `[${json},null]`
        const bound: readonly (readonly Bound[])[] = [
          [asBound(json), [asBound(json)], list, [list, '[]'], '1'],
          [text, [text], texts, [texts], '1'],
        ]
        for (const values of bound)
          for (const condition of conditions) {
            const items: readonly Condition[] = [
              {
                kind: 'compare',
                left: ref(target, 'parent'),
                operator: 'eq',
                right: { slot: 4, type: columnOf(target, 'parent').type },
              },
              condition,
            ]
            const found = await bench.run(select(target, ['id'], { where: { kind: 'and', items } }), values)
            expect(`${condition.kind} ${found.text}`).toBe(`${condition.kind} [{"id":1}]`)
          }
      })

    it('are right for arrays of domains and domains of arrays', async () => {
      const [one, target, lists] = [
        bench.table('one'),
        bench.table('domain_list'),
        ['list', 'whole', 'lists'],
      ]
      const expected = '[{"list":["1.50",null],"whole":[["1.0"],["2.0"]],"lists":[["1.0","2.0"],null,[]]}]'
      expect((await bench.run(select(target, lists))).text).toBe(expected)
      const inside = await bench.run(
        select(one, [], { outputs: [embedded(one, target, (alias) => outputs(target, lists, alias))] }),
      )
      expect(inside.text).toBe(`[{"rows":${expected}}]`)
    })
  })
}
