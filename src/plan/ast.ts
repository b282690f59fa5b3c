/** Statements in words no SQL dialect owns. Pure data; values are slots, so that equal statements differ only in what is bound. */
import type { Column, Routine, Table, ValueType } from '#catalog/model.ts'

/** A value to bind: the position in the bound values, the type it must have, and how the text is prepared. */
export interface Param {
  readonly slot: number
  readonly type: ValueType
  /** `list`: the bound value is a list of texts (`in`). */
  readonly list?: boolean
}

/** A column of a table that stands under `alias` in the statement. Aliases are made by the planner: t0, t1, … */
export interface ColumnRef {
  readonly alias: string
  readonly column: Column
}

/** How the tables of an EXISTS or an embed hang on the outer one. */
export interface Join {
  readonly outer: string
  readonly table: Table
  readonly alias: string
  /** Outer column = column of `table`, or of the junction when there is one. */
  readonly on: readonly { readonly outer: Column; readonly inner: Column }[]
  readonly via?: {
    readonly table: Table
    readonly alias: string
    /** Junction column = column of `table`. */
    readonly on: readonly { readonly outer: Column; readonly inner: Column }[]
  }
}

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Condition[] }
  | { readonly kind: 'not'; readonly item: Condition }
  | {
      readonly kind: 'compare'
      readonly left: ColumnRef
      readonly operator: 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte'
      readonly right: Param
    }
  | { readonly kind: 'in'; readonly left: ColumnRef; readonly list: Param; readonly negated: boolean }
  | { readonly kind: 'between'; readonly left: ColumnRef; readonly low: Param; readonly high: Param }
  /** The bound text is a finished LIKE pattern with `\` as escape. */
  | { readonly kind: 'like'; readonly left: ColumnRef; readonly pattern: Param; readonly caseless: boolean }
  /** An element of the array equals the bound text. */
  | { readonly kind: 'has'; readonly left: ColumnRef; readonly element: Param }
  | { readonly kind: 'null'; readonly left: ColumnRef; readonly isNull: boolean }
  | { readonly kind: 'search'; readonly left: ColumnRef; readonly text: Param }
  | { readonly kind: 'exists'; readonly join: Join; readonly where: Condition | undefined }
  /** Rows strictly behind the cursor in the order of `terms`; a term without `value` stands at NULL. */
  | { readonly kind: 'after'; readonly terms: readonly (OrderTerm & { readonly value: Param | undefined })[] }
  /** The row's version equals the bound text (If-Match). */
  | { readonly kind: 'version'; readonly alias: string; readonly table: Table; readonly versions: Param }
  | { readonly kind: 'never' }

export interface OrderTerm {
  readonly by: ColumnRef
  readonly descending: boolean
  readonly nulls: 'first' | 'last'
}

/** Orders groups by an aggregate of them, which need not be among the outputs. Only a Select that groups has these. */
export interface AggregateTerm {
  readonly aggregate: {
    readonly function: AggregateFunction
    /** Undefined: the rows of the group are counted. */
    readonly ref: ColumnRef | undefined
  }
  readonly descending: boolean
  readonly nulls: 'first' | 'last'
}

export type AggregateFunction = 'count' | 'sum' | 'avg' | 'min' | 'max'

/** One member of the row that goes out. `name` is the client's name for it. */
export type Output =
  | { readonly kind: 'column'; readonly name: string; readonly ref: ColumnRef }
  | {
      readonly kind: 'aggregate'
      readonly name: string
      readonly function: AggregateFunction
      readonly ref: ColumnRef | undefined
    }
  /** A related row (object or null) or rows (array), built in the same trip. */
  | {
      readonly kind: 'embed'
      readonly name: string
      readonly many: boolean
      readonly join: Join
      readonly select: Select
    }

/** Columns that are fetched but not shown: the order keys for the cursor and the row's version for the ETag. Exact text as the engine writes it. */
export type Hidden =
  | { readonly kind: 'cursor'; readonly ref: ColumnRef }
  | { readonly kind: 'version'; readonly alias: string; readonly table: Table }
  /** `t` or `f`: whether an Insert made a new row or, as an upsert, changed an old one. */
  | { readonly kind: 'inserted' }

export type NumberStyle = 'default' | 'string' | 'native'

export interface Select {
  readonly kind: 'select'
  readonly table: Table
  readonly alias: string
  readonly outputs: readonly Output[]
  readonly hidden: readonly Hidden[]
  readonly where: Condition | undefined
  /** Columns to group by; present exactly when there are aggregates, empty when all rows are one group. */
  readonly group: readonly ColumnRef[] | undefined
  readonly order: readonly (OrderTerm | AggregateTerm)[]
  /** A number is printed into the text, a Param is bound; undefined only for streams and embeds without one. */
  readonly limit: number | Param | undefined
  readonly offset: Param | undefined
  readonly numbers: NumberStyle
}

/** How many rows a Select without its limit has: exactly, or as the planner of the database believes. */
export interface Count {
  readonly kind: 'count'
  readonly select: Select
  readonly exact: boolean
}

/** What a write gives back: rows of these outputs, or only how many. */
export interface Returning {
  readonly outputs: readonly Output[]
  readonly hidden: readonly Hidden[]
  readonly numbers: NumberStyle
}

export interface Insert {
  readonly kind: 'insert'
  readonly table: Table
  readonly alias: string
  readonly columns: readonly Column[]
  /** One list per row, as long as `columns`; undefined is the column's default. */
  readonly rows: readonly (readonly (Param | undefined)[])[]
  /** With a key: update the row that has it. `reset` columns get their default on update (PUT replaces the whole row); `where` must hold of the old row. */
  readonly upsert:
    | { readonly key: readonly Column[]; readonly reset: readonly Column[]; readonly where?: Condition }
    | undefined
  readonly returning: Returning | undefined
}

export interface Update {
  readonly kind: 'update'
  readonly table: Table
  readonly alias: string
  /** `value` undefined: the column's default. */
  readonly set: readonly { readonly column: Column; readonly value: Param | undefined }[]
  readonly where: Condition
  readonly returning: Returning | undefined
}

export interface Delete {
  readonly kind: 'delete'
  readonly table: Table
  readonly alias: string
  readonly where: Condition
  readonly returning: Returning | undefined
}

export interface Call {
  readonly kind: 'call'
  readonly routine: Routine
  /** In the order of the routine's parameters; one left out has its default. `position`: index in `routine.parameters`. */
  readonly args: readonly { readonly name: string; readonly position: number; readonly value: Param }[]
  readonly numbers: NumberStyle
}

export type Statement = Select | Count | Insert | Update | Delete | Call

/**
 * A bound value: canonical text, null, or a list of texts (`in`, or an array without nesting). Binary is base64, arrays
 * and composites are canonical JSON text; the dialect turns them into what the engine reads.
 */
export type Bound = string | null | readonly (string | null)[]
