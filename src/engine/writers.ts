/** The row writers of one session: one for each statement and format, made once and begun again. */
import type { Compiled, RowFormat, RunOptions } from './engine.ts'
import { createRowWriter, createScratch, type RowWriter } from './rows.ts'

/** @returns the writer for a statement, begun; `keep`: rows beyond this many are counted, not written */
export function createWriters(): (q: Compiled, o: Pick<RunOptions, 'format' | 'keep'>) => RowWriter {
  const scratch = createScratch()
  const writers = new WeakMap<Compiled, Map<RowFormat, RowWriter>>()
  return (q, o) => {
    const keep = o.keep ?? Number.POSITIVE_INFINITY
    let formats = writers.get(q)
    if (formats === undefined) writers.set(q, (formats = new Map()))
    let writer = formats.get(o.format)
    if (writer === undefined)
      formats.set(o.format, (writer = createRowWriter(q.columns, o.format, keep, scratch)))
    else writer.begin(keep)
    return writer
  }
}
