/** JSON, CSV and NDJSON: which one is sent, and its bytes. */
import { beforeAll, describe, expect, it } from 'vitest'
import { body, compact, type EngineContext, nextPage, problem } from './context.ts'

const csv = 'text/csv; charset=utf-8; header=present'

export function representations(context: EngineContext): void {
  const { get, request } = context

  describe('Accept', () => {
    it.each([
      [undefined, 'application/json'],
      ['', 'application/json'],
      ['*/*', 'application/json'],
      ['application/*', 'application/json'],
      ['text/*', csv],
      ['text/csv', csv],
      ['application/x-ndjson', 'application/x-ndjson'],
      ['text/html, application/xhtml+xml, */*;q=0.8', 'application/json'],
      ['text/csv;q=0.5, application/json;q=0.4', csv],
      ['application/json; numbers=string', 'application/json; numbers=string'],
      ['application/json;numbers=native', 'application/json; numbers=native'],
      ['APPLICATION/JSON', 'application/json'],
    ])('%s gives %s', async (accept, type) => {
      const answer = await get('/tags/1', accept === undefined ? {} : { accept })
      expect(`${answer.status} ${answer.headers['content-type']}`).toBe(`200 ${type}`)
    })

    it.each(['text/html', 'application/xml', 'application/json;q=0', 'application/json; numbers=roman'])(
      '%s is refused, and what exists is listed',
      async (accept) => {
        const refused = problem(await get('/tags/1', { accept }), 'not_acceptable')
        expect(refused['available']).toContain('application/json')
      },
    )

    it('does not change the form of errors', async () =>
      void problem(await get('/tags/99', { accept: 'text/csv' }), 'row_not_found'))
  })

  describe('CSV', () => {
    it('has a header row, CRLF, empty for NULL and "" for the empty text', async () => {
      const answer = await get('/orders?select=id,note,total&order=id', { accept: 'text/csv' })
      expect(answer.text).toBe('id,note,total\r\n1,,45.50\r\n2,gift,20.00\r\n3,,199.99\r\n4,"",0.00\r\n')
    })

    it('quotes what must be quoted', async () => {
      const answer = await get('/profiles', { accept: 'text/csv' })
      expect(answer.text).toBe('customer_id,bio\r\n1,Counts.\r\n4,"back\\slash, ""quote"", comma"\r\n')
    })

    it('writes every type in its canonical form', async () => {
      const answer = await get(
        '/types/1?select=a_bigint,a_decimal,a_double,a_boolean,a_timestamp,a_date,a_binary,a_uuid,a_json',
        { accept: 'text/csv' },
      )
      const sorted = '{"a": [1, 2.50, null], "b": "x"}'
      const json = context.capabilities.jsonText(sorted, compact(sorted)).replaceAll('"', '""')
      expect(answer.text).toBe(
        'a_bigint,a_decimal,a_double,a_boolean,a_timestamp,a_date,a_binary,a_uuid,a_json\r\n' +
          '9223372036854775807,12345678901234567890.0123456789,0.1,true,2026-11-23T14:05:09.123+00:00,2026-11-23,AP8Q,' +
          `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11,"${json}"\r\n`,
      )
    })

    it('has embeds as JSON', async () => {
      const answer = await get('/products/2?select=sku,tags(label)', { accept: 'text/csv' })
      expect(answer.text).toBe('sku,tags\r\nB/2,"[{""label"":""new""}]"\r\n')
    })

    it('of no rows is its header row', async () =>
      expect((await get('/tags?id=0', { accept: 'text/csv' })).text).toBe('id,label\r\n'))

    it('can be sent back', async () => {
      await context.sql('DELETE FROM files')
      const text = 'path,size\r\na,1\r\n"b,""c""\r\nd",9223372036854775807\r\n'
      const posted = await request('POST', '/files', {
        body: text,
        headers: { 'content-type': 'text/csv', accept: 'text/csv' },
      })
      expect(`${posted.status} ${posted.text}`).toBe(`201 ${text}`)
      expect((await get('/files?order=path', { accept: 'text/csv' })).text).toBe(text)
    })
  })

  describe('NDJSON', () => {
    it('is one row a line', async () => {
      const answer = await get('/tags', { accept: 'application/x-ndjson' })
      expect(answer.text).toBe(
        '{"id":1,"label":"green"}\n{"id":2,"label":"new"}\n{"id":3,"label":"unused"}\n',
      )
    })

    it('of no rows is empty', async () =>
      expect((await get('/tags?id=0', { accept: 'application/x-ndjson' })).text).toBe(''))

    it('obeys select, filter, order, limit and offset', async () => {
      const answer = await get('/scores?select=id&order=-id&id[lt]=50&limit=2&offset=1', {
        accept: 'application/x-ndjson',
      })
      expect(answer.text).toBe('{"id":48}\n{"id":47}\n')
    })

    it('keeps line breaks of values and of documents out of its lines', async () => {
      const answer = await get('/types?select=a_text,a_json&order=id', { accept: 'application/x-ndjson' })
      const lines = answer.text.split('\n')
      expect(lines).toHaveLength(4)
      expect(lines.slice(0, 3).map((line) => JSON.parse(line).a_text)).toEqual([
        'line\nbreak\ttab "quoted" back\\slash / é 💥',
        null,
        '',
      ])
    })
  })

  describe('streams', () => {
    const count = 25_000
    beforeAll(async () => {
      await context.sql('DELETE FROM feed')
      for (let from = 0; from < count; from += 5000)
        await context.sql(
          `INSERT INTO feed VALUES ${Array.from({ length: 5000 }, (_, i) => `(${from + i}, ${i % 7}, NULL)`).join()}`,
        )
    })

    it('have any number of rows as NDJSON', async () => {
      const answer = await get('/feed?select=id&order=-id', { accept: 'application/x-ndjson' })
      const lines = answer.text.trimEnd().split('\n')
      expect(lines).toHaveLength(count)
      expect(lines[0]).toBe(`{"id":${count - 1}}`)
      expect(lines.at(-1)).toBe('{"id":0}')
      expect(answer.headers['link']).toBeUndefined()
    })

    it('answer HEAD with the head alone', async () => {
      for (const path of ['/feed', '/feed?id=-1']) {
        const answer = await request('HEAD', path, { headers: { accept: 'application/x-ndjson' } })
        expect(`${answer.status} ${answer.headers['content-type']}`).toBe('200 application/x-ndjson')
      }
      expect((await get('/feed?select=id&limit=1')).text).toBe('[{"id":0}]')
    })

    it('may have a limit beyond the ceiling of pages', async () => {
      const answer = await get('/feed?select=id&limit=5000', { accept: 'application/x-ndjson' })
      expect(answer.text.trimEnd().split('\n')).toHaveLength(5000)
    })

    it('refuse what is wrong before they begin', async () => {
      problem(await get('/feed?nothing=1', { accept: 'application/x-ndjson' }), 'unknown_field')
      problem(await get('/feed?id=x', { accept: 'application/x-ndjson' }), 'invalid_parameter')
    })

    it('are pages as JSON, where the ceiling holds', async () => {
      const answer = await get('/feed?select=id&limit=1000')
      expect(answer.json).toHaveLength(1000)
      expect(nextPage(answer)).toBeDefined()
    })
  })

  describe('compact JSON', () => {
    it('is UTF-8 without escapes that are not needed', async () =>
      body(await get('/customers/4?select=name'), '{"name":"Ünal \\"Q\\" O\'Neil"}'))
  })
}
