/** What a database holds, in words no engine owns: tables, columns, keys, routines, and the canonical types. Pure data. */

/** The canonical type of a value on the wire (see docs/engines.md). `datetime` is a timestamp without a zone. */
export type CanonicalType =
  | 'string'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'timestamp'
  | 'datetime'
  | 'date'
  | 'time'
  | 'json'
  | 'binary'
  | 'array'

/** The type of a column, parameter or array element: canonical for Postern, native for the engine's casts. */
export interface ValueType {
  readonly canonical: CanonicalType
  /** Spelled as the engine's cast takes it, already safe to print (comes from the catalogue, e.g. PostgreSQL format_type with quoting). */
  readonly native: string
  /** The engine's own family word that its dialect switches on, e.g. `int8`, `numeric`, `money`, `bpchar`, `timestamptz`, `range`, `composite`, `enum`. Domains are resolved to their base. */
  readonly family: string
  /** Smallest and largest integer, decimal text, for `integer`. */
  readonly range?: readonly [string, string]
  /** Largest number of characters, for strings that have one. */
  readonly maxLength?: number
  /** Largest number of bytes in UTF-8, for strings that are cut there. */
  readonly maxBytes?: number
  /** Engine-owned: the collation of a column of text, where a cast must name it. */
  readonly collation?: string
  /**
   * For decimals that have them: with scale s, digits after the point, and precision p every number is below 10^(p-s).
   * The scale may be larger than the precision, and negative, which leaves tens or hundreds.
   */
  readonly precision?: number
  readonly scale?: number
  /** Digits behind the second, for times of a column that keeps fewer than its type could. */
  readonly fraction?: number
  /** Length, precision and scale are those of the type itself: a value to compare with is held to them too, as it would be cut. */
  readonly limitsCompared?: true
  /** Engine-owned: the type with the limits of its column, where only the database can tell whether a value fits. */
  readonly limited?: string
  /** Allowed labels in order, for enums. */
  readonly labels?: readonly string[]
  /** Element type, for `array`. */
  readonly element?: ValueType
  /** Members in order, for composites. */
  readonly members?: readonly { readonly name: string; readonly type: ValueType }[]
  /** Whether the engine can order values of this type (ORDER BY, <, >). */
  readonly ordered: boolean
  /** Whether the engine can compare for equality. */
  readonly comparable: boolean
}

export interface Column {
  readonly name: string
  readonly type: ValueType
  readonly nullable: boolean
  /** The database fills it in when left out. */
  readonly hasDefault: boolean
  /** `always`: cannot be written (generated, identity always); `identity`: filled in unless given. */
  readonly generated: 'no' | 'identity' | 'always'
  /** Engine-owned: SQL that makes a value of the default, where it may be made before the row; empty for a constant. */
  readonly newValue?: string
  readonly comment?: string
  /** Engine-owned detail, e.g. the text search configuration of an index on it. */
  readonly searchConfig?: string
}

/** A unique key: the primary key, or a unique constraint or index without condition and expression. */
export interface Key {
  readonly name: string
  readonly columns: readonly string[]
  /** It may be broken until the end of a transaction, so that no insert can decide by it. */
  readonly deferrable?: true
}

export interface ForeignKey {
  readonly name: string
  readonly columns: readonly string[]
  readonly target: TableId
  readonly targetColumns: readonly string[]
}

export interface TableId {
  readonly schema: string
  readonly name: string
}

export interface Table extends TableId {
  readonly kind: 'table' | 'view' | 'materialized'
  readonly columns: readonly Column[]
  readonly primaryKey: Key | undefined
  readonly uniqueKeys: readonly Key[]
  /** Engine-owned: columns that tell rows of a view apart, as they do in the table behind it; a view has no keys. */
  readonly rowKey?: readonly string[]
  readonly foreignKeys: readonly ForeignKey[]
  /** How the engine tells versions of a row apart: a system column (`xmin`), or a hash of the whole row. */
  readonly rowVersion: 'system' | 'hash'
  /** What the gateway's database user may do, and the object can (an aggregate view cannot be updated). */
  readonly can: {
    readonly select: boolean
    readonly insert: boolean
    readonly update: boolean
    readonly delete: boolean
  }
  /** An insert puts in its row and does nothing else: no trigger, no rule. Left out where that is not known. */
  readonly plainInserts?: true
  readonly comment?: string
}

export interface Parameter {
  /** Empty when the routine's author gave none; then it is reached by position as `$1`, `$2`, … */
  readonly name: string
  readonly type: ValueType
  readonly mode: 'in' | 'out' | 'inout' | 'variadic'
  readonly hasDefault: boolean
}

export interface Routine extends TableId {
  readonly kind: 'function' | 'procedure'
  readonly parameters: readonly Parameter[]
  /** Promises not to write (STABLE or IMMUTABLE): reachable by GET. */
  readonly readOnly: boolean
  /** Of a procedure: as far as its text shows it cannot commit by itself, so that a call that fails has changed nothing. */
  readonly atomic?: true
  readonly returns:
    | { readonly kind: 'void' }
    | { readonly kind: 'scalar'; readonly type: ValueType; readonly set: boolean }
    | {
        readonly kind: 'rows'
        /** Empty: known only when it runs, which may show that there are no rows at all. */
        readonly columns: readonly Column[]
        readonly set: boolean
        readonly table?: TableId
      }
  readonly executable: boolean
  readonly comment?: string
}

/** A consistent picture of the database at one moment. Immutable; a change makes a new one. */
export interface Catalog {
  /** Changes whenever anything the catalogue shows changes. */
  readonly fingerprint: string
  /** `PostgreSQL 18.4`, for /status and the log. */
  readonly server: string
  readonly tables: readonly Table[]
  readonly routines: readonly Routine[]
  /** Columns left out or served as text because no canonical type fits. */
  readonly unmappable: readonly {
    readonly table: TableId
    readonly column: string
    readonly native: string
    readonly action: 'omit' | 'text'
  }[]
}
