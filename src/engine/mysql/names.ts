/** Identifiers, literals and types as MySQL and MariaDB read them. */
import { GatewayError } from '#base/errors.ts'
import type { TableId, ValueType } from '#catalog/model.ts'
import { type Sql, sql, trusted } from '#engine/sql.ts'

/** A quoted identifier; quoting it always spares us the list of reserved words. */
export const identifier = (name: string): Sql => trusted(`\`${name.replaceAll('`', '``')}\``)

export const tableName = (id: TableId): Sql => sql`${identifier(id.schema)}.${identifier(id.name)}`

export const column = (alias: string, name: string): Sql => sql`${identifier(alias)}.${identifier(name)}`

/** A text constant. Every session has NO_BACKSLASH_ESCAPES, so that a backslash is a backslash. */
export const text = (value: string): Sql => trusted(`'${value.replaceAll("'", "''")}'`)

/** Digits of the fraction of a second: `datetime(3)`; none means 0. */
export const fractionDigits = (type: ValueType): number =>
  Number(/^(?:datetime|timestamp|time)\((\d)\)/i.exec(type.native)?.[1] ?? 0)

/** Numbers with this word are padded with zeros as texts. */
export const isPadded = (type: ValueType): boolean => /\bzerofill\b/i.test(type.native)

/** Digits behind the point that are compared: as many as there are, and as many more as MySQL can hold beside the digits in front. */
export function comparedScale({ precision, scale = 0 }: ValueType): number {
  if (precision === undefined) return 30
  return Math.max(scale, Math.min(30, 65 - (precision - scale)))
}

export const isUnsigned = ({ family }: ValueType): boolean =>
  family.endsWith(' unsigned') || family === 'bit' || family === 'year'

/** Arrays and composites are in no catalogue of ours. @throws GatewayError not_supported */
export function checkKnown(type: ValueType): void {
  if (type.canonical === 'array' || type.members !== undefined)
    throw new GatewayError(
      'not_supported',
      `Values of type ${type.native} are not supported by this database.`,
    )
}
