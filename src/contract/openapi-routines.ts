/** Routines in an OpenAPI document: one path a name, whatever overloads it has. Pure. */
import type { Routine } from '#catalog/model.ts'
import { json, p, problems } from './openapi-parts.ts'
import { columnSchema, nullable, type Schema, type TypeStyle, typeSchema } from './openapi-types.ts'

interface Input {
  readonly name: string
  readonly required: boolean
  /** As a body holds it; NULL is a value of any type. */
  readonly schema: Schema
}

type Overloads = readonly [Routine, ...Routine[]]

function inputsOf(routine: Routine): readonly Input[] {
  return routine.parameters
    .filter((parameter) => parameter.mode !== 'out')
    .map(({ name, type, mode, hasDefault }, i) => ({
      name: name || `$${i + 1}`,
      required: !hasDefault && mode !== 'variadic',
      schema: typeSchema(type, { decimals: 'string', direction: 'in' }),
    }))
}

/** Of several schemas any; equal ones stand once. */
function anyOf(schemas: readonly Schema[]): Schema {
  const distinct = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()]
  const [only] = distinct
  return distinct.length === 1 && only !== undefined ? only : { anyOf: distinct }
}

/** What a call gives back; undefined: nothing. */
function resultOf({ returns, parameters }: Routine, decimals: TypeStyle['decimals']): Schema | undefined {
  const style = { decimals, direction: 'out' } as const
  switch (returns.kind) {
    case 'void':
      return undefined
    case 'scalar': {
      const value = nullable(typeSchema(returns.type, style), true)
      return returns.set ? { type: 'array', items: value } : value
    }
    case 'rows': {
      const columns = returns.columns.map((column) => [column.name, columnSchema(column, style)])
      const row: Schema = { type: 'object', properties: Object.fromEntries(columns) }
      // Output parameters are a row whatever they hold; a composite may be NULL.
      const composite = parameters.every(
        (parameter) => parameter.mode === 'in' || parameter.mode === 'variadic',
      )
      return returns.set ? { type: 'array', items: row } : nullable(row, composite)
    }
    default:
      return returns satisfies never
  }
}

function responsesOf(overloads: Overloads, decimals: TypeStyle['decimals']): Schema {
  const results = overloads.map((routine) => resultOf(routine, decimals))
  const some = results.filter((result) => result !== undefined)
  const mayBeNothing = overloads.some(
    ({ returns }) => returns.kind === 'rows' && returns.columns.length === 0,
  )
  return {
    ...(some.length > 0 && { 200: { description: 'What it returned.', content: json(anyOf(some)) } }),
    ...((some.length < results.length || mayBeNothing) && { 204: { description: 'Done.' } }),
    ...problems,
  }
}

/** All parameters of all overloads; one that any of them can do without is not required. */
function queryOf(overloads: readonly Routine[]): Schema[] {
  const inputs = overloads.map(inputsOf)
  const names = new Set(inputs.flat().map((input) => input.name))
  return [...names].map((name) => {
    const found = inputs.map((list) => list.find((input) => input.name === name))
    return {
      name,
      in: 'query',
      required: found.every((input) => input?.required === true),
      schema: anyOf(found.flatMap((input) => (input === undefined ? [] : [input.schema]))),
    }
  })
}

function bodyOf(routine: Routine): Schema {
  const inputs = inputsOf(routine)
  const required = inputs.filter((input) => input.required).map((input) => input.name)
  return {
    type: 'object',
    properties: Object.fromEntries(inputs.map((input) => [input.name, nullable(input.schema, true)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

/**
 * The path of one name: GET where some overload only reads, POST for all.
 * @param operation makes operation ids unique
 */
export function routinePath(
  name: string,
  overloads: Overloads,
  operation: (wanted: string) => string,
  decimals: TypeStyle['decimals'],
): Schema {
  const comment = overloads.find((routine) => routine.comment !== undefined)?.comment
  const common = { tags: ['rpc'], summary: comment ?? `Call ${name}` }
  const [reading, ...alsoReading] = overloads.filter((routine) => routine.readOnly)
  return {
    ...(reading !== undefined && {
      get: {
        ...common,
        operationId: operation(`call_${name}`),
        parameters: [...queryOf([reading, ...alsoReading]), ...p('prefer')],
        responses: responsesOf([reading, ...alsoReading], decimals),
      },
    }),
    post: {
      ...common,
      operationId: operation(`call_${name}_post`),
      parameters: p('prefer', 'idempotencyKey'),
      requestBody: {
        required: overloads.every((routine) => inputsOf(routine).some((input) => input.required)),
        content: json(anyOf(overloads.map(bodyOf))),
      },
      responses: responsesOf(overloads, decimals),
    },
  }
}
