/** What goes out: fields, aggregates and related rows of a query, at the top and inside embeds alike. */
import type { Query, SelectItem } from '#contract/request.ts'
import { type Access, accessBy, fieldNamed, refOf, relationNamed } from './access.ts'
import type { ColumnRef, NumberStyle, Output, Select } from './ast.ts'
import { countType, type Draft } from './draft.ts'
import { conditionOf } from './filter.ts'
import { aggregatesOf } from './operators.ts'
import { groupOrder, orderOf } from './order.ts'
import { invalid, shown } from './refuse.ts'

/** The outputs of a query; `group` only with aggregates. */
export interface Outputs {
  readonly outputs: readonly Output[]
  readonly group: readonly ColumnRef[] | undefined
  readonly embeds: boolean
}

const everything: readonly SelectItem[] = [{ kind: 'all' }]

/**
 * @param parameter what errors blame: `select`, or `select.items` within an embed
 * @throws GatewayError unknown_field, unknown_relation, ambiguous_relation, unknown_operator, invalid_parameter
 */
export function outputsOf(
  draft: Draft,
  access: Access,
  select: readonly SelectItem[] | undefined,
  parameter: string,
  numbers: NumberStyle,
): Outputs {
  const items = select === undefined || select.length === 0 ? everything : select
  const grouped = items.some((item) => item.kind === 'aggregate')
  if (grouped) checkGrouped(items, parameter)
  const outputs = new Map<string, Output>()
  for (const item of items)
    for (const output of outputsOfItem(draft, access, item, parameter, numbers)) {
      const earlier = outputs.get(output.name)
      // A field keeps the place where it was named first.
      if (earlier?.kind === 'column' && output.kind === 'column') continue
      if (earlier !== undefined)
        throw invalid(
          parameter,
          `"${shown(output.name)}" would go out twice; related rows take another name, as in other:${shown(output.name)}(…)`,
        )
      outputs.set(output.name, output)
    }
  const list = [...outputs.values()]
  return {
    outputs: list,
    group: grouped ? groupOf(list, parameter) : undefined,
    embeds: list.some((output) => output.kind === 'embed'),
  }
}

function groupOf(outputs: readonly Output[], parameter: string): readonly ColumnRef[] {
  return outputs.flatMap((output) => {
    if (output.kind !== 'column') return []
    const { type } = output.ref.column
    if (!type.comparable)
      throw invalid(parameter, `rows cannot be grouped by ${output.name}, a field of type ${type.canonical}`)
    return [output.ref]
  })
}

function checkGrouped(items: readonly SelectItem[], parameter: string): void {
  for (const item of items) {
    if (item.kind === 'all')
      throw invalid(parameter, 'beside an aggregate, * has no meaning: name the fields to group by')
    if (item.kind === 'embed')
      throw invalid(
        parameter,
        `groups have no related rows, so ${shown(item.relation.name)} cannot stand beside an aggregate`,
      )
  }
}

function outputsOfItem(
  draft: Draft,
  access: Access,
  item: SelectItem,
  parameter: string,
  numbers: NumberStyle,
): readonly Output[] {
  switch (item.kind) {
    case 'all':
      return access.fields.map((field) => ({ kind: 'column', name: field.name, ref: refOf(access, field) }))
    case 'field': {
      const field = fieldNamed(access, item.name, { name: parameter })
      return [{ kind: 'column', name: field.name, ref: refOf(access, field) }]
    }
    case 'aggregate':
      return [aggregateOf(access, item, parameter)]
    case 'embed':
      return [embedOf(draft, access, item, parameter, numbers)]
    default:
      return item satisfies never
  }
}

function aggregateOf(
  access: Access,
  item: Extract<SelectItem, { kind: 'aggregate' }>,
  parameter: string,
): Output {
  const name = item.field === undefined ? item.function : `${item.field}_${item.function}`
  if (item.field === undefined) return { kind: 'aggregate', name, function: item.function, ref: undefined }
  const field = fieldNamed(access, item.field, { name: parameter })
  const fitting = aggregatesOf(field.column.type)
  if (!fitting.includes(item.function)) {
    const { canonical } = field.column.type
    throw invalid(
      parameter,
      `${item.function}() does not fit ${field.name}, a field of type ${canonical}; it takes ${fitting.map((name) => `${name}()`).join(', ')}`,
      { field: field.name, fieldType: canonical, functions: fitting },
    )
  }
  return { kind: 'aggregate', name, function: item.function, ref: refOf(access, field) }
}

function embedOf(
  draft: Draft,
  access: Access,
  item: Extract<SelectItem, { kind: 'embed' }>,
  parameter: string,
  numbers: NumberStyle,
): Output {
  const { relation, target } = relationNamed(draft.env, access.resource, item.relation, parameter)
  const join = draft.join(access.alias, relation, target)
  const inner = accessBy(draft.env.authorize(target, 'read'), target, join.alias)
  const select = embedded(draft, inner, item.query, `${parameter}.${item.relation.name}`, {
    many: relation.many,
    numbers,
  })
  const name = item.alias ?? item.relation.name
  return { kind: 'embed', name, many: relation.many, join, select }
}

function embedded(
  draft: Draft,
  access: Access,
  query: Query,
  parameter: string,
  { many, numbers }: { many: boolean; numbers: NumberStyle },
): Select {
  const { limit, offset, order } = query
  if (!many && (limit !== undefined || offset !== undefined || order.length > 0))
    throw invalid(parameter, 'is one row, so it takes no order, limit or offset')
  const { maxLimit } = draft.env.options
  if (limit !== undefined && limit > maxLimit)
    throw invalid(parameter, `limit is ${limit}, at most ${maxLimit}`, { limit: maxLimit, actual: limit })
  const { outputs, group } = outputsOf(draft, access, query.select, parameter, numbers)
  return {
    kind: 'select',
    table: access.resource.table,
    alias: access.alias,
    outputs,
    hidden: [],
    where: query.filter === undefined ? undefined : conditionOf(draft, access, query.filter),
    group,
    order: embeddedOrder(),
    // Both are part of the shape of the request, so that they may be part of the text.
    limit,
    offset: offset === undefined ? undefined : draft.add(countType, () => String(offset)),
    numbers,
  }

  function embeddedOrder(): Select['order'] {
    const at = `${parameter}.order`
    if (group !== undefined) return groupOrder(order, outputs, group, at)
    return many ? orderOf(access, order, at, true).terms : []
  }
}
