/** Relations of a resource along foreign keys: to the referred row, to the referring rows, and across junction tables. Pure. */
import type { Column, ForeignKey, Table } from '#catalog/model.ts'
import type { JoinPair, Relation } from './contract.ts'

/** A table that is served, under the name of its resource. */
export interface Served {
  readonly name: string
  readonly table: Table
}

/** Finds the served table of an id. */
export type FindServed = (id: { schema: string; name: string }) => Served | undefined

const columnOf = (table: Table, name: string): Column | undefined =>
  table.columns.find((column) => column.name === name)

/** Pairs of columns; undefined when one of them is hidden, for then the relation cannot be followed. */
function pairs(
  from: Table,
  fromColumns: readonly string[],
  to: Table,
  toColumns: readonly string[],
): JoinPair[] | undefined {
  const found = fromColumns.map((name, i) => ({
    from: columnOf(from, name),
    to: columnOf(to, toColumns[i] as string),
  }))
  return found.every((pair): pair is JoinPair => pair.from !== undefined && pair.to !== undefined)
    ? found
    : undefined
}

const sameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((x) => b.includes(x))

/** Whether these columns identify at most one row. */
const isUnique = (table: Table, columns: readonly string[]) =>
  [...(table.primaryKey ? [table.primaryKey] : []), ...table.uniqueKeys].some((key) =>
    key.columns.every((c) => columns.includes(c)),
  )

/** `customer_id` → `customer`, `customerId` → `customer`; undefined when the key has no such suffix or several columns. */
function nameOfKey(columns: readonly string[]): string | undefined {
  const [only] = columns
  if (only === undefined || columns.length > 1) return undefined
  return /^(.+?)(?:_id|Id|ID)$/.exec(only)?.[1]
}

/** `order_items` seen from `orders` → `items`: the part behind this table's own name, singular or plural. */
function shortName(of: string, from: string): string | undefined {
  const stems = [
    from,
    from.replace(/ies$/, 'y'),
    from.replace(/(ss|x|ch|sh)es$/, '$1'),
    from.replace(/s$/, ''),
    from.replace(/y$/, 'ies'),
    `${from}s`,
  ]
  const stem = stems.find((s) => s !== '' && of.startsWith(`${s}_`) && of.length > s.length + 1)
  return stem === undefined ? undefined : of.slice(stem.length + 1)
}

/** A key goes by its columns, by each of them, and by its name in the database. */
const hintsOfKey = ({ columns, name }: ForeignKey): Pick<Relation, 'hint' | 'hints'> => {
  const hint = columns.join(',')
  return { hint, hints: [...new Set([hint, ...columns, name])] }
}

/** A junction goes by its name; between rows of one table it has two directions, which only its columns tell apart. */
function hintsAcross(
  junction: Served,
  near: ForeignKey,
  toItself: boolean,
): Pick<Relation, 'hint' | 'hints'> {
  const columns = near.columns.join(',')
  const hint = toItself ? columns : junction.name
  return { hint, hints: [...new Set([hint, junction.name, columns, ...near.columns])] }
}

/** To the row a foreign key of this table refers to. */
function outgoing(served: Served, find: FindServed): Relation[] {
  return served.table.foreignKeys.flatMap((key): Relation[] => {
    const target = find(key.target)
    const on = target && pairs(served.table, key.columns, target.table, key.targetColumns)
    if (target === undefined || on === undefined) return []
    return [
      {
        name: nameOfKey(key.columns) ?? target.name,
        ...hintsOfKey(key),
        many: false,
        target: target.name,
        on,
      },
    ]
  })
}

/** From the rows of other tables that refer to this one: many, or one where the foreign key is unique. */
function incoming(served: Served, all: readonly Served[], find: FindServed): Relation[] {
  return all.flatMap((other) =>
    other.table.foreignKeys.flatMap((key): Relation[] => {
      if (find(key.target) !== served) return []
      const on = pairs(served.table, key.targetColumns, other.table, key.columns)
      if (on === undefined) return []
      return [
        {
          name: other.name,
          ...hintsOfKey(key),
          many: !isUnique(other.table, key.columns),
          target: other.name,
          on,
        },
      ]
    }),
  )
}

/** The two foreign keys of a table of which some key (the primary one or a unique one) has exactly the columns: a junction. */
function junctionKeys({
  primaryKey,
  uniqueKeys,
  foreignKeys,
}: Table): readonly [ForeignKey, ForeignKey] | undefined {
  for (const { columns } of [...(primaryKey ? [primaryKey] : []), ...uniqueKeys]) {
    const inside = foreignKeys.filter((key) => key.columns.every((name) => columns.includes(name)))
    const [a, b] = inside
    if (a && b && inside.length === 2 && sameSet([...a.columns, ...b.columns], columns)) return [a, b]
  }
  return undefined
}

/** Across junction tables, to the rows on their other side. */
function across(served: Served, all: readonly Served[], find: FindServed): Relation[] {
  return all.flatMap((junction) => {
    const keys = junctionKeys(junction.table)
    if (keys === undefined) return []
    const [a, b] = keys
    return (
      [
        [a, b],
        [b, a],
      ] as const
    ).flatMap(([near, far]): Relation[] => {
      const target = find(far.target)
      if (find(near.target) !== served || target === undefined) return []
      const on = pairs(served.table, near.targetColumns, junction.table, near.columns)
      const onward = pairs(junction.table, far.columns, target.table, far.targetColumns)
      if (on === undefined || onward === undefined) return []
      return [
        {
          name: target.name,
          ...hintsAcross(junction, near, target === served),
          many: true,
          target: target.name,
          on,
          via: { table: junction.table, on: onward },
        },
      ]
    })
  })
}

/**
 * All relations of one resource. Several may share a name; then a request must add the hint (`customer!billing_id`).
 * A to-many relation whose table's name begins with this one's (`order_items` of `orders`) is reached by the rest of
 * its name too (`items`), where nothing else has that name.
 * @param renames `name!hint` or `name` → the name to use instead
 */
export function relationsOf(
  served: Served,
  all: readonly Served[],
  find: FindServed,
  renames: ReadonlyMap<string, string>,
): Relation[] {
  const found = [...outgoing(served, find), ...incoming(served, all, find), ...across(served, all, find)].map(
    (relation) => {
      const renamed = renames.get(`${relation.name}!${relation.hint}`) ?? renames.get(relation.name)
      return renamed === undefined ? relation : { ...relation, name: renamed }
    },
  )
  const uses = new Map<string, number>()
  const exactName = ({ name, hint }: Relation) => `${name}!${hint}`
  for (const relation of found) uses.set(exactName(relation), (uses.get(exactName(relation)) ?? 0) + 1)
  // One column can refer to two tables; then only the names of its foreign keys tell them apart.
  const exact = found.map((relation) =>
    uses.get(exactName(relation)) === 1 ? relation : { ...relation, hint: relation.hints.at(-1) as string },
  )
  const taken = new Set([
    ...found.map((relation) => relation.name),
    ...served.table.columns.map((column) => column.name),
  ])
  const short = exact.flatMap((relation): Relation[] => {
    const name =
      relation.many && relation.via === undefined ? shortName(relation.name, served.name) : undefined
    return name === undefined || taken.has(name) ? [] : [{ ...relation, name }]
  })
  return [...exact, ...short]
}
