/** Queries as a property test sees them: values in place, made at random, with hostile names; their text, and what parsing it must give. */
import fc from 'fast-check'
import {
  aggregateFunctions,
  type Filter,
  type OrderItem,
  operators,
  type Query,
  type RawValue,
  type RelationRef,
  type SelectItem,
} from '#contract/request.ts'

type Value = RawValue
export type Condition =
  | { kind: 'and' | 'or'; items: Condition[] }
  | { kind: 'not'; item: Condition }
  | { kind: 'related'; relation: RelationRef; item: Condition }
  | { kind: 'compare'; field: string; operator: string; value: Value }

const hostile = fc.constantFrom(
  'limit',
  'select',
  'and',
  'not',
  'or',
  'eq',
  'in',
  'count',
  '__proto__',
  'constructor',
  'a.b',
  'a[gt]',
  '-x',
  ' x ',
  '"',
  '\\',
  '\\"',
  ';)',
  '(',
  '*',
  'x!y',
  'a,b',
  'a:b',
  'a=b&c',
  '%41',
  '+',
  'ü😀',
  'x--',
  "';",
)
const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('id', 'total', 'status', 'a') },
  { weight: 2, arbitrary: hostile },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 5 })
      .filter((text) => !text.includes('\0')),
  },
)
export const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0')),
  fc.constantFrom('', ',', '"', '"x', 'a;b', ')', '\\', 'null', '5" disk', '{"a":1}'),
)
const relation: fc.Arbitrary<RelationRef> = fc
  .tuple(name, fc.option(name))
  .map(([name, hint]) => (hint === null ? { name } : { name, hint }))

const compare: fc.Arbitrary<Condition & { kind: 'compare' }> = fc
  .tuple(name, fc.constantFrom(...operators), value, fc.array(value, { maxLength: 4 }), fc.boolean())
  .map(([field, operator, text, list, flag]) => ({
    kind: 'compare' as const,
    field,
    operator,
    value:
      operator === 'null'
        ? String(flag)
        : operator === 'between'
          ? [text, text]
          : operator === 'in' || operator === 'nin'
            ? list
            : text,
  }))

/** What one flat parameter can say: a comparison behind relations. */
export const flat: fc.Arbitrary<Condition> = fc
  .tuple(fc.array(relation, { maxLength: 2 }), compare)
  .map(([relations, item]) =>
    relations.reduceRight<Condition>((inner, relation) => ({ kind: 'related', relation, item: inner }), item),
  )

export const { tree } = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    compare,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      items: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), item: tie('tree') }),
    fc.record({ kind: fc.constant('related' as const), relation, item: tie('tree') }),
  ),
}))

export interface Model {
  select: ModelItem[] | undefined
  conditions: Condition[]
  json: Condition | undefined
  order: OrderItem[]
  limit: number | undefined
  offset: number | undefined
}
type ModelItem =
  | Exclude<SelectItem, { kind: 'embed' }>
  | { kind: 'embed'; relation: RelationRef; alias?: string; query: Model }

const orderItems: fc.Arbitrary<OrderItem[]> = fc.uniqueArray(
  fc
    .tuple(name, fc.boolean(), fc.option(fc.constantFrom('first' as const, 'last' as const)))
    .map(([field, descending, nulls]) =>
      nulls === null ? { field, descending } : { field, descending, nulls },
    ),
  { maxLength: 2, selector: (item) => item.field },
)

export const { model } = fc.letrec<{ model: Model; item: ModelItem }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    name.map((name) => ({ kind: 'field' as const, name })),
    fc.constant({ kind: 'all' as const }),
    fc
      .tuple(fc.constantFrom(...aggregateFunctions), name)
      .map(([fn, field]) => ({ kind: 'aggregate' as const, function: fn, field })),
    fc.constant({ kind: 'aggregate' as const, function: 'count' as const }),
    fc
      .tuple(relation, fc.option(name), tie('model'))
      .map(([relation, alias, query]) =>
        alias === null
          ? { kind: 'embed' as const, relation, query }
          : { kind: 'embed' as const, relation, alias, query },
      ),
  ),
  model: fc.record({
    select: fc.option(fc.array(tie('item'), { minLength: 1, maxLength: 3 }), { nil: undefined }),
    conditions: fc.array(flat, { maxLength: 2 }),
    json: fc.option(tree, { nil: undefined }),
    order: orderItems,
    limit: fc.option(fc.nat(1000), { nil: undefined }),
    offset: fc.option(fc.maxSafeNat(), { nil: undefined }),
  }),
}))

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
/** Bare where no rule asks for quotes. */
const write = (text: string) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && text !== 'count' ? text : quote(text)
const writeRelation = ({ name, hint }: RelationRef) =>
  hint === undefined ? write(name) : `${write(name)}!${write(hint)}`

function writeFlat(condition: Condition, embedded: boolean): { key: string; value: string } {
  if (condition.kind === 'related') {
    const inner = writeFlat(condition.item, embedded)
    return { key: `${writeRelation(condition.relation)}.${inner.key}`, value: inner.value }
  }
  if (condition.kind !== 'compare') throw new Error('not flat')
  const { field, operator } = condition
  return {
    key: `${write(field)}[${operator}]`,
    value: Array.isArray(condition.value)
      ? condition.value.map((item) => quote(item as string)).join(',')
      : embedded
        ? quote(condition.value as string)
        : (condition.value as string),
  }
}

function toJson(condition: Condition): unknown {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return { [condition.kind]: condition.items.map(toJson) }
    case 'not':
      return { not: toJson(condition.item) }
    case 'related': {
      const { name, hint } = condition.relation
      return { [hint === undefined ? quote(name) : `${quote(name)}!${quote(hint)}`]: toJson(condition.item) }
    }
    case 'compare':
      return {
        [quote(condition.field)]: {
          [condition.operator]: condition.operator === 'null' ? condition.value === 'true' : condition.value,
        },
      }
  }
}

const writeOrder = (order: readonly OrderItem[]) =>
  order
    .map(
      ({ field, descending, nulls }) =>
        `${descending ? '-' : ''}${write(field)}${nulls ? `.nulls${nulls}` : ''}`,
    )
    .join(',')

function writeItem(item: ModelItem): string {
  switch (item.kind) {
    case 'field':
      return write(item.name)
    case 'all':
      return '*'
    case 'aggregate':
      return item.field === undefined ? `${item.function}()` : `${write(item.field)}.${item.function}()`
    case 'embed': {
      const alias = item.alias === undefined ? '' : `${write(item.alias)}:`
      // A bare aggregate name before () would be the function.
      const { name, hint } = item.relation
      const relation = hint === undefined ? quote(name) : writeRelation(item.relation)
      const { conditions, json, order, limit, offset, select } = item.query
      const options = conditions
        .map((condition) => writeFlat(condition, true))
        .map(({ key, value }) => `${key}=${value}`)
      if (json !== undefined) options.push(`filter=${JSON.stringify(toJson(json))}`)
      if (order.length > 0) options.push(`order=${writeOrder(order)}`)
      if (limit !== undefined) options.push(`limit=${limit}`)
      if (offset !== undefined) options.push(`offset=${offset}`)
      return `${alias}${relation}(${[...options, (select ?? []).map(writeItem).join(', ')].join(';')})`
    }
  }
}

export function writeQuery({ conditions, json, order, limit, offset, select }: Model): string {
  const pairs = conditions
    .map((condition) => writeFlat(condition, false))
    .map(({ key, value }) => [key, value])
  if (json !== undefined) pairs.push(['filter', JSON.stringify(toJson(json))])
  if (order.length > 0) pairs.push(['order', writeOrder(order)])
  if (limit !== undefined) pairs.push(['limit', String(limit)])
  if (offset !== undefined) pairs.push(['offset', String(offset)])
  if (select !== undefined) pairs.push(['select', select.map(writeItem).join(' , ')])
  return `?${pairs.map((pair) => pair.map((text) => encodeURIComponent(text)).join('=')).join('&')}`
}

/** A parsed query as a model again: values in place of slots, what to blame left out. */
export function toModel(query: Query, values: readonly RawValue[]): unknown {
  const filter = (item: Filter): unknown => {
    switch (item.kind) {
      case 'and':
      case 'or':
        return { kind: item.kind, items: item.items.map(filter) }
      case 'not':
        return { kind: 'not', item: filter(item.item) }
      case 'related':
        return { kind: 'related', relation: item.relation, item: filter(item.item) }
      case 'compare':
        return { kind: 'compare', field: item.field, operator: item.operator, value: values[item.slot] }
    }
  }
  return {
    ...query,
    filter: query.filter && filter(query.filter),
    select: query.select?.map((item) =>
      item.kind === 'embed' ? { ...item, query: toModel(item.query, values) } : item,
    ),
  }
}

export function expected({ conditions, json, select, ...rest }: Model): unknown {
  const all = json === undefined ? conditions : [...conditions, json]
  return {
    ...rest,
    filter: all.length > 1 ? { kind: 'and', items: all } : all[0],
    select: select?.map((item) => (item.kind === 'embed' ? { ...item, query: expected(item.query) } : item)),
  }
}
