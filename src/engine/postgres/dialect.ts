/** Statements to PostgreSQL's SQL (14 and later). Deterministic: equal statements give equal text. */
import type { Statement } from '#plan/ast.ts'
import { callOf, compiled } from '#engine/compiled.ts'
import type { Compiled } from '#engine/engine.ts'
import { count, select } from '#engine/reads.ts'
import { compiledSteps } from '#engine/steps.ts'
import { call } from './calls.ts'
import { grammar } from './grammar.ts'
import { insert, remove, update } from './writes.ts'

export { readEstimate } from './estimate.ts'

/** SQL text with everything needed to bind, run and read it. Values are only ever parameters, identifiers only ever quoted. */
export function compile(statement: Statement): Compiled {
  switch (statement.kind) {
    case 'select':
      return compiled(grammar, 'select', select(grammar, statement))
    case 'count':
      return compiled(grammar, 'select', count(grammar, statement))
    case 'insert': {
      const written = insert(statement)
      return compiledSteps(grammar, 'insert', written, statement.rows.length === 1 || written.bulk)
    }
    case 'update':
      return compiledSteps(grammar, 'update', update(statement))
    case 'delete':
      return compiled(grammar, 'delete', remove(statement))
    case 'call':
      return callOf(statement.routine, compiled(grammar, 'call', call(statement)))
    default:
      return statement satisfies never
  }
}
