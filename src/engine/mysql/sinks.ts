/** Where the rows of a statement go: into the row writer, in its form; into a list; nowhere. */
import type { Compiled, Encoding, OutputColumn, RunOptions } from '#engine/engine.ts'
import { readRow } from '#engine/data-row.ts'
import { createRowWriter, createScratch, type RowWriter } from '#engine/rows.ts'
import type { createWriters } from '#engine/writers.ts'
import { describeFields } from './described.ts'
import type { Fields } from './packets.ts'
import { type RowForm, rowForm } from './row-form.ts'
import { rowInto, rowRoom } from './rows.ts'
import type { OnFields, OnRow } from './exchange.ts'

const none = Buffer.alloc(0)

export interface Rows {
  readonly onRow: OnRow
  readonly onFields?: OnFields
}

/** Rows that become the body of an answer. */
export interface BodyRows extends Rows {
  finish(): ReturnType<RowWriter['finish']>
}

export interface Sinks {
  /** The body of a statement. */
  of(
    q: Compiled,
    o: Pick<RunOptions, 'format' | 'keep'>,
    writerOf: ReturnType<typeof createWriters>,
  ): BodyRows
  /** Rows into that writer, no more than `most` of which it writes. */
  into(q: Compiled, rows: RowWriter, most: number): OnRow
  /** Rows as texts. `bytes`: what becomes of columns of bytes. */
  texts(take: (row: (string | null)[]) => void, bytes: 'base64' | 'utf8'): Rows
  readonly drop: Rows
}

/** The sinks of one session: they share the buffer that a row is put together in. */
export function createSinks(): Sinks {
  let row = Buffer.allocUnsafeSlow(4096)
  /** How the columns of a statement are read, with the fields that it was worked out for. */
  const forms = new WeakMap<readonly OutputColumn[], { fields: Fields; form: RowForm }>()

  const formOf = (columns: readonly OutputColumn[], fields: Fields): RowForm => {
    let known = forms.get(columns)
    if (known?.fields !== fields) {
      const encodings = columns.map((c) => c.encoding)
      forms.set(columns, (known = { fields, form: rowForm(fields, encodings) }))
    }
    return known.form
  }
  const put = (form: RowForm, bytes: Buffer, start: number, end: number) => {
    const room = rowRoom(form.length, end - start)
    if (row.length < room) row = Buffer.allocUnsafeSlow(Math.max(room, 2 * row.length))
    rowInto(row, form, bytes, start)
  }

  /** The writer looks at no row beyond the last one it writes, whose bytes must stay as they are until the end. */
  const into = (columns: readonly OutputColumn[], rows: RowWriter, most: number): OnRow => {
    let form: RowForm | undefined
    let formFields: Fields | undefined
    let count = 0
    return (bytes, start, end, fields) => {
      if (count++ < most) {
        if (formFields !== fields) {
          formFields = fields
          form = formOf(columns, fields)
        }
        put(form as RowForm, bytes, start, end)
      }
      rows.row(row, 0)
    }
  }

  const texts: Sinks['texts'] = (take, how) => {
    let form: RowForm | undefined
    let formFields: Fields | undefined
    return {
      onRow: (bytes, start, end, fields) => {
        if (formFields !== fields) {
          formFields = fields
          form = rowForm(
            fields,
            fields.codes.map((): Encoding => (how === 'base64' ? 'text' : 'number')),
          )
        }
        put(form as RowForm, bytes, start, end)
        take(readRow(row, 0))
      },
    }
  }

  const of: Sinks['of'] = (q, o, writerOf) => {
    const keep = o.keep ?? Number.POSITIVE_INFINITY
    const most = o.format === 'object' || o.format === 'value' ? Math.min(keep, 1) : keep
    if (q.operation === 'call') return ofCall(q, o, keep, most)
    const rows = writerOf(q, o)
    return { onRow: into(q.columns, rows, most), finish: rows.finish }
  }

  /**
   * A call gives the output parameters if it has any, else the first result, whose columns may be known only now.
   * Further results of a procedure are left out.
   */
  const ofCall = (q: Compiled, o: Pick<RunOptions, 'format'>, keep: number, most: number): BodyRows => {
    const begin = (columns: readonly OutputColumn[]) => {
      const rows = createRowWriter(columns, o.format, keep, createScratch())
      return { rows, onRow: into(columns, rows, most) }
    }
    let now: ReturnType<typeof begin> | undefined
    let taking = false
    return {
      onFields: (fields, set, parameters) => {
        const fits = q.describe !== undefined || fields.codes.length === q.columns.length
        taking = fits && (set === 0 || parameters)
        if (taking) now = begin(q.describe === undefined ? q.columns : q.describe(describeFields(fields)))
      },
      onRow: (...one) => {
        if (taking) now?.onRow(...one)
      },
      // Without any result there is no body, which is not the body of a result without rows.
      finish: () =>
        now?.rows.finish() ??
        (q.describe === undefined
          ? begin(q.columns).rows.finish()
          : { body: none, rows: 0, hidden: undefined }),
    }
  }

  return { of, into: (q, rows, most) => into(q.columns, rows, most), texts, drop: { onRow: () => {} } }
}
