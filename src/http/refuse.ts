/** The refusals that several parsers share, worded alike: the offending parameter first, the numbers behind it. */
import { GatewayError, type ErrorFacts } from '#base/errors.ts'
import { nearest } from '#base/nearest.ts'
import { operators } from '#contract/request.ts'

const longestEcho = 100

/** Client text as an error repeats it: cut to 100 characters, so that no answer grows with the request. */
export function shown(text: string): string {
  return text.length <= longestEcho ? text : `${text.slice(0, longestEcho)}…`.toWellFormed()
}

/** `invalid_parameter`: the parameter exists, what it says is not allowed. */
export function invalid(parameter: string, why: string, facts: ErrorFacts = {}): GatewayError {
  return new GatewayError('invalid_parameter', `${shown(parameter)}: ${why}`, {
    facts: { parameter: shown(parameter), ...facts },
  })
}

/** `too_complex`: more of `what` than the configuration allows. */
export function tooComplex(parameter: string, what: string, limit: number, actual: number): GatewayError {
  return new GatewayError('too_complex', `${shown(parameter)}: ${what} is ${actual}, at most ${limit}`, {
    facts: { parameter: shown(parameter), limit, actual },
  })
}

/** `body_too_large`: a body of few bytes that would be many values in memory; without `actual` they were not all counted. */
export function tooManyValues(limit: number, actual?: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `body: has ${actual ?? 'more'} values, at most ${limit} (limits.bodyValues)`,
    { facts: { limit, ...(actual === undefined ? {} : { actual }) } },
  )
}

/** `unknown_operator`, with the nearest and all that exist; which of them fit a field is known only later. */
export function unknownOperator(parameter: string, operator: string, hint = ''): GatewayError {
  const meant = nearest(operator, operators)
  const perhaps = meant === undefined ? '' : ` (did you mean "${meant}"?)`
  return new GatewayError(
    'unknown_operator',
    `${shown(parameter)}: there is no operator "${shown(operator)}"${perhaps}; there are ${operators.join(', ')}${hint}`,
    {
      facts: {
        parameter: shown(parameter),
        operator: shown(operator),
        operators,
        ...(meant === undefined ? {} : { nearest: meant }),
      },
    },
  )
}
