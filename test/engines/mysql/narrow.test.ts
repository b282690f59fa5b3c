/** Texts in character sets that do not hold every character, and in collations of all kinds: found, or not, and never a fault. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Served, serve } from '../../support/served.ts'
import { flavours } from './servers.ts'

const schema = `
CREATE TABLE words (
  id int PRIMARY KEY, latin varchar(20) CHARACTER SET latin1, three varchar(20) CHARACTER SET utf8mb3,
  plain varchar(20) CHARACTER SET ascii, loose varchar(20) COLLATE utf8mb4_general_ci,
  strict varchar(20) COLLATE utf8mb4_bin, latin_text text CHARACTER SET latin1,
  kind enum('é', '?') CHARACTER SET latin1
);
INSERT INTO words VALUES (1, 'café', 'café', 'cafe', 'Ada', 'Ada', 'café', 'é'), (2, '?', '?', '?', '?', '?', '?', '?'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE named (name varchar(20) CHARACTER SET latin1 PRIMARY KEY, n int);
INSERT INTO named VALUES ('?', 1), ('é', 2);`

for (const { name, missing, start } of flavours)
  describe(`narrow texts of ${name}`, () => {
    if (missing !== undefined) {
      it('are found', ({ skip }) => skip(missing))
      return
    }
    let gateway: Served
    beforeAll(async () => {
      gateway = await serve(await start(), schema)
    })
    afterAll(() => gateway?.stop())
    const ids = async (query: string) => {
      const answer = await gateway.request('GET', `/api/v1/words?select=id&${encodeURI(query)}`)
      return answer.status === 200
        ? answer.json.map((row: { id: number }) => row.id).join()
        : `${answer.status} ${answer.json.code}`
    }

    for (const column of ['latin', 'three', 'plain', 'latin_text', 'kind'])
      for (const [query, found] of [
        ['=💥', /^(|400 invalid_parameter)$/],
        ['[in]=💥,?', /^2$/],
        ['[nin]=💥', /^1,2$/],
        ['[neq]=💥', /^(1,2|400 invalid_parameter)$/],
        ['[like]=*💥*', /^(|400 invalid_parameter)$/],
        ['[contains]=💥', /^(|400 invalid_parameter)$/],
        ['[ilike]=💥', /^$/],
        ['[gt]=💥', /^(|1,2|400 invalid_parameter)$/],
      ] as const)
        it(`${column}${query} is never a fault`, async () => {
          // What is no label of an enum is refused wherever a list holds it.
          const label = column === 'kind' && /in\]=/.test(query)
          expect(await ids(`${column}${query}`)).toMatch(label ? /^400 invalid_parameter$/ : found)
        })

    it.each([
      ['latin=café', '1'],
      ['latin[in]=café,💥', '1'],
      ['three[in]=café', '1'],
      ['loose=ADA', '1'],
      ['loose[in]=ADA,x', '1'],
      ['loose[nin]=ADA', '2'],
      ['strict=ADA', ''],
      ['strict[in]=ADA', ''],
      ['kind[in]=é', '1'],
    ])('%s finds what its collation takes for equal', async (query, found) =>
      expect(await ids(query)).toBe(found),
    )

    it('are no keys of other rows', async () => {
      const other = await gateway.request('GET', `/api/v1/named/${encodeURIComponent('💥')}`)
      expect(['404 row_not_found', '400 invalid_parameter']).toContain(`${other.status} ${other.json.code}`)
      const changed = await gateway.request('PATCH', `/api/v1/named?${encodeURI('name[in]=💥,é')}`, {
        body: { n: 9 },
      })
      expect(changed.text).toBe('[{"name":"é","n":9}]')
      expect((await gateway.request('GET', '/api/v1/named/%3F')).text).toBe('{"name":"?","n":1}')
    })

    it('refuse what they cannot hold', async () => {
      const body = { name: '💥', n: 1 }
      const one = await gateway.request('POST', '/api/v1/named', { body })
      expect(`${one.status} ${one.json.code}`).toBe('422 bad_value')
      const many = await gateway.request('POST', '/api/v1/named', { body: [body, { name: 'x' }] })
      expect(`${many.status} ${many.json.code}`).toBe('422 bad_value')
      const put = await gateway.request('PUT', `/api/v1/named/${encodeURIComponent('💥')}`, {
        body: { n: 1 },
      })
      expect(['422 bad_value', '400 invalid_parameter']).toContain(`${put.status} ${put.json.code}`)
    })
  })
