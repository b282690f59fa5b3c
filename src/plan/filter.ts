/** Filters of a request → conditions of a statement. */
import { GatewayError } from '#base/errors.ts'
import type { ValueType } from '#catalog/model.ts'
import type { Filter } from '#contract/request.ts'
import { type Access, accessBy, fieldNamed, refOf, relationNamed } from './access.ts'
import type { ColumnRef, Condition, Param } from './ast.ts'
import { type Draft, textType } from './draft.ts'
import { operatorsOf } from './operators.ts'
import { type Place, shown } from './refuse.ts'
import { comparedText, likePattern, listTexts, literalPattern, searchText } from './values.ts'

/** Conditions that must all hold. Of none it is the condition that every row fulfils. */
export const allOf = (items: readonly Condition[]): Condition =>
  items.length === 1 ? (items[0] as Condition) : { kind: 'and', items }

/** @throws GatewayError unknown_field, unknown_operator, unknown_relation, ambiguous_relation */
export function conditionOf(draft: Draft, access: Access, filter: Filter): Condition {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { kind: filter.kind, items: filter.items.map((item) => conditionOf(draft, access, item)) }
    case 'not':
      return { kind: 'not', item: conditionOf(draft, access, filter.item) }
    case 'related': {
      const { relation, target } = relationNamed(
        draft.env,
        access.resource,
        filter.relation,
        filter.parameter,
      )
      const join = draft.join(access.alias, relation, target)
      const inner = accessBy(draft.env.authorize(target, 'read'), target, join.alias)
      const where = conditionOf(draft, inner, filter.item)
      return {
        kind: 'exists',
        join,
        where: where.kind === 'and' && where.items.length === 0 ? undefined : where,
      }
    }
    case 'compare':
      return comparison(draft, access, filter)
    default:
      return filter satisfies never
  }
}

type Comparison = Extract<Filter, { kind: 'compare' }>

function comparison(draft: Draft, access: Access, filter: Comparison): Condition {
  const { operator, slot, parameter } = filter
  const place: Place = { name: parameter, source: 'url', texts: true, stored: false }
  const field = fieldNamed(access, filter.field, place)
  const { type } = field.column
  const fitting = operatorsOf(type, draft.env.capabilities.fullText)
  if (!fitting.includes(operator))
    throw new GatewayError(
      'unknown_operator',
      `${shown(parameter)}: ${operator} does not fit ${field.name}, a field of type ${type.canonical}; it takes ${fitting.join(', ')}`,
      { facts: { parameter: shown(parameter), operator, fieldType: type.canonical, operators: fitting } },
    )
  const left = refOf(access, field)
  const param = (of: ValueType, convert: (raw: unknown) => string): Param =>
    draft.fill(slot, of, ({ values }) => convert(values[slot]))

  switch (operator) {
    case 'eq':
    case 'neq':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return { kind: 'compare', left, operator, right: param(type, (raw) => comparedText(type, raw, place)) }
    case 'in':
    case 'nin': {
      const list = draft.fill(slot, type, ({ values }) => listTexts(type, values[slot], place))
      return { kind: 'in', left, list: { ...list, list: true }, negated: operator === 'nin' }
    }
    case 'between':
      return between(draft, left, slot, place)
    case 'like':
    case 'ilike':
      return {
        kind: 'like',
        left,
        pattern: param(textType, (raw) => likePattern(raw, place)),
        caseless: operator === 'ilike',
      }
    case 'contains':
      if (type.canonical === 'array') {
        const element = type.element as ValueType
        return { kind: 'has', left, element: param(element, (raw) => comparedText(element, raw, place)) }
      }
      return literal('contains')
    case 'starts':
    case 'ends':
      return literal(operator)
    case 'null':
      return { kind: 'null', left, isNull: filter.flag === true }
    case 'search':
      return { kind: 'search', left, text: param(textType, (raw) => searchText(raw, place)) }
    default:
      return operator satisfies never
  }

  function literal(where: 'contains' | 'starts' | 'ends'): Condition {
    const pattern = param(textType, (raw) => literalPattern(where, raw, place))
    return { kind: 'like', left, pattern, caseless: false }
  }
}

/** The request has both ends in one slot, the statement needs two. */
function between(draft: Draft, left: ColumnRef, slot: number, place: Place): Condition {
  const { type } = left.column
  const end = (index: 0 | 1) => (values: readonly unknown[]) => {
    const ends = values[slot]
    return comparedText(type, Array.isArray(ends) ? (ends[index] ?? null) : null, place)
  }
  const [low, high] = [end(0), end(1)]
  return {
    kind: 'between',
    left,
    low: draft.fill(slot, type, ({ values }) => low(values)),
    high: draft.add(type, ({ values }) => high(values)),
  }
}
