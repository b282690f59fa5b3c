/** What one API version shows: resources, fields and relations under the names clients use, tied to the tables behind them. Immutable. */
import type { Catalog, Column, Routine, Table } from '#catalog/model.ts'

export interface Field {
  /** The name clients use. */
  readonly name: string
  readonly column: Column
}

/** Equality of one column on each side of a join. */
export interface JoinPair {
  readonly from: Column
  readonly to: Column
}

/** A way from one resource to another along foreign keys. */
export interface Relation {
  /** The name clients use; unique within a resource only together with `hint`. */
  readonly name: string
  /** Distinguishes relations of one name, as shown to clients: the key columns joined by `,`, or the junction table: `customer!billing_customer_id`. */
  readonly hint: string
  /** All hints that are understood: `hint`, each key column, the name of the foreign key, and for a junction its table and columns. */
  readonly hints: readonly string[]
  readonly many: boolean
  readonly target: string
  /** Columns of the resource's table = columns of the target's table; with `via`, of the junction's table. */
  readonly on: readonly JoinPair[]
  /** The junction of a many-to-many relation, and how it joins to the target. */
  readonly via?: { readonly table: Table; readonly on: readonly JoinPair[] }
}

export interface Resource {
  readonly name: string
  readonly table: Table
  readonly fields: readonly Field[]
  readonly fieldByName: ReadonlyMap<string, Field>
  /** Fields of the primary key in key order; empty when the table has none (views). */
  readonly key: readonly Field[]
  readonly relations: readonly Relation[]
}

/** Whether one statement can insert or replace a row by its key: where it cannot, PUT needs a condition that says which. */
export const canUpsert = ({ table, key }: Resource): boolean =>
  key.length > 0 && table.primaryKey?.deferrable !== true

export interface RoutineResource {
  readonly name: string
  /** The first of `overloads`. */
  readonly routine: Routine
  /** Routines of this name, told apart by their parameters. */
  readonly overloads: readonly Routine[]
}

/** One API version over one catalogue. */
export interface Contract {
  readonly version: string
  readonly catalog: Catalog
  readonly resources: ReadonlyMap<string, Resource>
  readonly routines: ReadonlyMap<string, RoutineResource>
}
