/** Short ways to write a catalogue, and a small shop, for the tests of every room. */
import type { Catalog, CanonicalType, Column, ForeignKey, Key, Routine, Table, ValueType } from './model.ts'

const type = (canonical: CanonicalType, family: string, more: Partial<ValueType> = {}): ValueType => ({
  canonical,
  family,
  native: family,
  ordered: true,
  comparable: true,
  ...more,
})

export const int2 = type('integer', 'int2', { range: ['-32768', '32767'] })
export const int4 = type('integer', 'int4', { range: ['-2147483648', '2147483647'] })
export const int8 = type('integer', 'int8', { range: ['-9223372036854775808', '9223372036854775807'] })
export const text = type('string', 'text')
export const uuid = type('string', 'uuid')
export const float8 = type('float', 'float8')
export const bool = type('boolean', 'bool')
export const timestamptz = type('timestamp', 'timestamptz')
export const timestamp = type('datetime', 'timestamp')
export const date = type('date', 'date')
export const time = type('time', 'time')
export const bytea = type('binary', 'bytea')
export const jsonb = type('json', 'jsonb')
export const json = type('json', 'json', { ordered: false, comparable: false })
export const money = type('decimal', 'money')
export const varchar = (maxLength: number) => type('string', 'varchar', { maxLength })
export const numeric = (precision?: number, scale = 0) =>
  type('decimal', 'numeric', precision === undefined ? {} : { precision, scale })
export const enumOf = (name: string, ...labels: string[]) => type('string', 'enum', { native: name, labels })
export const arrayOf = (element: ValueType) =>
  type('array', 'array', { native: `${element.native}[]`, element })
export const compositeOf = (name: string, members: Readonly<Record<string, ValueType>>) =>
  type('json', 'composite', {
    native: name,
    members: Object.entries(members).map(([member, of]) => ({ name: member, type: of })),
  })

/** A column before it has its name; a bare type is one that is required and written by the client. */
type Cell = ValueType | Omit<Column, 'name'>

const cell = (of: Cell): Omit<Column, 'name'> =>
  'type' in of ? of : { type: of, nullable: false, hasDefault: false, generated: 'no' }

export const nullable = (of: Cell): Omit<Column, 'name'> => ({ ...cell(of), nullable: true })
export const defaulted = (of: Cell): Omit<Column, 'name'> => ({ ...cell(of), hasDefault: true })
export const identity = (of: Cell): Omit<Column, 'name'> => ({ ...defaulted(of), generated: 'identity' })
export const generated = (of: Cell): Omit<Column, 'name'> => ({ ...defaulted(of), generated: 'always' })

export interface TableSpec {
  readonly schema?: string
  readonly kind?: Table['kind']
  readonly columns: Readonly<Record<string, Cell>>
  /** Columns of the primary key; default `id`, none for views. */
  readonly key?: readonly string[]
  readonly unique?: readonly (readonly string[])[]
  /** Column, or several joined by `,` → table or `schema.table` whose primary key they refer to. */
  readonly references?: Readonly<Record<string, string>>
  readonly can?: Partial<Table['can']>
}

/** A table whose foreign keys `catalog` completes, because only there the keys they refer to are known. */
export type TableDraft = Omit<Table, 'foreignKeys'> & { readonly references: TableSpec['references'] }

const keyOf = (table: string, columns: readonly string[]): Key => ({
  name: `${table}_${columns.join('_')}_key`,
  columns,
})

/** `table('tags', { columns: { id: identity(int8), label: text } })`. */
export function table(name: string, spec: TableSpec): TableDraft {
  const { kind = 'table', key = kind === 'table' ? ['id'] : [] } = spec
  const writes = kind === 'table'
  return {
    schema: spec.schema ?? 'public',
    name,
    kind,
    columns: Object.entries(spec.columns).map(([column, of]) => ({ name: column, ...cell(of) })),
    primaryKey: key.length === 0 ? undefined : keyOf(name, key),
    uniqueKeys: (spec.unique ?? []).map((columns) => keyOf(name, columns)),
    references: spec.references,
    rowVersion: writes ? 'system' : 'hash',
    can: { select: true, insert: writes, update: writes, delete: writes, ...spec.can },
  }
}

/** A catalogue of these tables and routines. Throws when a reference leads nowhere. */
export function catalog(drafts: readonly TableDraft[], routines: readonly Routine[] = []): Catalog {
  const complete = ({ references = {}, ...draft }: TableDraft): Table => ({
    ...draft,
    foreignKeys: Object.entries(references).map(([columns, target]): ForeignKey => {
      const found = drafts.find((one) => target === one.name || target === `${one.schema}.${one.name}`)
      if (found?.primaryKey === undefined)
        throw new Error(`${draft.name} refers to ${target}, which has no key`)
      return {
        name: `${draft.name}_${columns.replaceAll(',', '_')}_fkey`,
        columns: columns.split(','),
        target: { schema: found.schema, name: found.name },
        targetColumns: found.primaryKey.columns,
      }
    }),
  })
  return {
    fingerprint: 'fixture',
    server: 'Fixture 1',
    tables: drafts.map(complete),
    routines,
    unmappable: [],
  }
}

/** `routine('add', { a: int4, b: [int4, 'optional'] }, { readOnly: true })`; a name that begins with `$` stands for none. */
export const routine = (
  name: string,
  parameters: Readonly<Record<string, ValueType | readonly [ValueType, 'optional' | 'out' | 'variadic']>>,
  more: Partial<Routine> = {},
): Routine => ({
  schema: 'public',
  name,
  kind: 'function',
  parameters: Object.entries(parameters).map(([parameter, of]) => {
    const [value, how] = 'canonical' in of ? [of, undefined] : of
    return {
      name: parameter.startsWith('$') ? '' : parameter,
      type: value,
      mode: how === 'out' || how === 'variadic' ? how : 'in',
      hasDefault: how === 'optional',
    }
  }),
  readOnly: false,
  returns: { kind: 'void' },
  executable: true,
  ...more,
})

const status = enumOf('order_status', 'open', 'paid', 'shipped')

/** Customers order products; orders have a billing customer too; products have tags across a junction; a view, a tree. */
export const shop: Catalog = catalog(
  [
    table('customers', {
      columns: { id: identity(int8), name: text, email: text, country: nullable(varchar(2)) },
      unique: [['email']],
    }),
    table('orders', {
      columns: {
        id: identity(int8),
        customer_id: int8,
        billing_customer_id: nullable(int8),
        status: defaulted(status),
        total: numeric(12, 2),
        created_at: defaulted(timestamptz),
        note: nullable(text),
        meta: nullable(json),
        total_cents: generated(int8),
      },
      references: { customer_id: 'customers', billing_customer_id: 'customers' },
    }),
    table('order_items', {
      columns: {
        order_id: int8,
        line: int2,
        product_id: int8,
        quantity: defaulted(int4),
        price: numeric(10, 2),
      },
      key: ['order_id', 'line'],
      references: { order_id: 'orders', product_id: 'products' },
    }),
    table('products', {
      columns: { id: identity(int8), name: text, price: numeric(10, 2), tags: defaulted(arrayOf(text)) },
    }),
    table('labels', { columns: { id: identity(int8), label: text } }),
    table('product_labels', {
      columns: { product_id: int8, label_id: int8 },
      key: ['product_id', 'label_id'],
      references: { product_id: 'products', label_id: 'labels' },
    }),
    table('employees', {
      columns: { id: int4, name: text, manager_id: nullable(int4) },
      references: { manager_id: 'employees' },
    }),
    table('profiles', {
      columns: { id: int4, employee_id: int4, bio: nullable(text) },
      unique: [['employee_id']],
      references: { employee_id: 'employees' },
    }),
    table('order_totals', {
      kind: 'view',
      columns: { order_id: nullable(int8), total: nullable(numeric()), meta: nullable(json) },
    }),
  ],
  [
    routine(
      'add',
      { a: int4, b: [int4, 'optional'] },
      {
        readOnly: true,
        returns: { kind: 'scalar', type: int4, set: false },
      },
    ),
    routine('close_order', { order_id: int8 }),
  ],
)
