/** Statements of every kind with the SQL each engine writes, side by side: what one writes differently, or cannot say, is seen at a glance. */
import type { Bound, Statement } from '#plan/ast.ts'
import type { EngineKind } from './engine.ts'
import { filterCases } from './statements.filters.ts'
import { readCases } from './statements.reads.ts'
import { writeCases } from './statements.writes.ts'

/** Engines whose dialects exist. */
export type Written = Extract<EngineKind, 'postgres'>

/** Stands where an engine has no text for a statement. */
export const NOT_SUPPORTED = Symbol('not supported')

export interface Case {
  readonly statement: Statement
  /** Values by slot, when what is bound is worth a look. */
  readonly values?: readonly Bound[]
  readonly text: Readonly<Record<Written, string | typeof NOT_SUPPORTED>>
  readonly bound?: Readonly<Record<Written, readonly (string | null)[]>>
}

export const cases: Readonly<Record<string, Case>> = { ...filterCases, ...readCases, ...writeCases }
