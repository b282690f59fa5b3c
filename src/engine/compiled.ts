/** What a dialect wrote, as what a driver runs. */
import type { Routine } from '#catalog/model.ts'
import type { Compiled } from './engine.ts'
import type { Grammar, Written } from './grammar.ts'
import { finish } from './sql.ts'

/** Numbers the parameters. `prepare`: whether the text will come again. */
export const compiled = (
  g: Grammar,
  operation: Compiled['operation'],
  written: Written,
  prepare = true,
): Compiled => ({
  operation,
  ...finish(written.text, g.parameters),
  columns: written.columns,
  prepare,
})

/** Whether a call of it may commit by itself, as far as anybody knows. */
export const mayCommit = ({ kind, readOnly, atomic }: Routine): boolean =>
  kind === 'procedure' && !readOnly && atomic !== true

/** The call of this routine, marked when it may commit by itself. */
export const callOf = (routine: Routine, q: Compiled): Compiled =>
  mayCommit(routine) ? { ...q, mayCommit: true } : q
