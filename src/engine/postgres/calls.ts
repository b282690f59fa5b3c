/** Calls of functions and procedures. */
import { GatewayError } from '#base/errors.ts'
import type { Parameter } from '#catalog/model.ts'
import type { Call } from '#plan/ast.ts'
import type { OutputColumn } from '#engine/engine.ts'
import type { Written } from '#engine/grammar.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { outputValue, textEncoding } from './expressions.ts'
import { castName, column, identifier, tableName } from './names.ts'
import { stored } from './parameters.ts'

export function call(c: Call): Written {
  return c.routine.kind === 'procedure' ? callProcedure(c) : callFunction(c)
}

/** Functions stand in FROM, where one evaluation serves however often its value is used, and sets are not collected first. */
function callFunction(c: Call): Written {
  const { returns } = c.routine
  const invoked = sql`${tableName(c.routine)}(${join(args(c), ', ')})`
  switch (returns.kind) {
    case 'void':
      return { text: sql`SELECT FROM ${invoked} AS r`, columns: [] }
    case 'scalar': {
      const { value, encoding } = outputValue(sql`r.value`, returns.type, c.numbers)
      return {
        text: sql`SELECT ${value} FROM ${invoked} AS r(value)`,
        columns: [{ name: 'value', encoding, hidden: false }],
      }
    }
    case 'rows': {
      const outputs = returns.columns.map((col) => ({
        name: col.name,
        ...outputValue(column('r', col.name), col.type, c.numbers),
      }))
      const list = join(
        outputs.map((o) => sql` ${o.value}`),
        ',',
      )
      return {
        // Not `r IS NULL`, which would take a column called r for the row.
        text: sql`SELECT${list} FROM ${rowsOf(c, invoked)} AS r${mayBeNoRow(c) ? sql` WHERE NOT (r.* IS NULL)` : sql``}`,
        columns: outputs.map(({ name, encoding }) => ({ name, encoding, hidden: false })),
      }
    }
    default:
      return returns satisfies never
  }
}

/**
 * The rows of a function as a table. One output alone is no row but its own value, and a composite among FROM is taken
 * apart: as the output of a SELECT it stays whole. OFFSET 0 keeps the planner from repeating the call for each use.
 */
function rowsOf({ routine: { parameters } }: Call, invoked: Sql): Sql {
  const outputs = parameters.filter((p) => p.mode === 'out' || p.mode === 'inout')
  const [only] = outputs
  if (outputs.length !== 1 || only === undefined || only.name === '' || only.type.family !== 'composite')
    return invoked
  return sql`(SELECT ${invoked} AS ${identifier(only.name)} OFFSET 0)`
}

/** A composite that is NULL stands in FROM as a row of NULLs; output parameters are a row whatever they hold. */
const mayBeNoRow = ({ routine: { returns, parameters } }: Call): boolean =>
  returns.kind === 'rows' && !returns.set && parameters.every((p) => p.mode === 'in' || p.mode === 'variadic')

/**
 * CALL gives its output parameters as one row that no expression can be put around: types whose text is not canonical
 * (arrays, binary, composites, money, padded characters) come as PostgreSQL's text.
 */
function callProcedure(c: Call): Written {
  const { returns, parameters } = c.routine
  const shown = new Set(returns.kind === 'rows' ? returns.columns.map((col) => col.name) : [])
  const outputs = parameters.filter((p) => p.mode === 'out' || p.mode === 'inout')
  const columns = outputs.map((p, i): OutputColumn => {
    const name = p.name === '' ? `column${i + 1}` : p.name
    return { name, encoding: textEncoding(p.type, c.numbers), hidden: !shown.has(name) }
  })
  return { text: sql`CALL ${tableName(c.routine)}(${join(args(c), ', ')})`, columns }
}

/** Arguments by name where all have one, so that any may be left out; else by position. */
function args(c: Call): readonly Sql[] {
  const values = c.routine.parameters.map((p, i) => argument(c, p, i))
  const used = c.routine.parameters.filter((_, i) => values[i] !== undefined)
  const named = used.every((p) => p.name !== '')
  const inputs = values.filter(
    (_, i) => c.routine.kind === 'procedure' || c.routine.parameters[i]?.mode !== 'out',
  )
  if (!named && inputs.slice(0, used.length).includes(undefined))
    throw new GatewayError(
      'invalid_parameter',
      `${c.routine.name} has parameters without names: of these, only the last ones can be left out.`,
    )
  return c.routine.parameters.flatMap((p, i) => {
    const value = values[i]
    if (value === undefined) return []
    const variadic = p.mode === 'variadic' ? sql`VARIADIC ` : sql``
    return [named ? sql`${variadic}${identifier(p.name)} => ${value}` : sql`${variadic}${value}`]
  })
}

function argument(c: Call, p: Parameter, index: number): Sql | undefined {
  // Since version 14 a CALL has a place for every output parameter; a function call has none.
  if (p.mode === 'out')
    return c.routine.kind === 'procedure' ? sql`NULL::${trusted(castName(p.type))}` : undefined
  const given = c.args.find((a) => a.position === index)
  if (given) return stored(given.value)
  // A variadic parameter without values is an empty list, which only the array form can say.
  return p.mode === 'variadic' && !p.hasDefault ? sql`'{}'::${trusted(castName(p.type))}` : undefined
}
