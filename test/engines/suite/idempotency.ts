/** Idempotency-Key: a repetition gets the first answer, and the database sees one effect. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { body, column, type EngineContext, problem } from './context.ts'

export function idempotency(context: EngineContext): void {
  const { get, request } = context
  const send = (method: string, path: string, key: string, content: unknown) =>
    request(method, path, { body: content, headers: { 'idempotency-key': key } })
  const paths = async () => column(await get('/files?order=path'), 'path')

  beforeEach(() => context.sql("DELETE FROM files; INSERT INTO files VALUES ('a', 1)"))

  describe('a request with an Idempotency-Key', () => {
    it('that is repeated gets the first answer, and is not done again', async () => {
      const key = randomUUID()
      const first = await send('POST', '/files', key, { path: 'b', size: 2 })
      expect(first.headers['idempotency-replayed']).toBeUndefined()
      const again = await send('POST', '/files', key, { path: 'b', size: 2 })
      body(again, first.text, 201)
      expect(again.headers['location']).toBe(first.headers['location'])
      expect(again.headers['etag']).toBe(first.headers['etag'])
      expect(again.headers['idempotency-replayed']).toBe('true')
      expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
      expect(await paths()).toEqual(['a', 'b'])
    })

    it('may be any POST or PATCH: an update, a batch', async () => {
      const [patch, batch] = [randomUUID(), randomUUID()]
      await send('PATCH', '/files/a', patch, { size: 5 })
      await context.sql("UPDATE files SET size = 6 WHERE path = 'a'")
      expect((await send('PATCH', '/files/a', patch, { size: 5 })).json.size).toBe(5)
      body(await get('/files/a?select=size'), '{"size":6}')
      const items = [{ method: 'POST', path: '/files', body: { path: 'c', size: 3 } }]
      const first = await send('POST', '/batch', batch, items)
      expect(first.status, first.text).toBe(200)
      body(await send('POST', '/batch', batch, items), first.text)
      expect(await paths()).toEqual(['a', 'c'])
    })

    it('scenario 29: runs once, however many come at the same time', async () => {
      const key = randomUUID()
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => send('POST', '/files', key, { path: 'd', size: 4 })),
      )
      for (const answer of answers) {
        if (answer.status === 201) continue
        problem(answer, 'idempotency_key_busy')
        expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      }
      expect(answers.filter((a) => a.status === 201 && !a.headers['idempotency-replayed'])).toHaveLength(1)
      expect(await paths()).toEqual(['a', 'd'])
    })

    it('scenario 29: cannot take the key of another one', async () => {
      const key = randomUUID()
      await send('POST', '/files', key, { path: 'b', size: 2 })
      for (const [method, path, content] of [
        ['POST', '/files', { path: 'e', size: 2 }],
        ['POST', '/files?select=size', { path: 'b', size: 2 }],
        ['PATCH', '/files/a', { size: 2 }],
      ] as const)
        problem(await send(method, path, key, content), 'idempotency_key_reused')
      expect(await paths()).toEqual(['a', 'b'])
    })

    it('that changed nothing leaves its key free', async () => {
      const key = randomUUID()
      problem(await send('POST', '/files', key, { path: 'a', size: 2 }), 'constraint_unique')
      problem(await send('POST', '/files', key, { path: 'f', size: 'many' }), 'bad_value')
      expect((await send('POST', '/files', key, { path: 'f', size: 2 })).status).toBe(201)
    })

    it.each(['', '""', 'two words', '"open', 'ü', `"${'x'.repeat(256)}"`])(
      'has a key that can be read: %j',
      async (key) => {
        // Node sends header values as Latin-1.
        const answer = await send('POST', '/files', key, { path: 'g', size: 2 })
        expect(problem(answer, 'malformed_header')['header']).toBe('Idempotency-Key')
        expect(await paths()).toEqual(['a'])
      },
    )

    it('may have its key in quotes, as the draft has it, or bare', async () => {
      await send('POST', '/files', '"k-1"', { path: 'h', size: 2 })
      const again = await send('POST', '/files', 'k-1', { path: 'h', size: 2 })
      expect(again.headers['idempotency-replayed']).toBe('true')
    })
  })
}
