/** What a dialect decides about SQL text; everything else is written once, in conditions, keyset, aggregates, reads and writes of this folder. */
import type { Table, ValueType } from '#catalog/model.ts'
import type { AggregateFunction, ColumnRef, NumberStyle, Output, Param, Select } from '#plan/ast.ts'
import type { Encoding, OutputColumn } from './engine.ts'
import type { ParameterStyle, Sql } from './sql.ts'

/** A statement's text and the columns it gives. */
export interface Written {
  readonly text: Sql
  readonly columns: readonly OutputColumn[]
}

/** An expression and the type of what it gives. */
export interface Typed {
  readonly value: Sql
  readonly type: ValueType
}

export type Embed = Extract<Output, { kind: 'embed' }>

/** A member of an embedded object: the client's name, and the value as `jsonValue` or `embed` wrote it. */
export interface Member {
  readonly name: string
  readonly value: Sql
}

/** Where a page stands in a statement: SELECT`top` … FROM … WHERE …`tail`. Each brings its own leading space. */
export interface Page {
  readonly top: Sql
  readonly tail: Sql
}

/**
 * One dialect. How it is used: a folder makes one Grammar (a plain object; a dialect that depends on the server's
 * version makes it by a function) and calls select(g, …), count(g, …) of reads.ts, condition(g, …) of conditions.ts and
 * the pieces of writes.ts with it. Hooks write what only their engine knows, and may call those functions in turn.
 * A statement that needs another form of one hook takes `{ ...g, hook }`.
 */
export interface Grammar {
  readonly parameters: ParameterStyle

  // Names. Always quoted, so that nobody needs the list of reserved words.
  identifier(name: string): Sql
  /** `alias`.`name`. */
  column(alias: string, name: string): Sql
  tableName(table: { readonly schema: string; readonly name: string }): Sql

  // Values, bound with whatever tells the engine their type.
  /** A value to store, or to hand to a routine. */
  stored(p: Param): Sql
  /** A value that a column of the type is compared with for equality. */
  operand(p: Param): Sql
  /** A column, and a value, as they are compared by size. What orders like its text or number is `column` and `operand`. */
  rank(ref: ColumnRef): Sql
  rankOperand(p: Param): Sql
  /** A number of rows. */
  rowCount(p: Param): Sql

  // Conditions. Each can stand next to AND, OR and NOT as it is.
  readonly always: Sql
  readonly never: Sql
  /** One parameter however long the list, so that the text stays the same. `inNot`: unknown must not come out as false. */
  membership(left: ColumnRef, list: Param, negated: boolean, inNot: boolean): Sql
  /** The pattern has `\` as escape. */
  like(left: ColumnRef, pattern: Param, caseless: boolean): Sql
  /** An element of an array; engines without arrays throw not_supported. */
  has(left: ColumnRef, element: Param): Sql
  /** `inNot` as for `membership`. */
  search(left: ColumnRef, words: Param, inNot: boolean): Sql
  /** What tells versions of a row apart, as hidden output; its text is what `versionIs` compares. */
  rowVersion(alias: string, table: Table): Sql
  /** The columns that `rowVersion` reads. */
  versionColumns(table: Table): readonly string[]
  versionIs(alias: string, table: Table, versions: Param): Sql

  // Order and pages.
  /** Where NULL stands without a word about it: behind all values (true) or before them (false) in ascending order. */
  readonly nullsAreLargest: boolean
  /** `ordered` (an expression with its direction) with NULL where it would not stand by itself. */
  placeNulls(by: Sql, ordered: Sql, nulls: 'first' | 'last'): Sql
  /**
   * Where NULL must stand elsewhere than usual, no index gives the order. True: a page is put together of two runs, the
   * rows with NULL and those without, each of which has an index; false: the engine's own words are good enough.
   */
  readonly splitsNulls: boolean
  /** Whether `(a, b) > (x, y)` exists and an index serves it. */
  readonly comparesRows: boolean
  /** `order`: the terms without ORDER BY. */
  page(order: Sql | undefined, limit: number | Sql | undefined, offset: Sql | undefined): Page
  /** Two Selects with pages of their own, one behind the other, as a table expression in brackets. */
  both(first: Sql, second: Sql): Sql
  /** Types that are ordered otherwise once they went through `both`. Left out: none. */
  unordersBoth?(type: ValueType): boolean

  // Output.
  /** Whether a Select may have no columns at all. */
  readonly emptyLists: boolean
  /** The value as a column of the answer: its text, written with `encoding`, is canonical JSON. */
  outputValue(
    e: Sql,
    type: ValueType,
    numbers: NumberStyle,
  ): { readonly value: Sql; readonly encoding: Encoding }
  /** The value as a member of an embedded object, in the form that `embed` puts together. */
  jsonValue(e: Sql, type: ValueType, numbers: NumberStyle): Sql
  /** Text that a parameter of the type takes back exactly, for cursors and keys. */
  cursorValue(e: Sql, type: ValueType): Sql
  /** Related rows as one JSON value without white space: an object or null, or an array. */
  embed(o: Embed, members: readonly Member[]): Sql

  // Aggregates.
  /** `count` or a wider one; followed by its argument in brackets. */
  readonly count: Sql
  readonly countType: ValueType
  aggregate(f: Exclude<AggregateFunction, 'count'>, e: Sql, type: ValueType): Typed
  /** The alias of a derived table that is only counted, with its AS. */
  readonly counted: Sql
  /** The statement that tells how many rows the planner expects of `rows` (a Select). */
  estimate(rows: Sql): Written
}

/** A statement inside another one that has a page of its own. */
export type Paged = Pick<Select, 'order' | 'limit' | 'offset'>
