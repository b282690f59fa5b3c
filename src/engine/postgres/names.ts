/** Identifiers, literals and type names as PostgreSQL reads them. */
import type { TableId, ValueType } from '#catalog/model.ts'
import { type Sql, sql, trusted } from '#engine/sql.ts'

/** Longest identifier in bytes; the server cuts what is longer (NAMEDATALEN - 1). */
export const maxIdentifierBytes = 63

/** A quoted identifier; quoting it always spares us the list of reserved words. */
export const identifier = (name: string): Sql => trusted(`"${name.replaceAll('"', '""')}"`)

export const tableName = (id: TableId): Sql => sql`${identifier(id.schema)}.${identifier(id.name)}`

export const column = (alias: string, name: string): Sql => sql`${identifier(alias)}.${identifier(name)}`

/** A text constant; the E form reads backslashes the same whatever standard_conforming_strings says. */
export const text = (value: string): Sql =>
  trusted(
    value.includes('\\')
      ? `E'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
      : `'${value.replaceAll("'", "''")}'`,
  )

/** Families that are names of types in pg_catalog and can be cast to by that name. */
const builtin = new Set(
  (
    'int2 int4 int8 oid xid xid8 cid tid numeric money float4 float8 bool text varchar bpchar name bytea ' +
    'date time timetz timestamp timestamptz interval uuid inet cidr macaddr macaddr8 varbit json jsonb jsonpath ' +
    'xml tsvector tsquery point line lseg box path polygon circle pg_lsn'
  ).split(' '),
)

/**
 * The type to cast to, without length or precision: a cast to varchar(5) or numeric(10,2) would cut or round silently,
 * where an assignment refuses and a comparison must see the whole value.
 */
export function castName(type: ValueType): string {
  // Unquoted, `char` and `bit` mean char(1) and bit(1).
  if (type.family === 'char' || type.family === 'bit') return `"${type.family}"`
  if (type.element && !isDomainArray(type)) return `${castName(type.element)}[]`
  return builtin.has(type.family) ? type.family : type.native
}

/** An array of a domain is no array of the domain's base, which is what `element` describes. */
export const isDomainArray = (type: ValueType): boolean => type.native !== `${type.element?.native}[]`
