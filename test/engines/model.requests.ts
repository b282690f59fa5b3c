/** Random reads of the model, and how clients write them: as JSON and as parameters. */
import fc from 'fast-check'
import {
  type Field,
  fieldNames,
  fields,
  jsonOf,
  type ModelFilter,
  type Model,
  type ModelQuery,
  type Pools,
} from './model.ts'

/** The filter as the JSON of `filter=`. */
export function filterJson(filter: ModelFilter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `{"${filter.kind}":[${filter.items.map(filterJson).join()}]}`
    case 'not':
      return `{"not":${filterJson(filter.item)}}`
    case 'related':
      return `{"${filter.relation}":${filterJson(filter.item)}}`
    case 'compare':
      return `{"${filter.field}":{"${filter.operator}":${jsonOf(filter.field, filter.value)}}}`
    case 'list':
      return `{"${filter.field}":{"${filter.operator}":[${filter.values.map((value) => jsonOf(filter.field, value)).join()}]}}`
    case 'null':
      return `{"${filter.field}":{"null":${filter.isNull}}}`
    case 'text':
      return `{"s":{"${filter.operator}":${JSON.stringify(filter.value)}}}`
    default:
      return filter satisfies never
  }
}

const item = (text: string) =>
  text === '' || /[",\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text

/** The filter as parameters of the query string; undefined when only JSON can say it. */
export function filterParameters(filter: ModelFilter, path = ''): readonly string[] | undefined {
  const one = (field: string, operator: string, value: string) => [
    `${path}${field}[${operator}]=${encodeURIComponent(value)}`,
  ]
  switch (filter.kind) {
    case 'and': {
      // Behind a relation each parameter has a row of its own.
      if (path !== '') return undefined
      const parts = filter.items.map((each) => filterParameters(each))
      return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? [])
    }
    case 'or':
    case 'not':
      return undefined
    case 'related':
      return filterParameters(filter.item, `${path}${filter.relation}.`)
    case 'compare':
      return one(filter.field, filter.operator, filter.value)
    case 'list':
      return one(filter.field, filter.operator, filter.values.map(item).join())
    case 'null':
      return one(filter.field, 'null', String(filter.isNull))
    case 'text':
      return one('s', filter.operator, filter.value)
    default:
      return filter satisfies never
  }
}

const someField = fc.constantFrom(...fieldNames)
const valueOf = (pools: Pools, field: Field): fc.Arbitrary<string> => {
  const pool = fc.constantFrom(...(pools[field].length > 0 ? pools[field] : ['1', '2', '30', '60', '99']))
  switch (fields[field]) {
    case 'integer':
      return fc.oneof(pool, fc.integer({ min: -9, max: 70 }).map(String))
    case 'text':
      return fc.oneof(
        pool,
        fc
          .string({ unit: 'grapheme', maxLength: 3 })
          .filter((text) => text.isWellFormed() && !text.includes('\0')),
      )
    default:
      return pool
  }
}
const comparing = (pools: Pools, field: Field): fc.Arbitrary<ModelFilter> => {
  const value = valueOf(pools, field)
  const ordered = fields[field] !== 'boolean'
  const comparisons = ordered ? (['eq', 'neq', 'gt', 'gte', 'lt', 'lte'] as const) : (['eq', 'neq'] as const)
  return fc.oneof(
    fc.record({
      kind: fc.constant('compare' as const),
      field: fc.constant(field),
      operator: fc.constantFrom(...comparisons),
      value,
    }),
    fc.record({ kind: fc.constant('null' as const), field: fc.constant(field), isNull: fc.boolean() }),
    fc.record({
      kind: fc.constant('list' as const),
      field: fc.constant(field),
      operator: fc.constantFrom('in' as const, 'nin' as const),
      values: fc.array(value, { maxLength: 4 }),
    }),
    ...(ordered
      ? [
          fc.record({
            kind: fc.constant('list' as const),
            field: fc.constant(field),
            operator: fc.constant('between' as const),
            values: fc.tuple(value, value),
          }),
        ]
      : []),
  )
}
const leafOf = (pools: Pools): fc.Arbitrary<ModelFilter> =>
  fc.oneof(
    { weight: 4, arbitrary: someField.chain((field) => comparing(pools, field)) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('text' as const),
        operator: fc.constantFrom('contains' as const, 'starts' as const, 'ends' as const),
        value: valueOf(pools, 's'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('text' as const),
        operator: fc.constant('ilike' as const),
        value: fc.constantFrom('A', 'aB', 'z', '', '1,2'),
      }),
    },
  )

/** Filters of every kind, up to four deep. */
const filtersOf = (pools: Pools): fc.Arbitrary<ModelFilter> =>
  fc.letrec<{ any: ModelFilter }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      { weight: 3, arbitrary: leafOf(pools) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constantFrom('and' as const, 'or' as const),
          items: fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('not' as const), item: tie('any') }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('related' as const),
          relation: fc.constantFrom('parent' as const, 'model' as const),
          item: tie('any'),
        }),
      },
    ),
  })).any

/** `-s.nullslast,i`; empty without terms. */
export const orderText = (order: ModelQuery['order']): string =>
  order
    .map(
      ({ field, descending, nulls }) =>
        `${descending ? '-' : ''}${field}${nulls === undefined ? '' : `.nulls${nulls}`}`,
    )
    .join()

/** Reads of the model, with values that its columns hold or could hold. */
export const queriesOf = ({ pools }: Model): fc.Arbitrary<ModelQuery> =>
  fc.record({
    filter: fc.option(filtersOf(pools), { nil: undefined }),
    order: fc.uniqueArray(
      fc.record({
        field: someField,
        descending: fc.boolean(),
        nulls: fc.constantFrom(undefined, 'first' as const, 'last' as const),
      }),
      { maxLength: 3, selector: (term) => term.field },
    ),
    select: fc.uniqueArray(someField, { minLength: 1, maxLength: 4 }),
  })
