/** Statements of every kind with the SQL each engine writes, side by side: what one writes differently, or cannot say, is seen at a glance. */
import type { Bound, Statement } from '#plan/ast.ts'
import type { EngineKind } from './engine.ts'
import { aggregateCases } from './statements.aggregates.ts'
import { callCases } from './statements.calls.ts'
import { cursorCases } from './statements.cursors.ts'
import { embedCases } from './statements.embeds.ts'
import { filterCases } from './statements.filters.ts'
import type { NOT_SUPPORTED } from './statements.fixture.ts'
import { readCases } from './statements.reads.ts'
import { writeCases } from './statements.writes.ts'
import { writtenEmbedCases } from './statements.written-embeds.ts'

/** Columns of the tables. `mysql` is MySQL 8; `mariadb` is given only where MariaDB's text is another. */
export type Written = EngineKind | 'mariadb'

/** What each engine writes; `mariadb` left out is as `mysql`. */
export type ByEngine<T> = Readonly<Record<'postgres', T> & Partial<Record<Written, T>>>

export interface Case {
  readonly statement: Statement
  /** Values by slot, when what is bound is worth a look. */
  readonly values?: readonly Bound[]
  readonly text: ByEngine<string | typeof NOT_SUPPORTED>
  readonly bound?: ByEngine<readonly (string | null)[]>
}

export const cases: Readonly<Record<string, Case>> = {
  ...filterCases,
  ...cursorCases,
  ...readCases,
  ...embedCases,
  ...aggregateCases,
  ...writeCases,
  ...writtenEmbedCases,
  ...callCases,
}
