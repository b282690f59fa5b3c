/** What a dialect wrote, as what a driver runs. */
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
