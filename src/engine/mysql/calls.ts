/** Calls of functions and procedures. */
import { GatewayError } from '#base/errors.ts'
import type { Parameter } from '#catalog/model.ts'
import type { Call } from '#plan/ast.ts'
import type { Compiled } from '#engine/engine.ts'
import type { Grammar } from '#engine/grammar.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { compiledSteps, type Step, type Stepped } from '#engine/steps.ts'
import { typed } from './expressions.ts'

const isOutput = (p: Parameter) => p.mode === 'out' || p.mode === 'inout'

export function call(g: Grammar, c: Call): Compiled {
  const { routine } = c
  if (routine.kind === 'function') return compiledSteps(g, 'call', callFunction(g, c))
  if (routine.parameters.some(isOutput)) return compiledSteps(g, 'call', callWithOutputs(g, c))
  // It gives the rows that it selects, whose columns only the server knows, and only when it runs.
  const text = sql`CALL ${invocation(g, c)}`
  // Each statement of a procedure would commit on its own.
  const written: Stepped = routine.readOnly
    ? { text, columns: [] }
    : { steps: [{ use: 'answer', text }], columns: [] }
  const describe: Compiled['describe'] = (given) =>
    given.map(({ name, type }) => ({
      name,
      hidden: false,
      encoding: g.outputValue(sql``, type, c.numbers).encoding,
    }))
  return { ...compiledSteps(g, 'call', written), describe }
}

function invocation(g: Grammar, c: Call): Sql {
  const values = c.routine.parameters.map((_, i) => argument(g, c, i))
  return sql`${g.tableName(c.routine)}(${join(values, ', ')})`
}

function callFunction(g: Grammar, c: Call): Stepped {
  const { routine } = c
  if (routine.returns.kind !== 'scalar')
    throw new GatewayError(
      'not_supported',
      `${routine.name}: a function that gives anything but one value is not supported.`,
    )
  const { value, encoding } = g.outputValue(invocation(g, c), routine.returns.type, c.numbers)
  return { text: sql`SELECT ${value}`, columns: [{ name: 'value', encoding, hidden: false }] }
}

/** All parameters go by place, and none has a default. */
function argument(g: Grammar, c: Call, position: number): Sql {
  const given = c.args.find((a) => a.position === position)
  return given ? g.stored(given.value) : sql`NULL`
}

/** Output parameters are variables of the session, which know numbers and texts, and are read as what the parameter is. */
function callWithOutputs(g: Grammar, c: Call): Stepped {
  const { parameters, returns } = c.routine
  const variable = (i: number): Sql => trusted(`@p${i}`)
  const set = parameters.flatMap((p, i) =>
    p.mode === 'inout' ? [sql`${variable(i)} = ${argument(g, c, i)}`] : [],
  )
  const list = parameters.map((p, i) => (isOutput(p) ? variable(i) : argument(g, c, i)))
  const shown = new Set(returns.kind === 'rows' ? returns.columns.map((column) => column.name) : [])
  const outputs = parameters.flatMap((p, i) =>
    isOutput(p) && shown.has(p.name)
      ? [{ name: p.name, hidden: false, ...g.outputValue(typed(variable(i), p.type), p.type, c.numbers) }]
      : [],
  )
  const steps: Step[] = [
    ...(set.length > 0 ? [{ use: 'affect', text: sql`SET ${join(set, ', ')}` } as const] : []),
    { use: 'affect', text: sql`CALL ${g.tableName(c.routine)}(${join(list, ', ')})` },
    {
      use: 'answer',
      text: sql`SELECT ${join(
        outputs.map((o) => o.value),
        ', ',
      )}`,
    },
  ]
  return { steps, columns: outputs.map(({ name, encoding, hidden }) => ({ name, encoding, hidden })) }
}
