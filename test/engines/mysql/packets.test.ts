/** What is larger than the server's max_allowed_packet: an error, never a NULL or half of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Served, serve } from '../../support/served.ts'
import { flavours } from './servers.ts'

/** So many rows of so many parts of what the server takes are more than it takes. */
const [rows, parts] = [25, 20]
const schema = `
CREATE TABLE owners (id int PRIMARY KEY, name varchar(20));
CREATE TABLE things (id int AUTO_INCREMENT PRIMARY KEY, owner_id int, kind int, body longtext,
  FOREIGN KEY (owner_id) REFERENCES owners (id));
CREATE VIEW warned AS SELECT id, CAST(name AS SIGNED) AS n, JSON_ARRAY(id) AS j FROM owners WHERE id = 2;
INSERT INTO owners VALUES (1, 'much'), (2, 'little'), (3, 'none');
INSERT INTO things (owner_id, kind, body) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  SELECT 1, i % 3, REPEAT('x', @@max_allowed_packet DIV ${parts}) FROM n;
INSERT INTO things (owner_id, kind, body) VALUES (2, 1, 'y');`

for (const { name, missing, start } of flavours)
  describe(`an embed on ${name} that is larger than max_allowed_packet`, () => {
    if (missing !== undefined) {
      it('is an error', ({ skip }) => skip(missing))
      return
    }
    let gateway: Served
    beforeAll(async () => {
      gateway = await serve(await start(), schema)
    })
    afterAll(() => gateway?.stop())

    it.each([
      'owners?select=name,things(body)',
      'owners/1?select=name,things(id,body)',
      'owners?select=name,things(order=id;limit=24;body)',
      'things?select=id,owner(name,things(order=kind;body))&limit=1',
    ])('is refused by %s', async (path) => {
      const answer = await gateway.request('GET', `/api/v1/${path}`)
      expect(`${answer.status} ${answer.json.code}`).toBe('400 too_complex')
      const after = await gateway.request('GET', '/api/v1/owners?select=name,things(body)&id[gte]=2')
      expect(after.text).toBe('[{"name":"little","things":[{"body":"y"}]},{"name":"none","things":[]}]')
    })

    it('is refused by a write that would answer with it, and nothing is written', async () => {
      const insert = await gateway.request('POST', '/api/v1/things?select=id,owner(things(body))', {
        body: { owner_id: 1, kind: 7 },
      })
      expect(`${insert.status} ${insert.json.code}`).toBe('400 too_complex')
      const update = await gateway.request('PATCH', '/api/v1/owners/1?select=name,things(body)', {
        body: { name: 'changed' },
      })
      expect(`${update.status} ${update.json.code}`).toBe('400 too_complex')
      expect(
        await gateway.sql(
          'SELECT (SELECT COUNT(*) FROM things WHERE kind = 7) AS a, name FROM owners WHERE id = 1',
        ),
      ).toEqual([{ a: 0, name: 'much' }])
    })

    it('ends a stream with an error', async () => {
      const stream = gateway.request('GET', '/api/v1/owners?select=name,things(body)&order=id', {
        headers: { accept: 'application/x-ndjson' },
      })
      // What came first may be on its way already: then the connection ends before the body does.
      const told = await stream.then(
        (answer) => answer.json.code as string,
        () => 'cut off',
      )
      expect(['too_complex', 'cut off']).toContain(told)
    })

    it('is none when it fits, whatever else is warned of', async () => {
      const view = await gateway.request('GET', '/api/v1/warned?select=n')
      expect(view.text).toBe('[{"n":0}]')
      const documents = await gateway.request('GET', '/api/v1/warned?select=n,j')
      expect(documents.json).toMatchObject([{ n: 0 }])
    })
  })
