/** Statements to the SQL of MySQL (8.0 and later) and MariaDB (10.6 and later). Deterministic: equal statements give equal text. */
import type { Statement } from '#plan/ast.ts'
import { callOf, compiled } from '#engine/compiled.ts'
import type { Compiled } from '#engine/engine.ts'
import { count, select } from '#engine/reads.ts'
import { compiledSteps } from '#engine/steps.ts'
import { call } from './calls.ts'
import type { Flavour } from './flavour.ts'
import { createGrammar } from './grammar.ts'
import { insert } from './inserts.ts'
import { remove, update } from './writes.ts'

export { readEstimate } from './estimate.ts'

/**
 * SQL text with everything needed to bind, run and read it. Values are only ever parameters, identifiers only ever quoted.
 * @param flavour the server that the statement is for, as its connection told it
 */
export function compile(statement: Statement, flavour: Flavour): Compiled {
  const g = createGrammar(flavour)
  switch (statement.kind) {
    case 'select':
      return compiled(g, 'select', select(g, statement))
    case 'count':
      return compiled(g, 'select', count(g, statement))
    case 'insert':
      return compiledSteps(g, 'insert', insert(g, flavour, statement), statement.rows.length === 1)
    case 'update':
      return compiledSteps(g, 'update', update(g, flavour, statement))
    case 'delete':
      return compiledSteps(g, 'delete', remove(g, flavour, statement))
    case 'call':
      return callOf(statement.routine, call(g, statement))
    default:
      return statement satisfies never
  }
}
