/** Statements that take several steps: what one keeps, the next ones read as a parameter. */
import { GatewayError } from '#base/errors.ts'
import { compiled } from './compiled.ts'
import type { Compiled, CompiledStep } from './engine.ts'
import type { Grammar, Written } from './grammar.ts'
import { finish, placeholder, type Sql } from './sql.ts'

export interface Step {
  readonly use: CompiledStep['use']
  readonly text: Sql
}

/** A statement in one step, or in several. */
export type Stepped = Written | { readonly steps: readonly Step[]; readonly columns: Written['columns'] }

/** The rows that an earlier step kept: a JSON array with an array of texts for each. */
export const kept: Sql = placeholder({ slots: [], form: 'kept', convert: (_, rows) => rows })

type KeptRows = readonly (readonly (string | null)[])[]

/** Something made of these rows. All such places of a statement read the same rows, which are parsed once. */
export const ofKept = (form: string, convert: (rows: KeptRows) => string | null): Sql =>
  placeholder({
    slots: [],
    form,
    convert: (_, text) => {
      if (parsed.text !== text) parsed = { text, rows: JSON.parse(text) as KeptRows }
      return convert(parsed.rows)
    },
  })
let parsed: { readonly text: string; readonly rows: KeptRows } = { text: '[]', rows: [] }

/** The text at one place of these rows. */
export const keptAt = (row: number, column: number): Sql =>
  ofKept(`kept ${row} ${column}`, (rows) => rows[row]?.[column] ?? null)

/** One of two texts, by whether an earlier step found a row. */
export const byKept = (found: string, none: string): Sql =>
  placeholder({
    slots: [],
    form: `${found} or ${none}`,
    convert: (_, rows) => (rows === '[]' ? none : found),
  })

/** Never an answer that leaves out what was written; one without rows does without their keys and versions too. */
export const unfollowed = (rows: number, affected: number) =>
  new GatewayError(
    'not_supported',
    `To give back rows whose key is made or changed by a trigger is not supported (${rows} of ${affected} found): ask for return=minimal.`,
  )

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
