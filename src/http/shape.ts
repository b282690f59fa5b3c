/** The shape of a query: a text that is equal exactly for queries that differ in nothing but values and the offset at the top. */
import type { Filter, OrderItem, Query, RelationRef, SelectItem } from '#contract/request.ts'

/**
 * Every part begins with a sign of its own and says its length, so that no name, however hostile, can make one
 * structure read like another.
 */
export const named = (text: string): string => `${text.length}:${text}`

const relationShape = ({ name, hint }: RelationRef): string =>
  hint === undefined ? `.${named(name)}` : `!${named(name)}${named(hint)}`

function filterShape(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      let shape = `${filter.kind === 'and' ? '&' : '|'}${filter.items.length}`
      for (const item of filter.items) shape += filterShape(item)
      return shape
    }
    case 'not':
      return `~${filterShape(filter.item)}`
    case 'related':
      return `@${relationShape(filter.relation)}${named(filter.parameter)}${filterShape(filter.item)}`
    case 'compare': {
      const flag = filter.flag === undefined ? '' : filter.flag ? '+' : '-'
      // The parameter is part of it, because a plan that is used again blames by it.
      return `?${named(filter.field)}${filter.operator}${flag},${named(filter.parameter)}`
    }
    default:
      return filter satisfies never
  }
}

function orderShape({ field, descending, nulls }: OrderItem): string {
  return `${descending ? '-' : '+'}${named(field)}${nulls === undefined ? '.' : nulls === 'first' ? '<' : '>'}`
}

function selectShape(item: SelectItem): string {
  switch (item.kind) {
    case 'field':
      return `f${named(item.name)}`
    case 'all':
      return '*'
    case 'aggregate':
      return item.field === undefined ? `g${item.function};` : `h${item.function},${named(item.field)}`
    case 'embed': {
      const alias = item.alias === undefined ? '' : `=${named(item.alias)}`
      return `e${relationShape(item.relation)}${alias}(${queryShape(item.query)}${item.query.offset ?? ''})`
    }
    default:
      return item satisfies never
  }
}

/** Filter, select, order, the number of limit and the presence of offset (in an embed its number too, which has no slot). */
export function queryShape({ select, filter, order, limit, offset }: Query): string {
  let shape = ''
  if (filter !== undefined) shape += `w${filterShape(filter)}`
  if (select !== undefined) {
    shape += `s${select.length}`
    for (const item of select) shape += selectShape(item)
  }
  if (order.length > 0) {
    shape += `o${order.length}`
    for (const item of order) shape += orderShape(item)
  }
  if (limit !== undefined) shape += `l${limit}`
  if (offset !== undefined) shape += 'p'
  return shape
}
