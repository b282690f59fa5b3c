/** Catalogue and options → contract: which tables and routines are served, under which names, with which fields and relations. Pure. */
import type { Catalog, Routine, Table, TableId } from '#catalog/model.ts'
import type { Contract, Field, Resource, RoutineResource } from './contract.ts'
import { hiddenBy } from './hide.ts'
import type { ApiOptions } from './options.ts'
import { relationsOf, type Served } from './relations.ts'

/** Words of the URL that no resource can have: they would never be reached. Their resources get the schema in front. */
const reservedNames = new Set(['rpc', 'batch', 'openapi.json'])

/** Of two objects of one name the one in the earlier schema keeps it; the other becomes `schema.name`. */
function nameAll<T extends TableId>(
  objects: readonly T[],
  schemas: readonly string[],
  reserved: ReadonlySet<string>,
): Map<string, T[]> {
  const rank = (schema: string) => (schemas.includes(schema) ? schemas.indexOf(schema) : schemas.length)
  const named = new Map<string, T[]>()
  for (const object of objects.toSorted((a, b) => rank(a.schema) - rank(b.schema))) {
    const same = named.get(object.name)
    const plain = !reserved.has(object.name) && (same === undefined || same[0]?.schema === object.schema)
    const name = plain ? object.name : `${object.schema}.${object.name}`
    const list = named.get(name)
    if (list === undefined) named.set(name, [object])
    else list.push(object)
  }
  return named
}

/** @param version the name clients use in the path */
export function resolveContract(
  catalog: Catalog,
  options: Pick<ApiOptions, 'schemas' | 'hide' | 'relations'>,
  version = 'v1',
): Contract {
  const hidden = hiddenBy(options.hide)
  const visible = catalog.tables
    .filter((table) => !hidden.object(table))
    .map(
      (table): Table => ({
        ...table,
        columns: table.columns.filter((column) => !hidden.column(table, column.name)),
      }),
    )
  const served: Served[] = [...nameAll(visible, options.schemas, reservedNames)].map(([name, [table]]) => ({
    name,
    table: table as Table,
  }))
  const byId = new Map(served.map((one) => [`${one.table.schema}\0${one.table.name}`, one]))
  const find = (id: TableId) => byId.get(`${id.schema}\0${id.name}`)
  const referring = groupByTarget(served)
  /** As maps: a table may be called `constructor`, and so may a relation. */
  const renames = new Map(
    Object.entries(options.relations).map(([name, names]) => [name, new Map(Object.entries(names))]),
  )

  const resources = new Map<string, Resource>()
  for (const one of served) {
    const fields = one.table.columns.map((column): Field => ({ name: column.name, column }))
    const fieldByName = new Map(fields.map((field) => [field.name, field]))
    const key = (one.table.primaryKey?.columns ?? []).map((name) => fieldByName.get(name))
    resources.set(one.name, {
      name: one.name,
      table: one.table,
      fields,
      fieldByName,
      // With a part of it hidden the key cannot be given.
      key: key.every((field): field is Field => field !== undefined) ? key : [],
      relations: relationsOf(one, referring.get(one) ?? [], find, renames.get(one.name) ?? new Map()),
    })
  }
  const routines = new Map<string, RoutineResource>()
  for (const [name, overloads] of nameAll(
    catalog.routines.filter((routine) => !hidden.object(routine)),
    options.schemas,
    new Set(),
  ))
    routines.set(name, { name, routine: overloads[0] as Routine, overloads })
  return { version, catalog, resources, routines }

  /** Tables by the table they refer to: so that relations of 5,000 tables cost no 25 million comparisons. */
  function groupByTarget(all: readonly Served[]): Map<Served, Served[]> {
    const groups = new Map<Served, Served[]>()
    for (const one of all)
      for (const target of new Set(one.table.foreignKeys.map((key) => find(key.target)))) {
        if (target === undefined) continue
        const list = groups.get(target)
        if (list === undefined) groups.set(target, [one])
        else list.push(one)
      }
    return groups
  }
}
