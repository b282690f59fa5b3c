/** Names of resources and relations, and what configuration hides or renames. */
import { describe, expect, it } from 'vitest'
import type { Catalog, Column, ForeignKey, Key, Routine, Table } from '#catalog/model.ts'
import type { Resource } from './contract.ts'
import { resolveContract } from './resolve.ts'

const column = (name: string): Column => ({
  name,
  type: { canonical: 'integer', native: 'integer', family: 'int4', ordered: true, comparable: true },
  nullable: false,
  hasDefault: false,
  generated: 'no',
})
const key = (...columns: string[]): Key => ({ name: `${columns.join('_')}_key`, columns })
const fk = (columns: string[], target: string, targetColumns = ['id'], schema = 'public'): ForeignKey => ({
  name: `${columns.join('_')}_fk`,
  columns,
  target: { schema, name: target },
  targetColumns,
})
const table = (
  name: string,
  columns: string[],
  o: { pk?: string[]; unique?: string[][]; fks?: ForeignKey[]; schema?: string } = {},
): Table => ({
  schema: o.schema ?? 'public',
  name,
  kind: 'table',
  columns: columns.map(column),
  primaryKey: o.pk?.length === 0 ? undefined : key(...(o.pk ?? ['id'])),
  uniqueKeys: (o.unique ?? []).map((columns) => key(...columns)),
  foreignKeys: o.fks ?? [],
  rowVersion: 'system',
  can: { select: true, insert: true, update: true, delete: true },
})
const catalog = (tables: Table[], routines: Routine[] = []): Catalog => ({
  fingerprint: 'f',
  server: 'Test',
  tables,
  routines,
  unmappable: [],
})
const options = (o: Partial<Parameters<typeof resolveContract>[1]> = {}) => ({
  schemas: ['public'],
  hide: [],
  relations: {},
  ...o,
})
const relations = (resource: Resource | undefined) =>
  resource?.relations.map(
    (r) =>
      `${r.name}!${r.hint} ${r.many ? 'many' : 'one'} ${r.target}${r.via ? ` via ${r.via.table.name}` : ''}`,
  )

const shop = [
  table('customers', ['id', 'name']),
  table('addresses', ['id', 'street']),
  table('orders', ['id', 'customer_id', 'billing_address_id', 'shipping_address_id'], {
    fks: [
      fk(['customer_id'], 'customers'),
      fk(['billing_address_id'], 'addresses'),
      fk(['shipping_address_id'], 'addresses'),
    ],
  }),
  table('order_items', ['order_id', 'line', 'product_id'], {
    pk: ['order_id', 'line'],
    fks: [fk(['order_id'], 'orders'), fk(['product_id'], 'products')],
  }),
  table('products', ['id', 'name']),
  table('categories', ['id', 'name']),
  table('product_categories', ['product_id', 'category_id'], {
    pk: ['product_id', 'category_id'],
    fks: [fk(['product_id'], 'products'), fk(['category_id'], 'categories')],
  }),
  table('employees', ['id', 'manager_id'], { fks: [fk(['manager_id'], 'employees')] }),
  table('passports', ['id', 'employee_id'], {
    unique: [['employee_id']],
    fks: [fk(['employee_id'], 'employees')],
  }),
]

describe('relations', () => {
  const contract = resolveContract(catalog(shop), options())

  it('names a to-one relation after its key column, a to-many one after the other table, and shortens what repeats this name', () => {
    expect(relations(contract.resources.get('orders'))).toEqual([
      'customer!customer_id one customers',
      'billing_address!billing_address_id one addresses',
      'shipping_address!shipping_address_id one addresses',
      'order_items!order_id many order_items',
      'items!order_id many order_items',
    ])
  })

  it('keeps two ways to one table apart by their hints', () => {
    expect(relations(contract.resources.get('addresses'))).toEqual([
      'orders!billing_address_id many orders',
      'orders!shipping_address_id many orders',
    ])
  })

  it('crosses a junction, and still shows the junction itself', () => {
    expect(relations(contract.resources.get('products'))).toEqual([
      'order_items!product_id many order_items',
      'product_categories!product_id many product_categories',
      'categories!product_categories many categories via product_categories',
    ])
  })

  it('follows a self-relation both ways, and a unique foreign key back to one row', () => {
    expect(relations(contract.resources.get('employees'))).toEqual([
      'manager!manager_id one employees',
      'employees!manager_id many employees',
      'passports!employee_id one passports',
    ])
  })

  it('tells the two directions of a junction of one table with itself apart', () => {
    const people = [
      table('people', ['id']),
      table('friends', ['person_id', 'friend_id'], {
        pk: ['person_id', 'friend_id'],
        fks: [fk(['person_id'], 'people'), fk(['friend_id'], 'people')],
      }),
    ]
    expect(relations(resolveContract(catalog(people), options()).resources.get('people'))).toEqual([
      'friends!person_id many friends',
      'friends!friend_id many friends',
      'people!person_id many people via friends',
      'people!friend_id many people via friends',
    ])
  })

  it('renames by name and hint', () => {
    const renamed = resolveContract(
      catalog(shop),
      options({ relations: { orders: { 'billing_address!billing_address_id': 'payer' } } }),
    )
    expect(renamed.resources.get('orders')?.relations.map((r) => r.name)).toContain('payer')
  })

  it('takes names that every object of JavaScript has for names like any other', () => {
    const odd = catalog([
      table('constructor', ['id', 'toString', 'name'], {
        fks: [fk(['toString'], 'toString'), fk(['name'], 'toString')],
      }),
      table('toString', ['id']),
    ])
    const contract = resolveContract(odd, options())
    expect(relations(contract.resources.get('constructor'))).toEqual([
      'toString!toString one toString',
      'toString!name one toString',
    ])
    expect(relations(contract.resources.get('toString'))).toEqual([
      'constructor!toString many constructor',
      'constructor!name many constructor',
    ])
  })

  it('takes a table for a junction whose key is its own, if the two foreign keys are unique together', () => {
    const members = table('members', ['id', 'person_id', 'club_id'], {
      unique: [['person_id', 'club_id']],
      fks: [fk(['person_id'], 'people'), fk(['club_id'], 'clubs')],
    })
    const clubs = catalog([table('people', ['id']), table('clubs', ['id']), members])
    expect(relations(resolveContract(clubs, options()).resources.get('people'))).toEqual([
      'members!person_id many members',
      'clubs!members many clubs via members',
    ])
  })

  it('tells two foreign keys of one column apart by their own names', () => {
    const owner = (target: string): ForeignKey => ({
      ...fk(['owner_id'], target),
      name: `owner_is_${target}`,
    })
    const things = table('things', ['id', 'owner_id'], { fks: [owner('people'), owner('firms')] })
    const contract = resolveContract(
      catalog([table('people', ['id']), table('firms', ['id']), things]),
      options(),
    )
    expect(relations(contract.resources.get('things'))).toEqual([
      'owner!owner_is_people one people',
      'owner!owner_is_firms one firms',
    ])
  })

  it('understands key columns, the name of the foreign key, and the junction as hints', () => {
    const hints = (resource: string, name: string) =>
      contract.resources.get(resource)?.relations.find((r) => r.name === name)?.hints
    expect(hints('orders', 'customer')).toEqual(['customer_id', 'customer_id_fk'])
    expect(hints('products', 'categories')).toEqual(['product_categories', 'product_id'])
  })

  it.each([
    ['orders', 'order_items', 'items'],
    ['order', 'orders_items', 'items'],
    ['categories', 'category_names', 'names'],
    ['category', 'categories_names', 'names'],
    ['boxes', 'box_labels', 'labels'],
    ['orders', 'orderly_items', undefined],
    ['orders', 'order_id', undefined],
  ])('shortens seen from %s the name %s to %s', (from, of, short) => {
    const two = [table(from, ['id', 'note']), table(of, ['id', 'x_id'], { fks: [fk(['x_id'], from)] })]
    const names = resolveContract(catalog(two), options())
      .resources.get(from)
      ?.relations.map((r) => r.name)
    expect(names).toEqual(short === undefined ? [of] : [of, short])
  })

  it('joins composite keys column by column', () => {
    const parts = table('shipments', ['id', 'order_id', 'line'], {
      fks: [fk(['order_id', 'line'], 'order_items', ['order_id', 'line'])],
    })
    const [relation] =
      resolveContract(catalog([...shop, parts]), options()).resources.get('shipments')?.relations ?? []
    expect(relation).toMatchObject({ name: 'order_items', many: false, hint: 'order_id,line' })
    expect(relation?.on.map((pair) => [pair.from.name, pair.to.name])).toEqual([
      ['order_id', 'order_id'],
      ['line', 'line'],
    ])
  })
})

describe('names', () => {
  it('gives the name to the earlier schema and puts the schema before the other', () => {
    const two = [table('users', ['id'], { schema: 'b' }), table('users', ['id'], { schema: 'a' })]
    const contract = resolveContract(catalog(two), options({ schemas: ['a', 'b'] }))
    expect([...contract.resources].map(([name, r]) => `${name}=${r.table.schema}`)).toEqual([
      'users=a',
      'b.users=b',
    ])
  })

  it('does not let a table shadow a path of the API', () => {
    expect([...resolveContract(catalog([table('rpc', ['id'])]), options()).resources.keys()]).toEqual([
      'public.rpc',
    ])
  })

  it.each([
    ['customers', ['customers']],
    ['public.cust*', ['customers']],
    ['*s', shop.map((t) => t.name)],
  ])('hides %s', (pattern, gone) => {
    const names = [...resolveContract(catalog(shop), options({ hide: [pattern] })).resources.keys()]
    expect(names).toEqual(shop.map((t) => t.name).filter((name) => !gone.includes(name)))
  })

  it('hides columns, and with them the relations and keys that need them', () => {
    const contract = resolveContract(
      catalog(shop),
      options({ hide: ['orders.customer_id', 'order_items.line'] }),
    )
    expect(contract.resources.get('orders')?.fields.map((f) => f.name)).toEqual([
      'id',
      'billing_address_id',
      'shipping_address_id',
    ])
    expect(relations(contract.resources.get('customers'))).toEqual([])
    expect(contract.resources.get('order_items')?.key).toEqual([])
  })

  it('keeps overloads of a routine under one name', () => {
    const routine = (parameter: string): Routine => ({
      schema: 'public',
      name: 'find',
      kind: 'function',
      parameters: [{ name: parameter, type: column('x').type, mode: 'in', hasDefault: false }],
      readOnly: true,
      returns: { kind: 'void' },
      executable: true,
    })
    expect(
      resolveContract(catalog([], [routine('a'), routine('b')]), options()).routines.get('find')?.overloads,
    ).toHaveLength(2)
  })
})
