/** What the catalogue statement gives, row by row; catalog-sql.ts asks for exactly these members. */
import type { Column } from '#catalog/model.ts'

/** A served schema. */
interface SchemaRow {
  readonly name: string
}

export interface FingerprintRow {
  readonly fingerprint: string
  /** server_version, which distributions add words to: `15.18 (Debian 15.18-0+deb12u1)`. */
  readonly version: string
}

/** A row of pg_type with what belongs to it. Oids are decimal text, '0' for none. */
export interface TypeRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** Spelled for a cast, schema-qualified unless in pg_catalog. */
  readonly native: string
  readonly kind: 'base' | 'composite' | 'domain' | 'enum' | 'pseudo' | 'range' | 'multirange'
  /** Its author calls it a string (pg_type.typcategory S). */
  readonly stringlike: boolean
  /** Of domains: what they are made of, with the modifier they fix. */
  readonly base: string
  readonly baseModifier: number
  readonly notNull: boolean
  readonly hasDefault: boolean
  /** Of true arrays. */
  readonly element: string
  /** Of composites: the relation whose row it is. */
  readonly relation: string
  readonly labels: readonly string[] | null
  readonly members: readonly (readonly [name: string, type: string, modifier: number])[] | null
  /** There is a default operator class to sort by; to compare for equality by. */
  readonly ordered: boolean
  readonly comparable: boolean
  /** Digits behind the point that the locale of the session gives money. */
  readonly moneyScale: number
}

interface RelationRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'partitioned' | 'foreign' | 'view' | 'materialized'
  /** SELECT on all of it; on some column at least. */
  readonly readable: boolean
  readonly partlyReadable: boolean
  readonly insert: boolean
  readonly update: boolean
  readonly remove: boolean
  /** Neither triggers nor rules, and no partitions that may have some. */
  readonly plain: boolean
  readonly comment: string | null
  /** Null when it has none that this user may see. */
  readonly columns: readonly ColumnRow[] | null
}

/** A list, as there may be 100,000 of them. */
export type ColumnRow = readonly [
  name: string,
  type: string,
  modifier: number,
  notNull: boolean,
  hasDefault: boolean,
  generated: Column['generated'],
  comment: string | null,
  /** The expression of a generated tsvector. */
  expression: string | null,
]

export interface KeyRow {
  readonly relation: string
  readonly name: string
  readonly primary: boolean
  readonly deferrable: boolean
  readonly columns: readonly string[]
}

interface ForeignKeyRow {
  readonly relation: string
  readonly name: string
  readonly columns: readonly string[]
  readonly target: string
  readonly targetColumns: readonly string[]
}

/** An indexed expression, such as to_tsvector('english'::regconfig, body). */
interface SearchRow {
  readonly relation: string
  readonly expression: string
}

export interface RoutineRow {
  readonly schema: string
  readonly name: string
  readonly kind: 'function' | 'procedure'
  /** Neither immutable nor stable. */
  readonly volatile: boolean
  /** A procedure that cannot commit by itself. */
  readonly atomic: boolean
  readonly set: boolean
  readonly result: string
  /** How many of the last input parameters have a default. */
  readonly defaults: number
  readonly executable: boolean
  readonly comment: string | null
  /** Modes: i in, o out, b both, v variadic, t column of a table result. */
  readonly parameters: readonly (readonly [name: string, type: string, mode: string])[]
}

/** All rows by kind. */
export interface CatalogRows {
  readonly schema: readonly SchemaRow[]
  readonly fingerprint: readonly FingerprintRow[]
  readonly type: readonly TypeRow[]
  readonly relation: readonly RelationRow[]
  readonly key: readonly KeyRow[]
  readonly foreignKey: readonly ForeignKeyRow[]
  readonly search: readonly SearchRow[]
  readonly routine: readonly RoutineRow[]
}
