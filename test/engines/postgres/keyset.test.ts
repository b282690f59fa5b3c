/** Pages by cursor on real servers: every row exactly once in every order, and each page found by an index. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compile } from '#engine/postgres/dialect.ts'
import type { Bound, OrderTerm, Select } from '#plan/ast.ts'
import { postgresMissing, postgresVersions } from '../../support/postgres.ts'
import { type Bench, openBench, ref, select } from './dialect.fixture.ts'
import { describeUnless } from '../../support/unless.ts'

const setup = `
  create table ledger (id int primary key, a int, b text collate "C", c int not null, d numeric);
  insert into ledger
    select i, nullif(i * 7 % 5, 0), nullif(chr(97 + i * 11 % 4), 'a'), i * 13 % 3, nullif(i % 2, 0) / 4.0
    from generate_series(1, 60) i;
  create table big (id int primary key, price int, at timestamptz not null, status int not null, name text not null);
  insert into big
    select i, case when i % 10 = 0 then null else i::int8 * 7919 % 100003 end, now() - i * interval '1 second',
      i % 5, md5(i::text) from generate_series(1, 100000) i;
  create index on big (price, id);
  create index on big (at, id);
  create index on big (status, id desc);
  create index on big (name text_pattern_ops);
  analyze big;`

/** The page behind a cursor; a null in it stands at NULL, which is part of the statement. */
const page = (
  s: Select,
  order: readonly OrderTerm[],
  cursor: readonly (string | null)[] | undefined,
): Select => ({
  ...s,
  order,
  where: cursor && {
    kind: 'after',
    terms: order.map((term, i) => ({
      ...term,
      value: cursor[i] === null ? undefined : { slot: i + 1, type: term.by.column.type },
    })),
  },
})

for (const version of postgresVersions) {
  const missing = postgresMissing(version)
  describeUnless(missing)(`pages by cursor on PostgreSQL ${version}`, () => {
    let bench: Bench
    beforeAll(async () => {
      bench = await openBench(version)
      await bench.sql(setup)
      await bench.reload()
    })
    afterAll(() => bench.close())

    const directions = fc.record({ descending: fc.boolean(), nulls: fc.constantFrom('first', 'last') })
    const ordered = (name: string) => directions.map((d) => ({ name, ...d }))
    const orders = fc
      .tuple(
        fc.shuffledSubarray(['a', 'b', 'c', 'd']).chain((names) => fc.tuple(...names.map(ordered))),
        ordered('id'),
      )
      .map(([some, last]) => [...some, last])

    it('give each row once, in the order of one big page, whatever the order', async () => {
      const ledger = bench.table('ledger')
      await fc.assert(
        fc.asyncProperty(orders, fc.integer({ min: 1, max: 25 }), async (terms, size) => {
          const order = terms.map(
            ({ name, descending, nulls }): OrderTerm => ({ by: ref(ledger, name), descending, nulls }),
          )
          const whole = select(ledger, ['id'], { order })
          const all = JSON.parse((await bench.run(whole)).text)
          const paged = select(ledger, ['id'], {
            limit: { slot: 0, type: ref(ledger, 'id').column.type },
            hidden: order.map(({ by }) => ({ kind: 'cursor', ref: by })),
          })
          const seen: unknown[] = []
          let cursor: readonly (string | null)[] | undefined
          do {
            const values: Bound[] = [String(size), ...(cursor ?? [])]
            const result = await bench.run(page(paged, order, cursor), values)
            seen.push(...JSON.parse(result.text))
            cursor = result.hidden
          } while (cursor && seen.length <= all.length)
          expect(seen).toEqual(all)
        }),
        { numRuns: 120 },
      )
    })

    const cursors: readonly [name: string, order: string, cursor: readonly (string | null)[]][] = [
      ['one column', 'id', ['50000']],
      ['a column and the key', '-at,-id', ['2020-01-01', '5']],
      ['a value, NULL to come', 'price,id', ['50000', '7']],
      ['NULL, which is last', 'price,id', [null, '50000']],
      ['NULL, values to come', '-price,-id', [null, '50000']],
      ['a column with NULL before it', '-price,-id', ['50000', '7']],
      ['both directions', 'status,-id', ['3', '50000']],
    ]
    for (const [name, terms, cursor] of cursors)
      it(`read no more than the page from an index behind ${name}`, async () => {
        const big = bench.table('big')
        const order = terms.split(',').map((term): OrderTerm => {
          const descending = term.startsWith('-')
          return {
            by: ref(big, term.replace('-', '')),
            descending,
            nulls: descending ? 'first' : 'last',
          }
        })
        const statement = page(select(big, ['id', 'name'], { limit: 20 }), order, cursor)
        const compiled = compile(statement)
        const plan = await bench.explain(compiled, ['0', ...cursor])
        expect(plan).not.toMatch(/Seq Scan|Sort  |Bitmap/)
        expect(plan).toMatch(/Index Cond/)
        expect((await bench.run(statement, ['0', ...cursor])).rows).toBe(
          name === 'a column and the key' ? 0 : 20,
        )
      })
  })
}
