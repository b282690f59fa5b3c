/** In which form the columns of a statement are asked for. Pure. */
import type { Compiled, CompiledStep, OutputColumn } from '#engine/engine.ts'
import type { Step } from './exchange.ts'

const known = new WeakMap<readonly OutputColumn[], { readonly formats: readonly number[] | undefined }>()

/**
 * Timestamps in binary: writing them as text would be the most expensive thing that PostgreSQL does for a row of a plain table.
 * Hidden columns are handed on as text.
 */
function formatsOf(columns: readonly OutputColumn[]): readonly number[] | undefined {
  let found = known.get(columns)
  if (found === undefined) {
    const formats = columns.map(({ encoding, hidden }) => (!hidden && encoding.endsWith('Micros') ? 1 : 0))
    known.set(columns, (found = { formats: formats.includes(1) ? formats : undefined }))
  }
  return found.formats
}

/** One execution of a statement. */
export const stepOf = (q: Compiled, values: Parameters<Compiled['bind']>[0]): Step => ({
  text: q.text,
  values: q.bind(values),
  formats: formatsOf(q.columns),
  prepare: q.prepare,
})

/** One execution of one of a statement's steps. `kept`: see CompiledStep. */
export const stepIn = (
  q: Compiled,
  { text, bind, use }: CompiledStep,
  values: Parameters<Compiled['bind']>[0],
  kept: string,
): Step => ({
  text,
  values: bind(values, kept),
  formats: use === 'answer' ? formatsOf(q.columns) : undefined,
  prepare: q.prepare,
})
