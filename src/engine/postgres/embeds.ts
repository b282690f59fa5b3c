/** Related rows as JSON: row_to_json and array_to_json write no white space, unlike json_build_object and json_agg. */
import type { Embed, Grammar, Member } from '#engine/grammar.ts'
import { conditions } from '#engine/conditions.ts'
import { groupBy, pageOf } from '#engine/reads.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { joined, where } from '#engine/tables.ts'
import { identifier, maxIdentifierBytes, text } from './names.ts'

/** Related rows as one JSON value. */
export function embed(g: Grammar, o: Embed, members: readonly Member[]): Sql {
  const s = o.select
  const { from, on } = joined(g, o.join)
  const clauses = sql`${from}${where([...on, ...conditions(g, s.where)])}${groupBy(g, s)}${pageOf(g, s).tail}`
  const named = members.every(({ name }) => Buffer.byteLength(name) <= maxIdentifierBytes)
  const list = members.map(({ name, value }, i) => sql` ${value} AS ${identifier(named ? name : `m${i}`)}`)
  // Not `row_to_json(e)`, which would take an output called e for the row.
  const object = named ? sql`row_to_json(e.*)` : longNamedObject(members)
  const rows = sql`SELECT ${object} FROM (SELECT${join(list, ',')} FROM ${clauses}) AS e`
  return o.many ? sql`array_to_json(ARRAY(${rows}))` : sql`(${rows})`
}

/** Members with names that PostgreSQL would cut as identifiers. */
function longNamedObject(members: readonly Member[]): Sql {
  const pieces = members.map(({ name }, i) => {
    const key = text(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`)
    return sql`${key} || coalesce(to_json(e.${identifier(`m${i}`)})::text, 'null')`
  })
  return sql`(${join(pieces, ' || ')} || '}')::json`
}
