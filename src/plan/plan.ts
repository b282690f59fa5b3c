/** What planning gives: statements with the way their values are bound, and what the answer needs to know of them. */
import type { TableId } from '#catalog/model.ts'
import type { RawValue, WriteRequest } from '#contract/request.ts'
import type { Bound, Call, Count, Delete, Insert, OrderTerm, Select, Update } from './ast.ts'

/** What differs between two reads of one shape. */
export interface ReadInput {
  readonly values: readonly RawValue[]
  readonly key: readonly string[] | undefined
  /** The decoded cursor, as many texts as the plan's page has terms. */
  readonly cursor: readonly (string | null)[] | undefined
  readonly limit: number | undefined
  readonly offset: number | undefined
}

/** Depends on the shape of a request alone (and which cursor values are null), so it is kept and used again. */
export interface ReadPlan {
  readonly select: Select
  readonly count: Count | undefined
  /** How the next page is reached. `signature` binds a cursor to resource, order and version. */
  readonly page: /** `quick`: looks up one row of a table by its primary key and nothing else. */
    | { readonly kind: 'single'; readonly quick: boolean }
    | { readonly kind: 'keyset'; readonly terms: readonly OrderTerm[]; readonly signature: string }
    | { readonly kind: 'offset' }
    | { readonly kind: 'stream' }
  /** Rows of the page to keep; the statement asks for one more. */
  readonly keep: number
  /** Index in `select.hidden` of the row version, for the ETag of a single row; undefined when there is none. */
  readonly versionAt: number | undefined
  /** Whether the body shows anything but the row's own columns (embeds), so that the row version alone does not identify it. */
  readonly embeds: boolean
  /** Tables it reads, embeds and filters included. */
  readonly tables: readonly TableId[]
  /**
   * Checks and turns raw values into what the statement binds, by slot.
   * @throws GatewayError invalid_parameter naming the parameter, its type and the limit it broke
   */
  readonly bind: (input: ReadInput) => readonly Bound[]
}

/** One statement of a write with its values. Equal `shape` means equal SQL text. */
export interface WriteStep {
  readonly statement: Insert | Update | Delete
  readonly values: readonly Bound[]
  readonly shape: string
}

export interface WritePlan {
  /** More than one only for bulk inserts beyond the engine's parameter limit; all run in one transaction. */
  readonly steps: readonly WriteStep[]
  /** A write by key, or an insert of one object: the answer is one object. */
  readonly single: boolean
  readonly versionAt: number | undefined
  /** Index in the hidden columns of the flag `t`/`f` that tells an inserted row from an updated one (upsert). */
  readonly insertedAt: number | undefined
  /** Whether the representation shows more than the row's own columns. */
  readonly embeds: boolean
  /** Puts one row into a table, which does nothing else (Table.plainInserts). */
  readonly plainInsert: boolean
  /** Indexes in the hidden columns of the key of the written row, for Location; empty when there is none. */
  readonly keyAt: readonly number[]
  readonly tables: readonly TableId[]
}

/** An insert of one row that serves every request of its shape whose row names the same fields in the same order. */
export interface InsertPlan {
  /** With the values of the request it was made for. */
  readonly plan: WritePlan
  /**
   * What the one statement binds for another such request.
   * @throws GatewayError bad_value
   */
  readonly bind: (request: WriteRequest) => readonly Bound[]
}

/** `planExists` in plan/write.ts: does the row of this key exist (after a write by key touched nothing)? Its version is the hidden column. */
export interface ExistsPlan {
  readonly statement: Select
  readonly values: readonly Bound[]
}

export interface CallPlan {
  readonly statement: Call
  readonly values: readonly Bound[]
  readonly shape: string
}
