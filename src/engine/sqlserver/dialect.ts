/**
 * Statements to Transact-SQL (SQL Server 2019 and later, Azure SQL). Deterministic: equal statements give equal text.
 *
 * What the driver must know of the texts:
 * - Parameters are @p1, @p2, …, each nvarchar(4000), or nvarchar(max) when it holds more; the text casts them.
 * - Every operation but select runs in a transaction, with XACT_ABORT on: writes are batches of several statements.
 *   They run under SET NOCOUNT ON and tell the rows written themselves: `#affected`, the only column of their last
 *   result, is that number; any other result of a write is the answer.
 * - The answer of a call is the result whose first column is `#row`, or else the first one whose columns have the names of
 *   the call's (one called `column3` by its place has any name); routines may send others of their own.
 * - Every value comes as canonical text (in the rows that a procedure sends: as calls.ts says), or as bit, integer, real, float or binary, which the driver writes as t and f,
 *   digits, the shortest digits and base64. Columns of encoding `raw` may hold marks (marks.ts).
 */
import type { Statement } from '#plan/ast.ts'
import { callOf, compiled } from '#engine/compiled.ts'
import type { Compiled } from '#engine/engine.ts'
import { select } from '#engine/reads.ts'
import { call } from './calls.ts'
import { grammar } from './grammar.ts'
import { count } from './reads.ts'
import { insert, remove, update } from './writes.ts'

export { readEstimate } from './reads.ts'

/** SQL text with everything needed to bind, run and read it. Values are only ever parameters, identifiers only ever quoted. */
export function compile(statement: Statement): Compiled {
  switch (statement.kind) {
    case 'select':
      return compiled(grammar, 'select', select(grammar, statement))
    case 'count':
      return compiled(grammar, 'select', count(grammar, statement))
    case 'insert': {
      const written = insert(grammar, statement)
      return compiled(grammar, 'insert', written, statement.rows.length === 1 || written.bulk)
    }
    case 'update':
      return compiled(grammar, 'update', update(grammar, statement))
    case 'delete':
      return compiled(grammar, 'delete', remove(grammar, statement))
    case 'call':
      return callOf(statement.routine, compiled(grammar, 'call', call(statement)))
    default:
      return statement satisfies never
  }
}
