/** What only PostgreSQL's routines do: forms of one name that nothing tells apart, and procedures that commit. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgresMissing, postgresVersions } from '../../support/postgres.ts'
import { describeUnless } from '../../support/unless.ts'
import { type Served, startServed } from './served.ts'

const schema = `
  CREATE TABLE notes (id int PRIMARY KEY);
  CREATE PROCEDURE note_and_commit(id int) LANGUAGE plpgsql AS
    'BEGIN INSERT INTO notes VALUES (id); COMMIT; END';
  CREATE FUNCTION same(a int) RETURNS text LANGUAGE sql STABLE AS $$SELECT 'one'$$;
  CREATE FUNCTION same(a int, b int DEFAULT 5) RETURNS text LANGUAGE sql STABLE AS $$SELECT 'two'$$;
  CREATE FUNCTION other(a int) RETURNS text LANGUAGE sql STABLE AS $$SELECT 'int'$$;
  CREATE FUNCTION other(a text, b int DEFAULT 5) RETURNS text LANGUAGE sql STABLE AS $$SELECT 'text'$$;
  CREATE FUNCTION listed(a int) RETURNS text LANGUAGE sql STABLE AS $$SELECT 'one'$$;
  CREATE FUNCTION listed(a int, VARIADIC b int[]) RETURNS text LANGUAGE sql STABLE AS $$SELECT 'many'$$;`

for (const version of postgresVersions)
  describeUnless(postgresMissing(version))(`routines of PostgreSQL ${version}`, () => {
    let gateway: Served
    beforeAll(async () => {
      gateway = await startServed(schema, version)
    })
    afterAll(() => gateway?.stop())
    const get = (path: string) => gateway.request('GET', `/api/v1/rpc/${path}`)
    const post = (path: string, body: unknown) => gateway.request('POST', `/api/v1${path}`, { body })

    it('are refused where the database does not choose between them, and called where it does', async () => {
      const refused = await get('same?a=1')
      expect(refused.json).toMatchObject({ status: 400, code: 'invalid_parameter' })
      expect(refused.json.signatures).toEqual(['a integer', 'a integer, b integer (optional)'])
      expect((await post('/rpc/same', { a: 1 })).json).toMatchObject({ status: 422, code: 'bad_value' })
      expect((await get('same?a=1&b=2')).json).toBe('two')
      expect((await get('other?a=1')).json).toBe('int')
      expect((await get('other?a=x&b=1')).json).toBe('text')
      expect((await get('listed?a=1')).json).toBe('one')
    })

    it('may commit by themselves, but not in a batch', async () => {
      const call = { method: 'POST', path: '/rpc/note_and_commit', body: { id: 1 } }
      const refused = await post('/batch', [{ method: 'POST', path: '/notes', body: { id: 2 } }, call])
      expect(refused.json).toMatchObject({ status: 422, code: 'routine_failed', item: 1 })
      expect(refused.json.detail).toContain('a request of its own')
      expect(await gateway.sql('SELECT id FROM notes')).toEqual([])
      expect((await post(call.path, call.body)).status).toBe(204)
      expect(await gateway.sql('SELECT id FROM notes')).toEqual([{ id: 1 }])
    })
  })
