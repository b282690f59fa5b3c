/** Calls of functions and procedures. */
import type { Column, Parameter, ValueType } from '#catalog/model.ts'
import type { Call, NumberStyle } from '#plan/ast.ts'
import type { Encoding, OutputColumn } from '#engine/engine.ts'
import type { Written } from '#engine/grammar.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { noSuchType, outputValue } from './expressions.ts'
import { column, declared, identifier, tableName, variable } from './names.ts'
import { stored } from './parameters.ts'

/** @throws GatewayError not_supported when the server cannot tell before the call what a procedure will send */
export function call(c: Call): Written {
  if (c.routine.parameters.some((p) => p.mode === 'variadic')) throw noSuchType('Arrays')
  return c.routine.kind === 'procedure' ? callProcedure(c) : callFunction(c)
}

/** The outputs of a row under [r]; the name of the first tells the answer from what a routine sends by itself. */
function rowList(
  columns: readonly Pick<Column, 'name' | 'type'>[],
  c: Call,
): { readonly list: Sql; readonly columns: readonly OutputColumn[] } {
  const outputs = columns.map((col) => ({
    name: col.name,
    ...outputValue(column('r', col.name), col.type, c.numbers),
  }))
  const list = outputs.map(({ value }, i) => (i === 0 ? sql`${value} AS [#row]` : value))
  return {
    list: join(list, ', '),
    columns: outputs.map(({ name, encoding }) => ({ name, encoding, hidden: false })),
  }
}

/** Arguments of functions stand by position; one left out is DEFAULT. */
function callFunction(c: Call): Written {
  const args = c.routine.parameters.flatMap((p, i) =>
    p.mode === 'out' ? [] : [valueAt(c, i) ?? sql`DEFAULT`],
  )
  const invoked = sql`${tableName(c.routine)}(${join(args, ', ')})`
  const { returns } = c.routine
  switch (returns.kind) {
    case 'void':
      return { text: sql`SELECT 1 AS [#row] FROM (SELECT ${invoked} AS [value]) AS [r]`, columns: [unshown] }
    case 'scalar': {
      const { list, columns } = rowList([{ name: 'value', type: returns.type }], c)
      if (returns.set) return { text: sql`SELECT ${list} FROM ${invoked} AS [r]([value])`, columns }
      // Kept in a variable, as its value may be used more than once.
      const value = sql`DECLARE @r ${declared(returns.type, false)} = ${invoked}`
      return { text: sql`${value}; SELECT ${list} FROM (SELECT @r AS [value]) AS [r]`, columns }
    }
    case 'rows': {
      const { list, columns } = rowList(returns.columns, c)
      return { text: sql`SELECT ${list} FROM ${invoked} AS [r]`, columns }
    }
    default:
      return returns satisfies never
  }
}

/** Types whose values the driver can write as they come, and how; those of the others lose digits on the way, or have no text. */
const encodings: Readonly<Record<string, Encoding>> = {
  bit: 'boolean',
  tinyint: 'number',
  smallint: 'number',
  int: 'number',
  bigint: 'number',
  real: 'float',
  float: 'float',
  date: 'text',
  time: 'text',
  datetime: 'datetime',
  datetime2: 'datetime',
  smalldatetime: 'datetime',
  datetimeoffset: 'timestamp',
  varchar: 'text',
  nvarchar: 'text',
  uuid: 'text',
  xml: 'text',
  binary: 'text',
  varbinary: 'text',
  rowversion: 'text',
}

const sentAs = ({ family, canonical }: ValueType, numbers: NumberStyle): Encoding | undefined =>
  family === 'bigint' && numbers === 'string' ? 'text' : canonical === 'json' ? undefined : encodings[family]

const isWritten = <C extends { readonly encoding: Encoding | undefined }>(c: C): c is C & OutputColumn =>
  c.encoding !== undefined

const unshown: OutputColumn = { name: 'row', encoding: 'number', hidden: true }

const isOutput = (p: Parameter): boolean => p.mode === 'out' || p.mode === 'inout'

const valueAt = (c: Call, position: number): Sql | undefined => {
  const given = c.args.find((a) => a.position === position)
  return given && stored(given.value)
}

/** EXEC takes variables and constants only, so that every value is put into a variable of its parameter's type. */
function callProcedure(c: Call): Written {
  const { parameters, returns } = c.routine
  const used = parameters.flatMap((p, i) => {
    const value = valueAt(c, i)
    if (value === undefined && !isOutput(p)) return []
    return [{ p, name: variable(`a${i}`), value }]
  })
  const declarations = used.map(({ p, name, value }) => {
    const type = declared(p.type, false)
    return value === undefined ? sql`${name} ${type}` : sql`${name} ${type} = ${value}`
  })
  const args = used.map(
    ({ p, name }) => sql`${variable(p.name)} = ${name}${isOutput(p) ? sql` OUTPUT` : sql``}`,
  )
  const exec = sql`EXEC ${tableName(c.routine)}${args.length === 0 ? sql`` : sql` ${join(args, ', ')}`}`
  const before = [sql`SET NOCOUNT ON`, ...(used.length > 0 ? [sql`DECLARE ${join(declarations, ', ')}`] : [])]
  const batch = (...statements: readonly Sql[]) => join([...before, ...statements], '; ')
  if (returns.kind === 'void') return { text: batch(exec), columns: [] }
  const shown = returns.kind === 'rows' ? returns.columns : [{ name: 'value', type: returns.type }]
  const { list, columns } = rowList(shown, c)
  const outputs = used.filter(({ p }) => isOutput(p))
  if (outputs.length > 0 && shown.every(({ name }) => outputs.some(({ p }) => p.name === name))) {
    const row = outputs.map(({ p, name }) => sql`${name} AS ${identifier(p.name)}`)
    return { text: batch(exec, sql`SELECT ${list} FROM (SELECT ${join(row, ', ')}) AS [r]`), columns }
  }
  if (shown.length === 0) throw noSuchType('Procedures whose results are not known beforehand')
  const sent = shown.map(({ name, type }) => ({ name, encoding: sentAs(type, c.numbers), hidden: false }))
  if (sent.every(isWritten)) return { text: batch(exec), columns: sent }
  // No expression can be put around its rows where they come from, so they are caught first.
  const caught = shown.map((col) => sql`${identifier(col.name)} ${declared(col.type, true)}`)
  const into = join(
    shown.map((col) => identifier(col.name)),
    ', ',
  )
  return {
    text: batch(
      sql`DECLARE @r TABLE (${join(caught, ', ')}, [#n] int IDENTITY PRIMARY KEY)`,
      sql`INSERT INTO @r (${into}) ${exec}`,
      sql`SELECT ${list} FROM @r AS [r] ORDER BY [r].[#n]`,
    ),
    columns,
  }
}
