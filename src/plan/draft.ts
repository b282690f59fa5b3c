/** A statement while it is planned: the aliases it has given out, the tables it touches, and how each of its slots is filled. */
import type { Column, Table, TableId, ValueType } from '#catalog/model.ts'
import type { Contract, Relation, Resource } from '#contract/contract.ts'
import type { ApiOptions } from '#contract/options.ts'
import type { Decision, Operation } from '#policy/authorize.ts'
import type { Bound, Join, NumberStyle, Param } from './ast.ts'
import type { ReadInput } from './plan.ts'

/** What the engine behind the gateway can do, as far as plans depend on it. */
export interface PlanCapabilities {
  readonly maxParameters: number
  readonly fullText: boolean
  readonly estimatedCount: boolean
}

/** What every plan is made against. */
export interface PlanEnvironment {
  readonly contract: Contract
  /** The policy, bound to the principal who asks. */
  readonly authorize: (resource: Resource, operation: Operation) => Decision
  readonly capabilities: PlanCapabilities
  readonly options: Pick<ApiOptions, 'defaultLimit' | 'maxLimit' | 'decimals'>
}

/** Fills one slot from what differs between requests of one shape. */
export type Binder = (input: ReadInput) => Bound

const unused: Binder = () => null

export interface Draft {
  readonly env: PlanEnvironment
  /** A fresh alias: t0, t1, … */
  alias(): string
  /** Notes that the statement reads or writes a table. */
  touch(table: Table): void
  tables(): readonly TableId[]
  /** A parameter in a slot of the request's own values. */
  fill(slot: number, type: ValueType, binder: Binder): Param
  /** A parameter in a slot of its own, behind those of the request's values. */
  add(type: ValueType, binder: Binder): Param
  /** How relation rows hang on the row that stands under `outer`. */
  join(outer: string, relation: Relation, target: Resource): Join
  /** What the statement binds, by slot. */
  bind(input: ReadInput): readonly Bound[]
}

/** @param values how many values the request has; they keep their slots, whether or not the statement uses them */
export function newDraft(env: PlanEnvironment, values: number): Draft {
  const binders: Binder[] = Array.from({ length: values }, () => unused)
  const touched = new Map<string, TableId>()
  let aliases = 0
  const alias = () => `t${aliases++}`
  const touch = ({ schema, name }: Table) => {
    touched.set(JSON.stringify([schema, name]), { schema, name })
  }
  return {
    env,
    alias,
    touch,
    tables: () => [...touched.values()],
    fill(slot, type, binder) {
      binders[slot] = binder
      return { slot, type }
    },
    add: (type, binder) => ({ slot: binders.push(binder) - 1, type }),
    join(outer, relation, target) {
      const on = relation.on.map(pair)
      touch(target.table)
      if (relation.via === undefined) return { outer, table: target.table, alias: alias(), on }
      touch(relation.via.table)
      const via = { table: relation.via.table, alias: alias(), on: relation.via.on.map(pair) }
      return { outer, table: target.table, alias: alias(), on, via }
    },
    bind: (input) => binders.map((binder) => binder(input)),
  }
}

const pair = ({ from, to }: { from: Column; to: Column }) => ({ outer: from, inner: to })

/** Decimals as the request wants them, or else as the configuration says. */
export const numberStyle = (
  asked: NumberStyle,
  { options }: Pick<PlanEnvironment, 'options'>,
): NumberStyle => (asked === 'default' && options.decimals === 'native' ? 'native' : asked)

/**
 * Types of parameters that stand for no column, in standard SQL's words; engines know the families.
 * Patterns and words are text whatever the type of the column they are compared with.
 */
export const textType: ValueType = {
  canonical: 'string',
  native: 'text',
  family: 'text',
  ordered: true,
  comparable: true,
}
export const countType: ValueType = {
  canonical: 'integer',
  native: 'bigint',
  family: 'int8',
  range: ['-9223372036854775808', '9223372036854775807'],
  ordered: true,
  comparable: true,
}
