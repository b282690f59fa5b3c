/** New rows, given back whatever makes their keys: counters, constants, expressions; never half of them where a trigger does. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { flavours } from './servers.ts'

const schema = `
CREATE TABLE by_uuid (id char(36) PRIMARY KEY DEFAULT (uuid()), n int);
CREATE TABLE by_bytes (id binary(16) PRIMARY KEY DEFAULT (unhex(replace(uuid(), '-', ''))), n int);
CREATE TABLE by_number (id bigint unsigned PRIMARY KEY DEFAULT (uuid_short()), n int);
CREATE TABLE by_parts (
  id int NOT NULL AUTO_INCREMENT, tenant int NOT NULL DEFAULT 7, place varchar(36) NOT NULL DEFAULT (lower(uuid())), n int,
  PRIMARY KEY (tenant, place, id), KEY (id)
);
CREATE TABLE by_others (id varchar(40) PRIMARY KEY DEFAULT (concat('x-', n)), n int);
CREATE TABLE by_trigger (id char(36) PRIMARY KEY, n int);
CREATE TRIGGER makes_key BEFORE INSERT ON by_trigger FOR EACH ROW SET NEW.id = COALESCE(NULLIF(NEW.id, ''), uuid());
CREATE TABLE by_changes (id int PRIMARY KEY, n int);
CREATE TRIGGER changes_key BEFORE INSERT ON by_changes FOR EACH ROW SET NEW.id = NEW.id + 1000;
CREATE TABLE flags (flag boolean, kind bit(1), n int, PRIMARY KEY (flag, kind));
CREATE TABLE places (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
CREATE TABLE visits (
  id binary(16) DEFAULT (unhex(replace(uuid(), '-', ''))), kind char(4), n int, place int NOT NULL,
  PRIMARY KEY (id, kind), FOREIGN KEY (place) REFERENCES places (id)
);
CREATE TRIGGER counts_visits AFTER INSERT ON visits FOR EACH ROW UPDATE places SET n = n + 1 WHERE id = NEW.place;
CREATE TABLE calls (id char(36) PRIMARY KEY, place int NOT NULL, FOREIGN KEY (place) REFERENCES places (id));
CREATE TRIGGER makes_calls BEFORE INSERT ON calls FOR EACH ROW SET NEW.id = COALESCE(NULLIF(NEW.id, ''), uuid());
CREATE TABLE remarks (n int, place int NOT NULL, FOREIGN KEY (place) REFERENCES places (id));
INSERT INTO places (id) VALUES (1);
CREATE VIEW uuids AS SELECT n AS number, id AS code FROM by_uuid;`

const tables =
  'visits calls remarks by_uuid by_bytes by_number by_parts by_others by_trigger by_changes flags'.split(' ')

for (const { name, missing, start } of flavours)
  describe(`new rows on ${name}`, () => {
    if (missing !== undefined) {
      it('are given back', ({ skip }) => skip(missing))
      return
    }
    let server: TestMysql
    let url: string
    let gateway: TestGateway
    beforeAll(async () => {
      server = await start()
      url = await server.createDatabase()
      await server.sql(url, schema)
      gateway = await startGateway({ url })
    })
    afterAll(async () => {
      await gateway?.stop()
      await server?.stop()
    })
    beforeEach(() => server.sql(url, tables.map((table) => `DELETE FROM ${table}`).join(';')))

    const post = (path: string, body: unknown, prefer = 'return=representation') =>
      gateway.request('POST', `/api/v1/${path}`, { body, headers: { prefer } })
    const count = async (table: string) =>
      Number((await server.sql(url, `SELECT COUNT(*) AS n FROM ${table}`))[0]?.['n'])

    it.each(['by_uuid', 'by_bytes', 'by_number', 'by_parts'])(
      'of %s are there under their Location, and in their order',
      async (table) => {
        const one = await post(table, { n: 1 })
        expect(`${one.status} ${one.text}`).toMatch(/^201 .*"n":1/)
        const there = await gateway.request('GET', one.headers['location'] ?? '')
        expect(there.text).toBe(one.text)
        const many = await post(
          table,
          Array.from({ length: 300 }, (_, n) => ({ n: n + 10 })),
        )
        expect(many.status, many.text).toBe(201)
        expect(many.json.map((row: { n: number }) => row.n)).toEqual(
          Array.from({ length: 300 }, (_, n) => n + 10),
        )
        const all = await gateway.request('GET', `/api/v1/${table}?n[gte]=10&order=n&limit=1000`)
        expect(all.json).toEqual(many.json)
      },
    )

    it('through a view have the key of its table', async () => {
      const one = await post('uuids', { number: 5 })
      expect(`${one.status} ${one.text}`).toMatch(/^201 \{"number":5,"code":"[0-9a-f-]{36}"\}$/)
      const changed = await gateway.request('PATCH', '/api/v1/uuids?number=5', { body: { number: 6 } })
      expect(changed.json).toMatchObject([{ number: 6, code: one.json.code }])
    })

    it('that take their defaults only from themselves are given back, or refused before they are written', async () => {
      const one = await post('by_others', { n: 4 })
      if (name === 'MariaDB') expect(one.text).toBe('{"id":"x-4","n":4}')
      else expect(`${one.json.code} ${await count('by_others')}`).toBe('not_supported 0')
      expect((await post('by_others', { n: 5 }, 'return=minimal')).status).toBe(201)
    })

    it.each([
      ['by_trigger', { n: 1 }],
      ['by_trigger', [{ n: 1 }, { n: 2 }]],
      ['by_changes', { id: 1, n: 1 }],
      ['by_changes', [{ id: 1 }, { id: 2 }]],
    ] as const)(
      'of %s, whose keys a trigger makes, are given back or not written: %j',
      async (table, body) => {
        const answer = await post(table, body)
        if (name === 'MariaDB') {
          expect(`${answer.status} ${answer.text}`).toMatch(/^201 .*(-|100)/)
          return
        }
        expect(`${answer.status} ${answer.json.code}`).toBe('501 not_supported')
        expect(await count(table)).toBe(0)
        expect((await post(table, body, 'return=minimal')).status).toBe(201)
      },
    )

    it('show related rows as they are once all is written', async () => {
      await server.sql(url, 'UPDATE places SET n = 0')
      const one = await post('visits?select=n,places(n,visits(n))', { n: 5, kind: 'a', place: 1 })
      expect(`${one.status} ${one.text}`).toBe('201 {"n":5,"places":{"n":1,"visits":[{"n":5}]}}')
      const rows = Array.from({ length: 300 }, (_, n) => ({ n, kind: n % 2 ? 'a' : 'b ', place: 1 }))
      const many = await post('visits?select=n,places(n)', rows)
      expect(many.status, many.text).toBe(201)
      expect(many.json).toEqual(rows.map(({ n }) => ({ n, places: { n: 301 } })))
    })

    it('show related rows where a trigger makes the key, or there is none, as far as they can be found', async () => {
      const called = await post('calls?select=places(calls(id))', { place: 1 })
      if (name === 'MariaDB') expect(called.json.places.calls, called.text).toHaveLength(1)
      else expect(called.json.code).toBe('not_supported')
      // Without a key nothing is found again: MariaDB gives each row back as soon as it is written, MySQL none.
      const remark = await post('remarks?select=n,places(remarks(n))', { n: 1, place: 1 })
      if (name === 'MariaDB') expect(remark.text).toBe('{"n":1,"places":{"remarks":[{"n":1}]}}')
      else expect(remark.json.code).toBe('not_supported')
    })

    it('of a yes or no have a Location that leads to them', async () => {
      for (const [flag, kind] of [
        [true, false],
        [false, true],
      ]) {
        const one = await post('flags', { flag, kind, n: 3 })
        expect(one.status, one.text).toBe(201)
        const there = await gateway.request('GET', one.headers['location'] ?? '')
        expect(there.text).toBe(`{"flag":${flag},"kind":${kind},"n":3}`)
      }
    })
  })
