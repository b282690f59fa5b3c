/** A small shop and short ways to write statements over it, for the tests of dialects. */
import type { CanonicalType, Column, Routine, Table, ValueType } from '#catalog/model.ts'
import type {
  ColumnRef,
  Condition,
  Hidden,
  Join,
  OrderTerm,
  Output,
  Param,
  Returning,
  Select,
} from '#plan/ast.ts'

/** Stands where an engine has no text for a statement. */
export const NOT_SUPPORTED = Symbol('not supported')

const canonical: Readonly<Record<string, CanonicalType>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  numeric: 'decimal',
  money: 'decimal',
  float8: 'float',
  bool: 'boolean',
  timestamptz: 'timestamp',
  timestamp: 'datetime',
  date: 'date',
  time: 'time',
  json: 'json',
  jsonb: 'json',
  bytea: 'binary',
}

/** A type by its family; of whatever has no canonical type of its own the text is shown. */
export const type = (family: string, more: Partial<ValueType> = {}): ValueType => ({
  canonical: canonical[family] ?? 'string',
  native: family,
  family,
  ordered: true,
  comparable: true,
  ...more,
})
export const arrayOf = (element: ValueType): ValueType => ({
  ...type('array'),
  canonical: 'array',
  native: `${element.native}[]`,
  element,
})
export const composite = (native: string, members: Readonly<Record<string, ValueType>>): ValueType => ({
  ...type('composite'),
  canonical: 'json',
  native,
  members: Object.entries(members).map(([name, member]) => ({ name, type: member })),
})

export const column = (name: string, of: ValueType | string, more: Partial<Column> = {}): Column => ({
  name,
  type: typeof of === 'string' ? type(of) : of,
  nullable: false,
  hasDefault: false,
  generated: 'no',
  ...more,
})

export const table = (
  name: string,
  columns: readonly Column[],
  key: readonly string[] = ['id'],
  more: Partial<Table> = {},
): Table => ({
  schema: 'shop',
  name,
  kind: 'table',
  columns,
  primaryKey: { name: `${name}_pkey`, columns: key },
  uniqueKeys: [],
  foreignKeys: [],
  rowVersion: 'system',
  can: { select: true, insert: true, update: true, delete: true },
  ...more,
})

const nullable = { nullable: true }
export const customers = table('customers', [
  column('id', 'int4', { hasDefault: true, generated: 'identity' }),
  column('name', 'text'),
  column('country', 'bpchar', nullable),
])
export const orders = table('orders', [
  column('id', 'int8', { hasDefault: true, generated: 'identity' }),
  column('customer_id', 'int4'),
  column('status', type('enum', { native: 'shop.status', labels: ['open', 'shipped'] })),
  column('total', type('numeric', { precision: 12, scale: 2 })),
  column('placed_at', 'timestamptz'),
  column('shipped_at', 'timestamptz', nullable),
  column('note', 'text', { ...nullable, searchConfig: 'english' }),
  column('tags', arrayOf(type('text')), nullable),
  column('receipt', 'bytea', nullable),
])
export const items = table(
  'order_items',
  [
    column('order_id', 'int8'),
    column('line', 'int4'),
    column('product_id', 'int4'),
    column('quantity', 'int4'),
    column('price', 'money'),
  ],
  ['order_id', 'line'],
)
export const labels = table('labels', [column('id', 'int4'), column('text', 'text')])
export const orderLabels = table(
  'order_labels',
  [column('order_id', 'int8'), column('label_id', 'int4')],
  ['order_id', 'label_id'],
)
export const sales = table(
  'sales',
  [column('country', 'text', nullable), column('amount', 'numeric', nullable)],
  [],
  { kind: 'view', rowVersion: 'hash', primaryKey: undefined },
)

const found = (from: Table, name: string): Column => {
  const c = from.columns.find((candidate) => candidate.name === name)
  if (!c) throw new Error(`no column ${name} in ${from.name}`)
  return c
}
export const ref = (from: Table, name: string, alias = 't0'): ColumnRef => ({
  alias,
  column: found(from, name),
})
export const param = (slot: number, of: ValueType | string, list = false): Param => ({
  slot,
  type: typeof of === 'string' ? type(of) : of,
  ...(list && { list }),
})

export const eq = (left: ColumnRef, slot: number): Condition => ({
  kind: 'compare',
  left,
  operator: 'eq',
  right: { slot, type: left.column.type },
})
export const shown = (from: Table, names: readonly string[], alias = 't0'): Output[] =>
  names.map((name) => ({ kind: 'column', name, ref: ref(from, name, alias) }))
export const by = (from: Table, name: string, direction = '', alias = 't0'): OrderTerm => {
  const descending = direction.startsWith('desc')
  const nulls = direction.includes('first') ? 'first' : direction.includes('last') ? 'last' : undefined
  return { by: ref(from, name, alias), descending, nulls: nulls ?? (descending ? 'first' : 'last') }
}

export const select = (from: Table, more: Partial<Select> = {}): Select => ({
  kind: 'select',
  table: from,
  alias: 't0',
  outputs: shown(from, [from.columns[0]?.name ?? ''], more.alias),
  hidden: [],
  where: undefined,
  group: undefined,
  order: [],
  limit: undefined,
  offset: undefined,
  numbers: 'default',
  ...more,
})

const on = (outer: Table, outerName: string, inner: Table, innerName: string) => [
  { outer: found(outer, outerName), inner: found(inner, innerName) },
]
export const toCustomer = (outer = 't0', alias = 't1'): Join => ({
  outer,
  table: customers,
  alias,
  on: on(orders, 'customer_id', customers, 'id'),
})
export const toItems = (outer = 't0', alias = 't2'): Join => ({
  outer,
  table: items,
  alias,
  on: on(orders, 'id', items, 'order_id'),
})
export const toLabels = (outer = 't0', alias = 't3'): Join => ({
  outer,
  table: labels,
  alias,
  on: on(orders, 'id', orderLabels, 'order_id'),
  via: { table: orderLabels, alias: 't4', on: on(orderLabels, 'label_id', labels, 'id') },
})

export const routine = (
  name: string,
  returns: Routine['returns'],
  parameters: readonly (Partial<Routine['parameters'][number]> & { type: ValueType })[],
  kind: Routine['kind'] = 'function',
): Routine => ({
  schema: 'shop',
  name,
  kind,
  parameters: parameters.map((p) => ({ name: '', mode: 'in', hasDefault: false, ...p })),
  readOnly: false,
  returns,
  executable: true,
})

export const embed = (name: string, join: ReturnType<typeof toItems>, many: boolean, more = {}): Output => ({
  kind: 'embed',
  name,
  many,
  join,
  select: select(join.table, { alias: join.alias, ...more }),
})
export const customer = embed('customer', toCustomer(), false, {
  outputs: shown(customers, ['name', 'country'], 't1'),
})
export const lines = embed('items', toItems(), true, {
  outputs: shown(items, ['quantity', 'price'], 't2'),
  order: [by(items, 'quantity', 'desc', 't2'), by(items, 'line', '', 't2')],
  limit: 5,
})
export const version: Hidden = { kind: 'version', alias: 't0', table: orders }
export const aggregate = (
  name: string,
  f: 'count' | 'sum' | 'avg' | 'min' | 'max',
  field?: string,
  from = orders,
): Output => ({
  kind: 'aggregate',
  name,
  function: f,
  ref: field === undefined ? undefined : ref(from, field),
})
export const returning = (outputs: readonly Output[], hidden: readonly Hidden[] = []): Returning => ({
  outputs,
  hidden,
  numbers: 'default',
})

export const address = composite('shop.address', { street: type('text'), floor: type('numeric') })
export const odd = table('od"d', [
  column('id', 'int4'),
  column('a"b', 'text'),
  column('prices', arrayOf(type('money'))),
])
export const files = table('files', [
  column('id', 'int4'),
  column('parts', arrayOf(type('bytea'))),
  column('home', address),
])
export const columnsOf = (from: typeof orders, names: readonly string[]) =>
  names.map((name) => ref(from, name).column)
