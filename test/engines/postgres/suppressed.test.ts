/** Rows that triggers keep the database from writing: nothing was wrong, nothing was written, and the answer says so. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Served, startServed } from './served.ts'

let gateway: Served
beforeAll(async () => {
  gateway = await startServed(
    `CREATE TABLE kept (id int PRIMARY KEY, v text, gone boolean DEFAULT false);
     CREATE FUNCTION suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF TG_OP = 'DELETE' THEN UPDATE kept SET gone = true WHERE id = OLD.id; RETURN NULL; END IF;
       RETURN CASE WHEN NEW.v = 'no' THEN NULL ELSE NEW END; END $$;
     CREATE TRIGGER suppress BEFORE INSERT OR UPDATE OR DELETE ON kept FOR EACH ROW EXECUTE FUNCTION suppress()`,
  )
})
afterAll(() => gateway?.stop())
beforeEach(() => gateway.sql(`TRUNCATE kept; INSERT INTO kept VALUES (1, 'a')`))

const send = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<string> => {
  const answer = await gateway.request(method, `/api/v1/kept${path}`, {
    ...(body !== undefined && { body }),
    headers,
  })
  const { location, 'content-range': range } = answer.headers
  return [answer.status, answer.text === '' ? undefined : answer.text, range, location]
    .filter((part) => part !== undefined)
    .join(' ')
}

describe('a row that a trigger leaves out', () => {
  it('of an insert is not created', async () => {
    expect(await send('POST', '', { id: 2, v: 'no' })).toBe('204 */0')
    expect(await send('POST', '', { id: 2, v: 'no' }, { prefer: 'return=minimal' })).toBe('204 */0')
    expect(await send('POST', '', { id: 2, v: 'yes' }, { prefer: 'return=minimal' })).toBe(
      '201 */1 /api/v1/kept/2',
    )
  })

  it('of several is missing among those that were', async () => {
    const rows = [
      { id: 2, v: 'no' },
      { id: 3, v: 'yes' },
    ]
    expect(await send('POST', '?select=id', rows)).toBe('201 [{"id":3}]')
  })

  it('by its key is as it was, and there', async () => {
    for (const headers of [{}, { prefer: 'return=minimal' }, { 'if-match': '*' }]) {
      expect(await send('PATCH', '/1', { v: 'no' }, headers)).toBe('204 */0')
      expect(await send('PUT', '/1', { v: 'no' }, headers)).toBe('204 */0')
      expect(await send('DELETE', '/1', undefined, headers)).toBe('204 */0')
    }
    expect(await send('PUT', '/2', { v: 'no' })).toBe('204 */0')
    expect(await send('PATCH', '?id=1', { v: 'no' })).toBe('200 []')
  })

  it('is told apart from one that is missing, or of another version', async () => {
    const etag = (await gateway.request('GET', '/api/v1/kept/1')).headers['etag'] as string
    expect(await send('PATCH', '/1', { v: 'no' }, { 'if-match': etag })).toBe('204 */0')
    expect(await send('PATCH', '/1', { v: 'b' }, { 'if-match': '"1"' })).toMatch(/^412 /)
    expect(await send('PATCH', '/9', { v: 'no' })).toMatch(/^404 /)
    expect(await send('DELETE', '/9')).toMatch(/^404 /)
    expect(await send('PATCH', '/1?v=b', { v: 'c' })).toMatch(/^404 /)
    expect(await send('PUT', '/9', { v: 'no' }, { 'if-match': '*' })).toMatch(/^412 /)
  })
})
