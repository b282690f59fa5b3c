/** The order of rows: what the request says, and what makes it total, so that pages neither repeat nor skip rows. */
import { GatewayError } from '#base/errors.ts'
import type { Column } from '#catalog/model.ts'
import type { Resource } from '#contract/contract.ts'
import type { OrderItem } from '#contract/request.ts'
import { type Access, fieldNamed, refOf } from './access.ts'
import type { AggregateTerm, ColumnRef, Output, OrderTerm } from './ast.ts'
import { isSortable } from './operators.ts'
import { choices, didYouMean, invalid, shown } from './refuse.ts'

/** NULL counts as the largest value unless the request says where it stands. */
function directed(item: OrderItem | undefined, mayBeNull: boolean): Omit<OrderTerm, 'by'> {
  const descending = item?.descending === true
  const usual = descending ? 'first' : 'last'
  // Where NULL cannot occur its place is no difference, and the usual one is what indexes have.
  return { descending, nulls: mayBeNull ? (item?.nulls ?? usual) : usual }
}

const term = (by: ColumnRef, item?: OrderItem): OrderTerm => ({ by, ...directed(item, by.column.nullable) })

/** Keys that tell every row apart: the primary key, and unique ones without NULL. */
function keysOf({ table }: Resource): readonly (readonly string[])[] {
  const required = new Set(table.columns.filter((column) => !column.nullable).map((column) => column.name))
  return [...(table.primaryKey ? [table.primaryKey] : []), ...table.uniqueKeys]
    .map((key) => key.columns)
    .filter((columns) => columns.every((name) => required.has(name)))
}

const covers = (terms: readonly OrderTerm[], key: readonly string[]): boolean =>
  key.every((name) => terms.some(({ by }) => by.column.name === name))

/** An order, and whether it tells every row apart by fields that may be seen, so that a cursor can stand in it. */
export interface Ordering {
  readonly terms: readonly OrderTerm[]
  readonly total: boolean
}

/**
 * The requested terms, then the first key of the table, as far as it is not among them; nothing stands behind a key.
 * Rows without a key (views) are ordered by all their sortable fields, so that pages by offset are the same rows each
 * time; the price is a sort, which an order of one's own does not save, but a filter makes small.
 * @param complete false: as requested and no more, for rows that nobody pages through
 * @throws GatewayError unknown_field, invalid_parameter
 */
export function orderOf(
  access: Access,
  items: readonly OrderItem[],
  parameter: string,
  complete: boolean,
): Ordering {
  const { resource } = access
  const keys = keysOf(resource)
  const terms: OrderTerm[] = []
  const isTotal = () => keys.some((key) => covers(terms, key))
  const named = items.map((item) => ({ item, field: fieldNamed(access, item.field, { name: parameter }) }))
  for (const { item, field } of named) {
    if (!isSortable(field.column.type))
      throw invalid(
        parameter,
        `rows have no order by ${field.name}, a field of type ${field.column.type.canonical}`,
        { field: field.name, fields: sortable(access).map((one) => one.name) },
      )
    const repeated = terms.some(({ by }) => by.column === field.column)
    if (!repeated && !isTotal()) terms.push(term(refOf(access, field), item))
  }
  if (complete && !isTotal()) {
    const seen = new Set(terms.map(({ by }) => by.column.name))
    for (const column of tieBreak(access, keys[0]))
      if (!seen.has(column.name)) terms.push(term({ alias: access.alias, column }))
  }
  return { terms, total: isTotal() && terms.every(({ by }) => access.has(by.column.name)) }
}

const sortable = (access: Access) => access.fields.filter((field) => isSortable(field.column.type))

function tieBreak(access: Access, key: readonly string[] | undefined): readonly Column[] {
  if (key === undefined) return sortable(access).map((field) => field.column)
  return key.flatMap((name) => access.resource.table.columns.find((column) => column.name === name) ?? [])
}

/**
 * The order of groups: by outputs, aggregates included, and then by all fields they are grouped by.
 * @throws GatewayError invalid_parameter
 */
export function groupOrder(
  items: readonly OrderItem[],
  outputs: readonly Output[],
  group: readonly ColumnRef[],
  parameter: string,
): readonly (OrderTerm | AggregateTerm)[] {
  const names = outputs.map((output) => output.name)
  const terms = items.map((item): OrderTerm | AggregateTerm => {
    const output = outputs.find(({ name }) => name === item.field)
    if (output?.kind === 'column' && isSortable(output.ref.column.type)) return term(output.ref, item)
    if (output?.kind === 'aggregate')
      return { aggregate: { function: output.function, ref: output.ref }, ...directed(item, true) }
    throw new GatewayError(
      'invalid_parameter',
      `${shown(parameter)}: groups are ordered by what is selected, and "${shown(item.field)}" is not${didYouMean(names, item.field)}`,
      {
        facts: {
          parameter: shown(parameter),
          field: shown(item.field),
          ...choices('fields', names, item.field),
        },
      },
    )
  })
  const rest = group.filter(
    ({ column }) => isSortable(column.type) && !terms.some((one) => 'by' in one && one.by.column === column),
  )
  return [...terms, ...rest.map((ref) => term(ref))]
}
