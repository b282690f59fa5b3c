/** Statements to PostgreSQL's SQL (14 and later). Deterministic: equal statements give equal text. */
import type { Statement } from '#plan/ast.ts'
import type { Compiled } from '#engine/engine.ts'
import { finish, type ParameterStyle } from '#engine/sql.ts'
import { call } from './calls.ts'
import { count, select, type Written } from './reads.ts'
import { insert, remove, update } from './writes.ts'

export { readEstimate } from './reads.ts'

const style: ParameterStyle = { name: (position) => `$${position}`, reusable: true }

/** SQL text with everything needed to bind, run and read it. Values are only ever parameters, identifiers only ever quoted. */
export function compile(statement: Statement): Compiled {
  switch (statement.kind) {
    case 'select':
      return compiled('select', select(statement), true)
    case 'count':
      return compiled('select', count(statement), true)
    case 'insert': {
      const written = insert(statement)
      return compiled('insert', written, statement.rows.length === 1 || written.bulk)
    }
    case 'update':
      return compiled('update', update(statement), true)
    case 'delete':
      return compiled('delete', remove(statement), true)
    case 'call':
      return compiled('call', call(statement), true)
    default:
      return statement satisfies never
  }
}

const compiled = (operation: Compiled['operation'], written: Written, prepare: boolean): Compiled => ({
  operation,
  ...finish(written.text, style),
  columns: written.columns,
  prepare,
})
