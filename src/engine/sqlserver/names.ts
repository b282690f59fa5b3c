/** Identifiers, literals and type names as SQL Server reads them. */
import type { TableId, ValueType } from '#catalog/model.ts'
import { type Sql, sql, trusted } from '#engine/sql.ts'

/** A quoted identifier; brackets need no QUOTED_IDENTIFIER, and quoting always spares us the list of reserved words. */
export const identifier = (name: string): Sql => trusted(`[${name.replaceAll(']', ']]')}]`)

export const tableName = (id: TableId): Sql => sql`${identifier(id.schema)}.${identifier(id.name)}`

export const column = (alias: string, name: string): Sql => sql`${identifier(alias)}.${identifier(name)}`

/** A text constant. A backslash before a line break would be taken out with it (Transact-SQL reference, "Backslash (Line Continuation)"). */
export function text(value: string): Sql {
  const quoted = value.replaceAll("'", "''").replaceAll(/\\(?=\r?\n)/g, "\\' + N'")
  return trusted(`N'${quoted}'`)
}

/** A variable of a batch that is named after what a routine calls its parameter; the server allows no other names. */
export function variable(name: string): Sql {
  if (!/^[\p{L}_#@$\p{N}]+$/u.test(name)) throw new Error('a parameter has a name that no variable can have')
  return trusted(`@${name}`)
}

/** Without case, width or language: text as the code points it consists of. */
export const binaryCollation = 'Latin1_General_100_BIN2'

/** Knows which letter is the small one of which. */
export const lettersCollation = 'Latin1_General_100_CI_AS'

/** Types of one byte a character, in the code page of their collation. */
const narrowFamilies = new Set(['char', 'varchar', 'text'])

/** The collation whose code page the type's text is kept in; undefined for text that is kept as Unicode. */
export const narrowCollation = (type: ValueType): string | undefined =>
  narrowFamilies.has(type.family) ? type.collation : undefined

/** Whether the code page holds every character (SQL Server 2019 and later). */
export const isUtf8 = (collation: string): boolean => /_UTF8$/i.test(collation)

/** ` COLLATE name`; collations come from the catalogue, and their names are letters, digits and underlines. */
export function collate(collation: string): Sql {
  if (!/^\w+$/.test(collation)) throw new Error('a collation has a name that is none')
  return trusted(` COLLATE ${collation}`)
}

/** A column or variable that holds values of the type as they are: with its length, digits and (in tables) collation. */
export function declared(type: ValueType, inTable: boolean): Sql {
  // A rowversion would be filled by the server; a copy of one is eight bytes.
  const native = trusted(type.family === 'rowversion' ? 'binary(8)' : type.native)
  return inTable && type.collation !== undefined ? sql`${native}${collate(type.collation)}` : native
}
