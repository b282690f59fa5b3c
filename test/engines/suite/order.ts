/** The order of rows, and where NULL stands in it; counts and Content-Range. */
import { describe, expect, it } from 'vitest'
import { body, column, e, type EngineContext, nextPage, problem } from './context.ts'

interface Row {
  readonly id: number
  readonly [field: string]: unknown
}

/** The order the gateway promises, worked out here: NULL is the largest unless told otherwise, NaN the largest number. */
function sorted(rows: readonly Row[], order: string): number[] {
  const terms = order.split(',').map((term) => {
    const [, minus, field = '', nulls] = /^(-?)(\w+)(?:\.(\w+))?$/.exec(term) ?? []
    return { field, sign: minus ? -1 : 1, nulls: nulls ?? (minus ? 'nullsfirst' : 'nullslast') }
  })
  const size = (value: unknown) =>
    value === 'NaN'
      ? [2, 0]
      : value === 'Infinity'
        ? [1, 0]
        : typeof value === 'string' && /^-?[\d.]+$/.test(value)
          ? [0, Number(value)]
          : [0, value as number]
  const compare = (a: unknown, b: unknown) => {
    const [[levelA, valueA], [levelB, valueB]] = [size(a), size(b)] as [[number, number], [number, number]]
    return levelA - levelB || (valueA < valueB ? -1 : valueA > valueB ? 1 : 0)
  }
  return rows
    .toSorted((a, b) => {
      for (const { field, sign, nulls } of [...terms, { field: 'id', sign: 1, nulls: 'nullslast' }]) {
        const [x, y] = [a[field], b[field]]
        if (x === null && y === null) continue
        if (x === null || y === null) return (x === null) === (nulls === 'nullsfirst') ? -1 : 1
        const result = compare(x, y) * sign
        if (result !== 0) return result
      }
      return 0
    })
    .map((row) => row.id)
}

export function order(context: EngineContext): void {
  const { get, request } = context

  describe('order', () => {
    it.each([
      'id',
      '-id',
      'score',
      '-score',
      'score.nullsfirst',
      'score.nullslast',
      '-score.nullsfirst',
      '-score.nullslast',
      'grp,score',
      'grp,-score',
      '-grp.nullslast,score.nullsfirst',
      'ratio',
      '-ratio',
      'amount,-id',
      '-at,label',
      'done,-label,amount.nullsfirst',
      'label,-id',
    ])('by %s', async (terms) => {
      const all = (await get('/scores?limit=1000')).json
      expect(column(await get(`/scores?limit=1000&order=${terms}`))).toEqual(sorted(all, terms))
    })

    it('has the key behind it, so that it is the same every time', async () =>
      body(await get('/orders?select=id&order=status'), '[{"id":4},{"id":2},{"id":3},{"id":1}]'))

    it('may be by fields that are not shown', async () =>
      body(await get('/products?select=name&order=-price&limit=2'), '[{"name":"Date"},{"name":"Cheese"}]'))

    it.each([
      ['nothing', 'unknown_field'],
      ['id,id', 'invalid_parameter'],
      ['id.nulls', 'invalid_parameter'],
      ['--id', 'invalid_parameter'],
      ['', 'invalid_parameter'],
      ['id,', 'invalid_parameter'],
      ['customer.name', 'invalid_parameter'],
      ['id desc', 'unknown_field'],
    ] as const)(
      'by "%s" is refused',
      async (terms, code) => void problem(await get(`/orders?order=${encodeURIComponent(terms)}`), code),
    )

    it('by what has no order is refused', async () =>
      void problem(await get('/types?order=a_json'), 'invalid_parameter'))
  })

  describe('counts', () => {
    const counted = async (path: string, count = 'exact') => {
      const answer = await get(path, { prefer: `count=${count}` })
      expect(answer.status, answer.text).toBe(200)
      return `${answer.headers['content-range']} ${answer.headers['preference-applied']}`
    }

    it('are exact when asked for', async () => {
      expect(await counted('/scores?limit=50')).toBe('0-49/60 count=exact')
      expect(await counted('/scores?limit=50&offset=50')).toBe('50-59/60 count=exact')
      expect(await counted('/scores')).toBe('0-59/60 count=exact')
      expect(await counted('/orders?status=open&limit=1')).toBe('0-0/2 count=exact')
      expect(await counted('/orders?items.quantity[gte]=3')).toBe('0-1/2 count=exact')
    })

    it('come without rows, too', async () => {
      expect(await counted('/scores?limit=0')).toBe('*/60 count=exact')
      expect(await counted('/scores?offset=100')).toBe('*/60 count=exact')
      expect(await counted('/orders?status=none')).toBe('*/0 count=exact')
    })

    it('count groups where there are groups', async () =>
      expect(await counted('/scores?select=grp,count()&limit=2')).toBe('0-1/5 count=exact'))

    it('are the planner’s guess when estimated', async ({ skip }) => {
      if (!context.capabilities.estimatedCount) skip(`${context.name} estimates no counts`)
      expect(await counted('/scores?limit=2', 'estimated')).toMatch(/^0-1\/\d+ count=estimated$/)
      for (const value of ['100%', 'a "b"', "it's \\ and", 'two\nlines', '\u0001'])
        expect(await counted(`/scores?limit=0&label[contains]=${e(value)}`, 'estimated'), value).toMatch(
          /^\*\/\d+ count=estimated$/,
        )
    })

    it('come with HEAD', async () => {
      const answer = await request('HEAD', '/scores?limit=0', { headers: { prefer: 'count=exact' } })
      expect(answer.headers['content-range']).toBe('*/60')
    })

    it('are left out when nobody asks', async () =>
      expect((await get('/scores')).headers['content-range']).toBeUndefined())

    it('of a cursor page are of all rows, and do not pretend to know where the page stands', async () => {
      const next = nextPage(await get('/scores?limit=10')) ?? ''
      expect(await counted(next)).toBe('*/60 count=exact')
    })
  })
}
