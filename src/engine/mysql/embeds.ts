/** Related rows as JSON text, put together from pieces: JSON_OBJECT would sort members and write blanks. */
import { conditions } from '#engine/conditions.ts'
import type { Embed, Grammar, Member } from '#engine/grammar.ts'
import { orderTerms, placeOf } from '#engine/keyset.ts'
import { groupBy, pageOf } from '#engine/reads.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { columnOf, joined, where } from '#engine/tables.ts'
import type { Flavour } from './flavour.ts'
import { text } from './names.ts'

/** Related rows as one JSON value; NULL for a row that is not there. */
export function embed(g: Grammar, flavour: Flavour, o: Embed, members: readonly Member[]): Sql {
  const s = o.select
  const { from, on } = joined(g, o.join)
  const rows = sql`${from}${where([...on, ...conditions(g, s.where)])}`
  if (!o.many) return sql`(SELECT ${object(members)} FROM ${rows}${groupBy(g, s)}${pageOf(g, s).tail})`
  // All rows are one group, which is there even when there is no row, but not on a page behind it.
  if (isOneGroup(s))
    return sql`COALESCE((SELECT CONCAT('[', ${object(members)}, ']') FROM ${rows}${pageOf(g, s).tail}), '[]')`
  const item = object(members)
  const isPaged = s.limit !== undefined || s.offset !== undefined
  if (flavour.lateral && (s.group || isPaged)) return numbered(g, s, item, rows)
  return s.group ? grouped(g, o, item) : listed(g, s, item, rows)
}

const isOneGroup = ({ group, outputs }: Embed['select']): boolean =>
  group === undefined ? outputs.some((o) => o.kind === 'aggregate') : group.length === 0

/** `{"a":1,"b":null}`. Members are of any collations, and some pairs of these cannot stand beside each other without a word. */
function object(members: readonly Member[]): Sql {
  if (members.length === 0) return sql`'{}'`
  const pieces = members.map(({ name, value }, i) => {
    const key = text(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    return sql`${key}${i === 0 ? sql` COLLATE utf8mb4_bin` : sql``}, COALESCE(${value}, 'null')`
  })
  return sql`CONCAT(${join(pieces, ', ')}, '}')`
}

const array = (items: Sql): Sql => sql`CONCAT('[', COALESCE(${items}, ''), ']')`

/** Of GROUP_CONCAT, which takes NULL for a zero or an empty text (seen on MariaDB 10.11), so that it must be told apart in words. */
const ordered = (g: Grammar, terms: Embed['select']['order'], place?: (index: number) => Sql): Sql =>
  terms.length > 0
    ? sql` ORDER BY ${orderTerms(g, terms, { saysNulls: true, ...(place && { place }) })}`
    : sql``

/** What no JSON holds outside of strings, and inside them only escaped. */
const mark = text('\u0001')

/**
 * One aggregate over the rows as they come. Only MariaDB's can stop after some of them, and takes no parameter there: for
 * an offset all rows are put together, and the page is cut out.
 */
function listed(
  g: Grammar,
  { limit, offset, order }: Embed['select'],
  item: Sql,
  rows: Sql,
  place?: (index: number) => Sql,
): Sql {
  const inOrder = ordered(g, order, place)
  if (!offset) {
    const most = typeof limit === 'number' ? sql` LIMIT ${trusted(limit.toFixed(0))}` : sql``
    return sql`(SELECT ${array(sql`GROUP_CONCAT(${item}${inOrder} SEPARATOR ','${most})`)} FROM ${rows})`
  }
  const skipped = sql`CAST(${g.rowCount(offset)} AS SIGNED)`
  const end =
    typeof limit === 'number'
      ? sql`LEAST(COUNT(*), ${skipped} + ${trusted(limit.toFixed(0))})`
      : sql`COUNT(*)`
  const all = sql`GROUP_CONCAT(${item}${inOrder} SEPARATOR ${mark})`
  const page = sql`SUBSTRING_INDEX(SUBSTRING_INDEX(${all}, ${mark}, ${end}), ${mark}, ${skipped} - ${end})`
  const items = sql`IF(COUNT(*) > ${skipped}, REPLACE(${page}, ${mark}, ','), '')`
  return sql`(SELECT ${array(items)} FROM ${rows})`
}

/** A page of its own inside, where the table inside may refer to the row outside. */
function numbered(g: Grammar, s: Embed['select'], item: Sql, rows: Sql): Sql {
  const order = s.order.length > 0 ? orderTerms(g, s.order) : undefined
  const number = order ? sql`, ROW_NUMBER() OVER (ORDER BY ${order}) AS n` : sql``
  const page = sql`SELECT ${item} AS j${number} FROM ${rows}${groupBy(g, s)}${pageOf(g, s).tail}`
  const items = sql`GROUP_CONCAT(e.j${order ? sql` ORDER BY e.n` : sql``} SEPARATOR ',')`
  return sql`(SELECT ${array(items)} FROM (${page}) AS e)`
}

/** Groups of related rows, by the columns that tie them to the row outside as well: MariaDB then makes only those groups. */
function grouped(g: Grammar, o: Embed, item: Sql): Sql {
  const s = o.select
  const inner = o.join.via?.alias ?? o.join.alias
  const ties = o.join.on.map((pair, i) => ({
    key: g.column(inner, pair.inner.name),
    name: trusted(`k${i}`),
    outer: g.column(o.join.outer, pair.outer.name),
  }))
  const list = [
    sql`${item} AS j`,
    ...ties.map(({ key, name }) => sql`${key} AS ${name}`),
    ...s.order.map((term, i) => sql`${placeOf(g, term)} AS ${trusted(`o${i}`)}`),
  ]
  const by = [...ties.map(({ key }) => key), ...(s.group ?? []).map((ref) => columnOf(g, ref))]
  const from = sql`${joined(g, o.join).from}${where(conditions(g, s.where))}`
  const groups = sql`SELECT ${join(list, ', ')} FROM ${from} GROUP BY ${join(by, ', ')}`
  const same = where(ties.map(({ name, outer }) => sql`e.${name} = ${outer}`))
  return listed(g, s, sql`e.j`, sql`(${groups}) AS e${same}`, (i) => sql`e.${trusted(`o${i}`)}`)
}
