/** Every type of MariaDB and MySQL through HTTP: canonical at the top and in embeds, written back as it was read, found by its value. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import type { TestMysql } from '../../support/mysql.ts'
import {
  checkAggregates,
  checkCanonical,
  checkFound,
  checkNull,
  checkWritten,
  type TypeTable,
} from '../type-checks.ts'
import { flavours } from './servers.ts'
import { type Sample, samplesOf } from './types.samples.ts'

/** One table a type: a row a value, and a last one of NULL; all hang on the one row of `hub`. */
const tablesOf = (samples: readonly Sample[]) =>
  samples
    .map(({ type, values, readOnly = [] }, i) => {
      const all = [...values, ...readOnly].map(([sql]) => sql)
      const nullable = /\bnull$/.test(type) ? type : `${type} NULL`
      return `
    CREATE TABLE t${i} (id int PRIMARY KEY, hub_id int, v ${nullable}, FOREIGN KEY (hub_id) REFERENCES hub (id));
    INSERT INTO t${i} VALUES ${[...all, 'NULL'].map((sql, id) => `(${id}, 1, ${sql})`).join()};`
    })
    .join('')

for (const { name, missing, start } of flavours)
  describe(`the types of ${name}`, () => {
    if (missing !== undefined) {
      it('are canonical', ({ skip }) => skip(missing))
      return
    }
    const samples = samplesOf(name)
    let server: TestMysql
    let url: string
    let gateway: TestGateway
    beforeAll(async () => {
      server = await start()
      url = await server.createDatabase()
      await server.sql(
        url,
        `SET sql_mode = 'NO_BACKSLASH_ESCAPES', time_zone = '+00:00';
       CREATE TABLE hub (id int PRIMARY KEY); INSERT INTO hub VALUES (1); ${tablesOf(samples)}`,
      )
      gateway = await startGateway({ url })
    })
    afterAll(async () => {
      await gateway?.stop()
      await server?.stop()
    })
    const tableOf = (i: number): TypeTable => ({
      name: `t${i}`,
      values: [...(samples[i]?.values ?? []), ...(samples[i]?.readOnly ?? [])].map(([, json]) => json),
      request: (method, path, init) => gateway.request(method, path, init),
    })

    for (const [i, { type, values, readOnly = [], incomparable }] of samples.entries()) {
      it(`${type} is canonical`, () => checkCanonical(tableOf(i)))

      it(`${type} is written back as it was read`, async () => {
        await checkWritten(
          tableOf(i),
          values.map(([, json]) => json),
        )
        const last = values.length - 1
        const [{ same } = {}] = await server.sql(
          url,
          `SELECT HEX(a.v) = HEX(b.v) AS same FROM t${i} a JOIN t${i} b WHERE a.id = 100 AND b.id = ${last}`,
        )
        expect(same).toBe(1)
        await server.sql(url, `DELETE FROM t${i} WHERE id = 100`)
      })

      it(`${type} finds its rows by value, or says that it cannot`, async () => {
        const table = tableOf(i)
        const all = incomparable ? [] : table.values.slice(0, table.values.length - readOnly.length)
        await checkFound({ ...table, values: all })
        await checkNull(table)
      })

      it(`${type} has its smallest and largest value at the ends of its order`, () =>
        checkAggregates(tableOf(i)))

      // A cursor that is longer than a header may be leads nowhere.
      if (!incomparable && values.every(([, json]) => json.length < 1000))
        it(`${type} leads its cursors through all rows`, async () => {
          const all = await gateway.request('GET', `/api/v1/t${i}?select=id&order=v,id`)
          const ids: unknown[] = []
          let at: string | undefined = `/api/v1/t${i}?select=id&order=v,id&limit=1`
          while (at !== undefined) {
            const page = await gateway.request('GET', at)
            expect(page.status, page.text).toBe(200)
            ids.push(...page.json)
            at = /^<(.*)>; rel="next"$/.exec(page.headers['link'] ?? '')?.[1]
          }
          expect(ids).toEqual(all.json)
        })
    }
  })
