/** Reads what the server answers to one command, packet by packet: a prepared statement, results with their rows, an outcome. */
import {
  answer,
  eofStatus,
  eofWarnings,
  fieldCode,
  fieldName,
  type Fields,
  isEof,
  lengthSize,
  readError,
  readLength,
  readOk,
  readPrepared,
  serverStatus,
} from './packets.ts'
import type { ServerError } from './server-error.ts'

/** What a command came to. */
export type Reply =
  | { readonly kind: 'prepared'; readonly id: number; readonly fields: Fields | undefined }
  | {
      readonly kind: 'done'
      /** Rows touched; of a statement that gives rows, how many. */
      readonly affected: number
      readonly status: number
      /** Warnings that the last of its rows came with; a statement without rows is not asked. */
      readonly warnings: number
      /** Columns of the first result. */
      readonly fields: Fields | undefined
    }
  | { readonly kind: 'error'; readonly error: ServerError; readonly fields: Fields | undefined }

export interface AnswerReader {
  /**
   * A command was sent.
   * @param known columns of the last result of that statement: kept while they are the same
   */
  expect(what: 'prepared' | 'results', known: Fields | undefined): void
  /** Takes the next packet. @throws Error when it makes no sense */
  packet(bytes: Buffer, start: number, end: number): void
}

/** What the next packet is. */
const next = {
  outcome: 0,
  row: 1,
  column: 2,
  columnsEnd: 3,
  prepared: 4,
  preparedParameter: 5,
  preparedColumn: 6,
  preparedEnd: 7,
} as const

export function createAnswerReader(o: {
  readonly cachesMetadata: boolean
  readonly onRow: (bytes: Buffer, start: number, end: number, fields: Fields) => void
  /** Before the rows of each result: which one it is, and whether it holds output parameters. */
  readonly onFields: (fields: Fields, set: number, parameters: boolean) => void
  readonly onReply: (reply: Reply) => void
}): AnswerReader {
  let expected: number = next.outcome
  /** Columns of the first result. */
  let first: Fields | undefined
  /** Columns of the result that is being read. */
  let fields: Fields | undefined
  /** Columns as they are described now. */
  let described: Draft | undefined
  let index = 0
  /** Descriptions still to come. */
  let left = 0
  let set = 0
  let rows = 0
  let prepared = { id: 0, columns: 0 }

  const done = (affected: number, status: number, warnings: number) => {
    if ((status & serverStatus.moreResults) !== 0) {
      expected = next.outcome
      set++
      fields = undefined
      return
    }
    o.onReply({ kind: 'done', affected: rows > 0 ? rows : affected, status, warnings, fields: first })
  }

  const outcome = (bytes: Buffer, start: number, end: number) => {
    const byte = bytes[start] as number
    if (byte === answer.ok) {
      const { affected, status } = readOk(bytes, start)
      done(affected, status, 0)
      return
    }
    // LOAD DATA LOCAL is not among the capabilities asked for: a server that wants a file all the same gets nothing.
    if (byte === answer.localInfile) throw new Error('the server asked for a file')
    const columns = readLength(bytes, start)
    const flag = start + lengthSize(byte)
    if (o.cachesMetadata && flag < end && bytes[flag] === 0) {
      if (fields?.codes.length !== columns)
        throw new Error('the server left out columns that it had not described')
      expected = next.columnsEnd
      return
    }
    describe(columns, next.column)
  }

  const columnsOfPrepared = () => {
    if (prepared.columns > 0) describe(prepared.columns, next.preparedColumn)
    else o.onReply({ kind: 'prepared', id: prepared.id, fields: undefined })
  }

  const describe = (columns: number, how: number) => {
    left = columns
    index = 0
    described = undefined
    expected = how
  }

  /** @returns whether it was the last one */
  const column = (bytes: Buffer, start: number, end: number): boolean => {
    // As long as all is as it was, nothing is made anew.
    const same = described === undefined && fields !== undefined && sameAs(fields, index, bytes, start, end)
    if (!same) {
      described ??= draftOf(fields, index)
      described.codes.push(fieldCode(bytes, end))
      described.names.push(fieldName(bytes, start))
      described.descriptions.push(Buffer.from(bytes.subarray(start, end)))
    }
    index++
    if (--left > 0) return false
    if (described === undefined && fields?.codes.length !== index) described = draftOf(fields, index)
    if (described !== undefined) fields = described
    return true
  }

  return {
    expect(what, known) {
      expected = what === 'prepared' ? next.prepared : next.outcome
      fields = known
      first = known
      set = 0
      rows = 0
    },
    packet(bytes, start, end) {
      if (bytes[start] === answer.error) {
        o.onReply({ kind: 'error', error: readError(bytes, start, end), fields: first })
        return
      }
      switch (expected) {
        case next.row:
          if (isEof(bytes, start, end)) done(0, eofStatus(bytes, start), eofWarnings(bytes, start))
          else {
            rows++
            o.onRow(bytes, start, end, fields as Fields)
          }
          return
        case next.outcome:
          outcome(bytes, start, end)
          return
        case next.column:
          if (column(bytes, start, end)) expected = next.columnsEnd
          return
        case next.columnsEnd:
          if (set === 0) first = fields
          expected = next.row
          o.onFields(fields as Fields, set, (eofStatus(bytes, start) & serverStatus.outParameters) !== 0)
          return
        case next.prepared: {
          const { id, columns, parameters: count } = readPrepared(bytes, start)
          prepared = { id, columns }
          // Each list is followed by its end.
          if (count > 0) {
            left = count + 1
            expected = next.preparedParameter
          } else columnsOfPrepared()
          return
        }
        case next.preparedParameter:
          if (--left === 0) columnsOfPrepared()
          return
        case next.preparedColumn:
          if (column(bytes, start, end)) expected = next.preparedEnd
          return
        default:
          o.onReply({ kind: 'prepared', id: prepared.id, fields })
      }
    },
  }
}

interface Draft {
  readonly codes: number[]
  readonly names: string[]
  readonly descriptions: Buffer[]
}

/** The first `count` columns of what was known. */
const draftOf = (known: Fields | undefined, count: number): Draft => ({
  codes: known?.codes.slice(0, count) ?? [],
  names: known?.names.slice(0, count) ?? [],
  descriptions: known?.descriptions.slice(0, count) ?? [],
})

function sameAs(known: Fields, index: number, bytes: Buffer, start: number, end: number): boolean {
  const before = known.descriptions[index]
  return before !== undefined && bytes.compare(before, 0, before.length, start, end) === 0
}
