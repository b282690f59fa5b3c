/** Pages by cursor: every row exactly once, whatever the order and whoever writes meanwhile. */
import { beforeEach, describe, expect, it } from 'vitest'
import { body, column, e, type EngineContext, filter, nextPage, problem, walk } from './context.ts'

export function cursors(context: EngineContext): void {
  const { get, request } = context

  describe('pages', () => {
    it.each([
      'id',
      '-id',
      'score',
      '-score',
      'score.nullsfirst',
      '-score.nullslast',
      'grp,-score',
      '-grp,score.nullsfirst,-label',
      'ratio,-amount',
      '-at.nullslast,done',
      'label.nullsfirst',
      'done,-id',
    ])('lead through all rows in the order of %s', async (terms) => {
      const whole = column(await get(`/scores?select=id&limit=1000&order=${terms}`))
      for (const limit of [1, 7, 30]) {
        const rows = await walk(context, `/scores?select=id&limit=${limit}&order=${terms}`)
        expect(rows.map((row) => row['id'])).toEqual(whole)
      }
    })

    it('end where the rows end, without an empty one', async () => {
      expect(nextPage(await get('/scores?limit=60'))).toBeUndefined()
      expect(nextPage(await get('/scores?limit=59'))).toBeDefined()
      expect(nextPage(await get('/tags'))).toBeUndefined()
    })

    it('lead through composite and text keys', async () => {
      const items = await walk(context, '/order_items?select=order_id,line_no&limit=2')
      expect(items.map((row) => [row['order_id'], row['line_no']].join())).toEqual([
        '1,1',
        '1,2',
        '2,1',
        '3,1',
        '3,2',
      ])
      const countries = await walk(context, '/countries?limit=1&order=-code')
      expect(countries.map((row) => row['code'])).toEqual(['DE', 'CH', 'AT'])
    })

    it('go by offset where there is no key', async () => {
      const first = await get('/order_totals?order=order_id&limit=3')
      expect(nextPage(first)).toBe('/order_totals?order=order_id&limit=3&offset=3')
      expect(await walk(context, '/order_totals?order=order_id&limit=3')).toHaveLength(4)
      expect(await walk(context, '/events?limit=1&order=kind,level')).toHaveLength(3)
    })

    it('lead on from an offset whose name is percent-encoded', async () => {
      const first = await get('/scores?select=id&order=id&limit=2&%6Fffset=2')
      const next = await get(nextPage(first) ?? '')
      expect([...column(first), ...column(next)]).toEqual(
        column(await get('/scores?select=id&order=id&limit=4&offset=2')),
      )
    })

    it('keep the rest of the query', async () => {
      const query = `select=${e('id,items(limit=1;line_no)')}&${filter({ id: { lt: 4 } })}&order=-total&limit=2`
      const first = await get(`/orders?${query}`)
      const next = nextPage(first) ?? ''
      expect(next.startsWith(`/orders?${query}&after=`)).toBe(true)
      body(await get(next), '[{"id":2,"items":[{"line_no":1}]}]')
    })

    it('begin behind an offset', async () => {
      const first = await get('/tags?select=id&limit=1&offset=1')
      const next = nextPage(first) ?? ''
      expect(next).not.toContain('offset')
      body(await get(next), '[{"id":3}]')
    })

    it('go by offset where the last row sorts by more text than a URL holds, and by cursor behind it', async () => {
      const ids = [901, 902, 903, 904]
      const lengths = [10, 4000, 20_000, 10]
      const bodies = ids.map((id, i) => ({
        id,
        set_id: 1,
        a_text: `${i}${'ä'.repeat(lengths[i] as number)}`,
      }))
      expect((await request('POST', '/types', { body: bodies })).status).toBe(201)
      try {
        const query = '/types?select=id&id[gte]=901&order=a_text&limit=1'
        const places: (string | undefined)[] = []
        const found: unknown[] = []
        for (let at: string | undefined = query; at !== undefined; ) {
          const answer = await get(at)
          found.push(...column(answer))
          at = nextPage(answer)
          places.push(at && /(after|offset)=(\d*$)?/.exec(at)?.[0])
        }
        expect(found).toEqual(ids)
        expect(places).toEqual(['after=', 'offset=2', 'offset=3', undefined])
      } finally {
        expect((await request('DELETE', '/types?id[gte]=901')).status).toBe(204)
      }
    })

    it('have a default size', async () => {
      await context.sql('DELETE FROM feed')
      await context.sql(
        `INSERT INTO feed (id) VALUES ${Array.from({ length: 101 }, (_, i) => `(${i})`).join()}`,
      )
      const first = await get('/feed')
      expect(first.json).toHaveLength(100)
      body(await get(nextPage(first) ?? ''), '[{"id":100,"rank":null,"tag":null}]')
    })

    it('may change their size on the way', async () => {
      const next = nextPage(await get('/scores?select=id&limit=2')) ?? ''
      expect(column(await get(next.replace('limit=2', 'limit=3')))).toEqual([3, 4, 5])
    })
  })

  describe('pages while others write', () => {
    beforeEach(async () => {
      await context.sql('DELETE FROM feed')
      const rows = Array.from(
        { length: 40 },
        (_, i) => `(${i * 10}, ${i % 4 === 0 ? 'NULL' : (i * 7) % 5}, 'old')`,
      )
      await context.sql(`INSERT INTO feed VALUES ${rows.join()}`)
    })

    it.each(['id', '-id', 'rank', '-rank', 'rank.nullsfirst,-id', '-rank.nullslast,id', 'tag,-rank'])(
      'show every row that was there exactly once, in the order of %s',
      async (terms) => {
        let seed = 7
        const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n
        const rows = await walk(context, `/feed?order=${terms}&limit=3`, async (page) => {
          const rank = random(3) === 0 ? 'NULL' : random(5)
          await context.sql(
            `INSERT INTO feed VALUES (${page * 10 + 1}, ${rank}, 'new'), (${-page}, 2, 'new')`,
          )
        })
        const old = rows.filter((row) => row['tag'] === 'old').map((row) => row['id'])
        expect(old).toHaveLength(40)
        expect(new Set(old).size).toBe(40)
        expect(new Set(rows.map((row) => row['id'])).size).toBe(rows.length)
      },
    )

    it('go on when the row they stand at is gone', async () => {
      const first = await get('/feed?select=id&limit=5')
      await context.sql('DELETE FROM feed WHERE id = 40')
      expect(column(await get(nextPage(first) ?? ''))).toEqual([50, 60, 70, 80, 90])
    })

    it('are reached through rows inserted by the API while they are walked', async () => {
      const rows = await walk(context, '/feed?select=id&limit=10', async (page) => {
        const answer = await request('POST', '/feed', { body: { id: 10_000 + page, tag: 'new' } })
        expect(answer.status).toBe(201)
        if (page === 1) await request('DELETE', '/feed/10001')
      })
      expect(rows.filter((row) => (row['id'] as number) < 10_000)).toHaveLength(40)
    })
  })

  describe('cursors', () => {
    const cursor = async (path: string) => /after=([^&]*)/.exec(nextPage(await get(path)) ?? '')?.[1] ?? ''

    it('are refused when they were changed', async () => {
      const good = await cursor('/scores?limit=5')
      const middle = Math.floor(good.length / 2)
      const changed = [
        `${good.slice(0, middle)}${good[middle] === 'A' ? 'B' : 'A'}${good.slice(middle + 1)}`,
        good.slice(0, -4),
        `${good}AAAA`,
        good.toLowerCase(),
        '',
        'x',
        e('💥'),
        Buffer.from('[1]').toString('base64url'),
        Buffer.from(`${'0'.repeat(16)}["1"]`).toString('base64url'),
      ]
      for (const after of changed) problem(await get(`/scores?limit=5&after=${after}`), 'invalid_cursor')
    })

    it('are refused by another resource and another order', async () => {
      const good = await cursor('/scores?limit=5&order=score')
      for (const path of [
        '/scores?',
        '/scores?order=-score&',
        '/scores?order=score.nullsfirst&',
        '/scores?order=score,label&',
        '/tags?',
        '/order_totals?',
        '/scores?select=grp,count()&',
      ])
        problem(await get(`${path}after=${good}`), 'invalid_cursor')
    })

    it('are taken with another select, filter and size', async () => {
      const good = await cursor('/scores?limit=5&order=id')
      expect(column(await get(`/scores?select=id,label&order=id&id[lt]=8&limit=9&after=${good}`))).toEqual([
        6, 7,
      ])
    })

    it('exclude offset', async () => {
      const good = await cursor('/scores?limit=5')
      problem(await get(`/scores?limit=5&offset=1&after=${good}`), 'invalid_parameter')
    })

    it('do not show what they hold of fields that were not selected any more than they must', async () => {
      // Opaque, not secret: they hold the order values of the last row and nothing else of it.
      const good = Buffer.from(
        await cursor('/customers?select=id&order=name&limit=1'),
        'base64url',
      ).toString()
      expect(good).not.toContain('example.org')
    })
  })
}
