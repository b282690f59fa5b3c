/** Statements that take several steps: what one keeps, the next ones read as a parameter. */
import type { Compiled, CompiledStep } from '#engine/engine.ts'
import type { Grammar, Written } from '#engine/grammar.ts'
import { finish, placeholder, type Sql } from '#engine/sql.ts'
import { compiled } from '#engine/compiled.ts'

export interface Step {
  readonly use: CompiledStep['use']
  readonly text: Sql
}

/** A statement in one step, or in several. */
export type Stepped = Written | { readonly steps: readonly Step[]; readonly columns: Written['columns'] }

/** The rows that an earlier step kept: a JSON array with an array of texts for each. */
export const kept: Sql = placeholder({ slots: [], form: 'kept', convert: (_, rows) => rows })

/** The text at one place of these rows. All such places of a statement read the same rows, which are parsed once. */
export const keptAt = (row: number, column: number): Sql =>
  placeholder({
    slots: [],
    form: `kept ${row} ${column}`,
    convert: (_, rows) => {
      if (parsed.text !== rows)
        parsed = { text: rows, rows: JSON.parse(rows) as readonly (string | null)[][] }
      return parsed.rows[row]?.[column] ?? null
    },
  })
let parsed: { readonly text: string; readonly rows: readonly (string | null)[][] } = { text: '[]', rows: [] }

/** One of two texts, by whether an earlier step found a row. */
export const byKept = (found: string, none: string): Sql =>
  placeholder({
    slots: [],
    form: `${found} or ${none}`,
    convert: (_, rows) => (rows === '[]' ? none : found),
  })

export function compiledSteps(
  g: Grammar,
  operation: Compiled['operation'],
  written: Stepped,
  prepare = true,
): Compiled {
  if ('text' in written) return compiled(g, operation, written, prepare)
  const steps = written.steps.map(({ use, text }): CompiledStep => ({ use, ...finish(text, g.parameters) }))
  return {
    operation,
    text: steps.map((step) => step.text).join(';\n'),
    bind: (values) => steps.flatMap((step) => step.bind(values, '[]')),
    columns: written.columns,
    prepare,
    steps,
  }
}
