/** Full text on MariaDB and MySQL where there is none: rows without a text neither have the words nor lack them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Served, serve } from '../../support/served.ts'
import { column, e, filter } from '../suite/context.ts'
import { flavours } from './servers.ts'

const schema = `
CREATE TABLE notes (id int PRIMARY KEY, body varchar(60), FULLTEXT KEY (body));
INSERT INTO notes VALUES (1, 'green apples'), (2, 'red apples'), (3, NULL);`

for (const { name, missing, start } of flavours)
  describe(`the search of ${name}`, () => {
    if (missing !== undefined) {
      it('passes over NULL', ({ skip }) => skip(missing))
      return
    }
    let gateway: Served
    beforeAll(async () => {
      gateway = await serve(await start(), schema)
    })
    afterAll(() => gateway?.stop())

    it.each([
      ['green', [1], [2]],
      ['apples', [1, 2], []],
      ['apples -red', [1], [2]],
      ['pears', [], [1, 2]],
    ])('of %s, and what it does not find, leave out rows without a text', async (words, found, others) => {
      const ids = async (query: string) => column(await gateway.request('GET', `/api/v1/notes?${query}`))
      expect(await ids(`body[search]=${e(words)}`)).toEqual(found)
      expect(await ids(filter({ not: { body: { search: words } } }))).toEqual(others)
      expect(await ids(filter({ or: [{ body: { search: words } }, { id: 3 }] }))).toEqual([...found, 3])
    })
  })
