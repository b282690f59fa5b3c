/** Each filter operator on each canonical type it fits, flat and as JSON, and the refusal where it does not. */
import { describe, expect, it } from 'vitest'
import { operators as allOperators, type Operator } from '#contract/request.ts'
import { body, column, e, type EngineContext, filter, problem, type SuiteCapabilities } from './context.ts'

const equality = ['eq', 'neq', 'in', 'nin'] as const
const range = ['gt', 'gte', 'lt', 'lte', 'between'] as const
const patterns = ['like', 'ilike', 'contains', 'starts', 'ends', 'search'] as const

/** A field of `types`, in ascending order the values of rows 3 and 1 (or 1 and 3), and the operators it takes. */
const fieldsOf = ({
  earlyTimestamp,
}: SuiteCapabilities): readonly (readonly [
  field: string,
  lower: readonly [id: number, value: unknown],
  upper: readonly [id: number, value: unknown],
  operators: readonly Operator[],
])[] => [
  ['a_varchar', [3, ''], [1, 'plain'], [...equality, ...range, ...patterns]],
  ['a_char', [3, ''], [1, 'pad'], [...equality, ...range, ...patterns]],
  [
    'a_uuid',
    [3, '00000000-0000-0000-0000-000000000000'],
    [1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    [...equality, ...range, ...patterns],
  ],
  ['a_smallint', [1, -32768], [3, 0], [...equality, ...range]],
  ['a_int', [3, -2147483648], [1, 2147483647], [...equality, ...range]],
  ['a_bigint', [3, '-9223372036854775808'], [1, '9223372036854775807'], [...equality, ...range]],
  ['a_decimal', [3, '-0.0000000001'], [1, '12345678901234567890.0123456789'], [...equality, ...range]],
  ['a_real', [3, -0.5], [1, 0.1], [...equality, ...range]],
  ['a_double', [1, 0.1], [3, 1e300], [...equality, ...range]],
  ['a_boolean', [3, false], [1, true], equality],
  [
    'a_timestamp',
    [3, earlyTimestamp.replace('+00:00', 'Z')],
    [1, '2026-11-23T14:05:09.123Z'],
    [...equality, ...range],
  ],
  ['a_datetime', [3, '0001-01-01T00:00:00'], [1, '2026-11-23T14:05:09.123456'], [...equality, ...range]],
  ['a_date', [1, '2026-11-23'], [3, '9999-12-31'], [...equality, ...range]],
  ['a_time', [3, '00:00:00'], [1, '14:05:09.12'], [...equality, ...range]],
  ['a_binary', [3, ''], [1, 'AP8Q'], equality],
  ['a_json', [3, 'null'], [1, ''], []],
]

/** What each operator finds, given the value of `low` or `high`; row 2 is NULL everywhere and is never found. */
const finds: Readonly<
  Partial<
    Record<
      Operator,
      readonly (readonly [
        value: (low: unknown, high: unknown) => unknown,
        rows: readonly ('low' | 'high')[],
      ])[]
    >
  >
> = {
  eq: [
    [(low) => low, ['low']],
    [(_, high) => high, ['high']],
  ],
  neq: [[(low) => low, ['high']]],
  in: [
    [(low, high) => [low, high], ['low', 'high']],
    [(low) => [low], ['low']],
    [() => [], []],
  ],
  nin: [
    [(_, high) => [high], ['low']],
    [(low, high) => [low, high], []],
  ],
  gt: [
    [(low) => low, ['high']],
    [(_, high) => high, []],
  ],
  gte: [
    [(low) => low, ['low', 'high']],
    [(_, high) => high, ['high']],
  ],
  lt: [
    [(low) => low, []],
    [(_, high) => high, ['low']],
  ],
  lte: [
    [(low) => low, ['low']],
    [(_, high) => high, ['low', 'high']],
  ],
  between: [
    [(low, high) => [low, high], ['low', 'high']],
    [(low) => [low, low], ['low']],
    [(low, high) => [high, low], []],
  ],
}

const item = (value: unknown) =>
  /[",]/.test(String(value)) || value === '' ? JSON.stringify(value) : String(value)
const flat = (value: unknown) => e(Array.isArray(value) ? value.map(item).join(',') : String(value))

export function operators(context: EngineContext): void {
  const { get } = context
  const ids = async (query: string) => column(await get(`/types?select=id&order=id&${query}`))

  describe('operators', () => {
    for (const [field, [lowId, low], [highId, high], fitting] of fieldsOf(context.capabilities)) {
      for (const operator of fitting)
        for (const [value, rows] of finds[operator] ?? [])
          it(`${field}[${operator}]=${JSON.stringify(value(low, high))} finds ${rows.join(' and ') || 'nothing'}`, async () => {
            const expected = rows.map((row) => (row === 'low' ? lowId : highId)).sort()
            expect(await ids(`${field}[${operator}]=${flat(value(low, high))}`)).toEqual(expected)
            expect(await ids(filter({ [field]: { [operator]: value(low, high) } }))).toEqual(expected)
          })

      if (fitting.includes('nin'))
        it(`${field} is in no empty list, and every row outside it, NULL too`, async () => {
          expect(await ids(`${field}[nin]=`)).toEqual([1, 2, 3])
          expect(await ids(filter({ [field]: { nin: [] } }))).toEqual([1, 2, 3])
          expect(await ids(filter({ not: { [field]: { in: [] } } }))).toEqual([1, 2, 3])
        })

      it(`${field} takes the null test, and NULL is neither equal nor unequal to anything`, async () => {
        expect(await ids(`${field}[null]=true`)).toEqual([2])
        expect(await ids(`${field}[null]=false`)).toEqual([1, 3])
        expect(await ids(filter({ [field]: null }))).toEqual([2])
        expect(await ids(filter({ [field]: { neq: null } }))).toEqual([1, 3])
      })

      const refused = allOperators.filter((operator) => operator !== 'null' && !fitting.includes(operator))
      if (refused.length > 0)
        it(`${field} refuses ${refused.join(', ')} and says what it takes`, async () => {
          for (const operator of refused) {
            const value = operator === 'between' ? 'a,b' : 'a'
            const answer = problem(await get(`/types?${field}[${operator}]=${value}`), 'unknown_operator')
            expect(answer['operators']).toEqual(
              allOperators.filter((o) => o === 'null' || fitting.includes(o)),
            )
          }
        })
    }

    it('that do not exist are refused, and the others listed', async () => {
      const answer = problem(await get('/types?a_int[is]=1'), 'unknown_operator')
      expect(answer['operators']).toEqual([...allOperators])
    })

    it.each([
      'a_int[null]=',
      'a_int[null]=TRUE',
      'a_int[null]=1',
      'a_int[between]=1',
      'a_int[between]=1,2,3',
      'a_int[in]="1',
      'a_int[gt=1',
      'a_int]=1',
      'a_int[]=1',
    ])('refuse the form %s', async (query) => expect((await get(`/types?${query}`)).status).toBe(400))
  })

  describe('patterns', () => {
    const found = async (query: string) => column(await get(`/customers?select=id&order=id&${query}`))

    it('of like have % and _ for any text and any character', async () => {
      expect(await found('name[like]=%25a%25')).toEqual([1, 2, 4])
      expect(await found('name[like]=_da')).toEqual([1])
      expect(await found(`name[like]=${e('Ada\\_')}`)).toEqual([])
      expect(await found(`email[like]=${e('u\\_n\\%l@%')}`)).toEqual([4])
    })

    it('of ilike do not look at case', async () => {
      expect(await found('name[ilike]=ADA')).toEqual([1])
      expect(await found(`name[ilike]=${e('üNAL%')}`)).toEqual([4])
    })

    it('of contains, starts and ends take % and _ for themselves', async () => {
      expect(await found(`email[contains]=${e('_n%')}`)).toEqual([4])
      expect(await found(`email[contains]=${e('%')}`)).toEqual([4])
      expect(await found('email[starts]=u_')).toEqual([4])
      expect(await found('email[starts]=%25')).toEqual([])
      expect(await found('email[ends]=example.org')).toEqual([1, 2, 4])
      expect(await found('email[ends]=_example.org')).toEqual([])
      expect(await found(`name[contains]=${e(`"Q" O'N`)}`)).toEqual([4])
    })

    it('of contains, starts and ends take a backslash for itself', async () => {
      expect(column(await get(`/profiles?bio[contains]=${e('k\\s')}`), 'customer_id')).toEqual([4])
      expect(column(await get(`/profiles?bio[starts]=${e('back\\')}`), 'customer_id')).toEqual([4])
      expect(column(await get(`/profiles?bio[ends]=${e('\\')}`), 'customer_id')).toEqual([])
    })

    it('are found everywhere by the empty text', async () => {
      expect(await found('name[contains]=')).toEqual([1, 2, 3, 4])
      expect(await found('email[starts]=')).toEqual([1, 2, 4])
    })

    it('that end in half an escape are refused', async () =>
      void problem(await get(`/customers?name[like]=${e('a\\')}`), 'invalid_parameter'))

    it('of search find words', async ({ skip }) => {
      if (!context.capabilities.fullText) skip(`${context.name} has no full text search`)
      expect(column(await get('/profiles?bio[search]=counts'), 'customer_id')).toEqual([1])
      expect(column(await get(`/profiles?bio[search]=${e('quote -comma')}`), 'customer_id')).toEqual([])
      expect(column(await get(`/profiles?bio[search]=${e('counts or comma')}`), 'customer_id')).toEqual([
        1, 4,
      ])
      expect(column(await get(`/profiles?bio[search]=${e("'); -- & | ! <->")}`), 'customer_id')).toEqual([])
    })
  })

  describe('lists', () => {
    it('hold items in double quotes, with commas, quotes and backslashes in them', async () => {
      body(await get(`/products?select=id&sku[in]=${e('"C,3",A-1')}`), '[{"id":1},{"id":3}]')
      body(
        await get(`/profiles?select=customer_id&bio[in]=${e('"back\\\\slash, \\"quote\\", comma"')}`),
        '[{"customer_id":4}]',
      )
      body(await get(`/orders?select=id&note[in]=${e('""')}`), '[{"id":4}]')
      body(await get('/orders?select=id&note[in]='), '[]')
    })

    it('are limited, and the limit is named', async () => {
      const many = Array.from({ length: 1001 }, (_, i) => i).join(',')
      expect(problem(await get(`/tags?id[in]=${many}`), 'too_complex')).toMatchObject({
        limit: 1000,
        actual: 1001,
      })
      expect(column(await get(`/tags?id[in]=${many.slice(0, -5)}`))).toEqual([1, 2, 3])
    })
  })
}
