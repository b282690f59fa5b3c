/** Values that do not fit, in routines: arguments are refused whatever mode the routine was made in; what it stores itself is its own matter. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Served, serve } from '../../support/served.ts'
import { describeUnless } from '../../support/unless.ts'
import { flavours } from './servers.ts'

const routines = (mode: 'strict' | 'lenient') => `
SET sql_mode = '${mode === 'strict' ? 'STRICT_ALL_TABLES' : ''}';
CREATE FUNCTION ${mode}_text(v varchar(3)) RETURNS varchar(20) DETERMINISTIC NO SQL RETURN v;
CREATE FUNCTION ${mode}_int(v tinyint) RETURNS int DETERMINISTIC NO SQL RETURN v;
CREATE FUNCTION ${mode}_decimal(v decimal(5, 2)) RETURNS decimal(10, 5) DETERMINISTIC NO SQL RETURN v;
CREATE FUNCTION ${mode}_time(v time) RETURNS time(6) DETERMINISTIC NO SQL RETURN v;
CREATE PROCEDURE ${mode}_given(v varchar(3)) MODIFIES SQL DATA INSERT INTO kept VALUES (v);
CREATE FUNCTION ${mode}_function(v varchar(20)) RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO kept VALUES (v); RETURN 1; END;
CREATE PROCEDURE ${mode}_procedure(v varchar(20)) MODIFIES SQL DATA INSERT INTO kept VALUES (v);`

for (const { name: flavour, missing, start } of flavours)
  describeUnless(missing)(`a routine on ${flavour}`, () => {
    let gateway: Served
    beforeAll(async () => {
      gateway = await serve(
        await start(),
        `CREATE TABLE kept (v varchar(3)); ${routines('strict')} ${routines('lenient')}`,
      )
    })
    afterAll(() => gateway?.stop())

    const call = (name: string, v: unknown) => gateway.request('POST', `/api/v1/rpc/${name}`, { body: { v } })
    const kept = () => gateway.sql('SELECT v FROM kept')

    it.each(
      ['strict', 'lenient'].flatMap((mode) => [
        [`${mode}_text`, 'abcdef'],
        [`${mode}_int`, 1000],
        [`${mode}_decimal`, '1.239'],
        [`${mode}_decimal`, '12345.1'],
        [`${mode}_time`, '10:00:00.5'],
        [`${mode}_given`, 'abcdef'],
      ]),
    )('%s does not get the argument %j, which its parameter cannot hold', async (name, v) => {
      const answer = await call(name, v)
      expect([answer.status, answer.json.code], answer.text).toEqual([422, 'bad_value'])
      expect(await kept()).toEqual([])
    })

    it.each(['function', 'procedure'])('made strict stores nothing cut: a %s', async (kind) => {
      const answer = await call(`strict_${kind}`, 'abcdef')
      expect([answer.status, answer.json.code]).toEqual([422, 'bad_value'])
      expect(await kept()).toEqual([])
    })

    it.each(['function', 'procedure'])(
      'made lenient cuts what it stores, without a word: a %s',
      async (kind) => {
        expect((await call(`lenient_${kind}`, 'abcdef')).status).toBeLessThan(300)
        expect(await kept()).toEqual([{ v: 'abc' }])
        await gateway.sql('DELETE FROM kept')
      },
    )
  })
