/** The plan of a call: which routine of the name, and its arguments by the names of its parameters. Pure. */
import type { Principal } from '#base/context.ts'
import { type ErrorFacts, GatewayError } from '#base/errors.ts'
import type { Parameter, Routine } from '#catalog/model.ts'
import type { RoutineResource } from '#contract/contract.ts'
import type { CallRequest } from '#contract/request.ts'
import { authorizeCall } from '#policy/authorize.ts'
import type { Bound, Call } from './ast.ts'
import { numberStyle, type PlanEnvironment } from './draft.ts'
import { parseExact } from './exact-json.ts'
import type { CallPlan } from './plan.ts'
import { choices, didYouMean, type Place, refusal, shown } from './refuse.ts'
import { valueText } from './values.ts'

export interface CallEnvironment extends Omit<PlanEnvironment, 'authorize'> {
  readonly principal: Principal
}

/** A parameter that a caller gives a value to, under the name it goes by. */
interface Input {
  /** Its own name, or `$1` by its place among the inputs. */
  readonly name: string
  /** Index in the routine's parameters. */
  readonly position: number
  readonly parameter: Parameter
  readonly required: boolean
}

const inputsOf = (routine: Routine): readonly Input[] =>
  routine.parameters
    .map((parameter, position) => ({ parameter, position }))
    .filter(({ parameter }) => parameter.mode !== 'out')
    .map(({ parameter, position }, i) => ({
      name: parameter.name === '' ? `$${i + 1}` : parameter.name,
      position,
      parameter,
      // Without values a variadic parameter is an empty list.
      required: !parameter.hasDefault && parameter.mode !== 'variadic',
    }))

/**
 * @throws GatewayError unknown_resource, forbidden, method_not_allowed (GET of a routine that may write),
 *   unknown_parameter, invalid_parameter (GET) or bad_value (POST) for arguments that are missing or do not fit
 */
export function planCall(request: CallRequest, env: CallEnvironment): CallPlan {
  const resource = routineNamed(request.routine, env)
  const allowed = resource.overloads.filter((routine) => authorizeCall(env.principal, routine).allow)
  if (allowed.length === 0)
    throw new GatewayError('forbidden', `You may not call ${resource.name}.`, {
      facts: { allow: ['OPTIONS'] },
    })
  const routine = overloadFor(request, resource.name, allowed)
  if (request.method === 'GET' && !routine.readOnly)
    throw new GatewayError(
      'method_not_allowed',
      `${resource.name} may change data, so it is called by POST only.`,
      { facts: { allow: ['POST', 'OPTIONS'] } },
    )

  const values: Bound[] = []
  const args: Call['args'][number][] = []
  for (const { name, position, parameter } of inputsOf(routine)) {
    if (!Object.hasOwn(request.args, name)) continue
    const { type } = parameter
    const slot = values.push(argumentText(request, name, parameter)) - 1
    args.push({ name: parameter.name, position, value: { slot, type } })
  }
  const numbers = numberStyle(request.numbers, env)
  return {
    statement: { kind: 'call', routine, args, numbers },
    values,
    shape: JSON.stringify([
      resource.name,
      resource.overloads.indexOf(routine),
      numbers,
      args.map((arg) => arg.position),
    ]),
  }
}

function routineNamed(name: string, { contract }: CallEnvironment): RoutineResource {
  const resource = contract.routines.get(name)
  if (resource !== undefined) return resource
  const names = [...contract.routines.keys()]
  throw new GatewayError(
    'unknown_resource',
    `There is no routine "${shown(name)}"${didYouMean(names, name) || '.'}`,
    { facts: choices('routines', names, name) },
  )
}

/** Whether a routine takes these arguments with the same types as `found`, and has defaults for the rest. */
function takesAsWell(routine: Routine, found: Routine, given: readonly string[]): boolean {
  const [inputs, others] = [inputsOf(routine), inputsOf(found)]
  const typeIn = (of: readonly Input[], argument: string) =>
    of.find((input) => input.name === argument)?.parameter.type.native
  return (
    given.every((argument) => typeIn(inputs, argument) === typeIn(others, argument)) &&
    // An empty list has to be written out, and so it is no default.
    inputs.every(({ name, parameter }) => given.includes(name) || parameter.mode !== 'variadic')
  )
}

/**
 * Of several routines of one name the one whose parameters these arguments are; of two that take them, the one that
 * has no others, unless another takes arguments of the same types and has defaults for the rest: between those
 * PostgreSQL does not choose (its manual, section 10.3).
 */
function overloadFor(request: CallRequest, name: string, routines: readonly Routine[]): Routine {
  const [only] = routines
  if (only !== undefined && routines.length === 1) {
    checkArguments(request, only)
    return only
  }
  const given = Object.keys(request.args)
  const fitting = routines.filter((routine) => {
    const inputs = inputsOf(routine)
    return (
      given.every((argument) => inputs.some((input) => input.name === argument)) &&
      inputs.every((input) => !input.required || given.includes(input.name))
    )
  })
  const exact = fitting.filter((routine) => inputsOf(routine).length === given.length)
  const [found, second] = exact.length > 0 ? exact : fitting
  const rivals = fitting.filter((other) => other !== found)
  if (found !== undefined && second === undefined && !rivals.some((one) => takesAsWell(one, found, given)))
    return found
  const signatures = routines.map(signatureOf)
  const why =
    found === undefined
      ? 'none of its forms takes these arguments'
      : 'several of its forms take these arguments'
  throw missing(request, `${name}: ${why}; there are ${signatures.join('; ')}`, { signatures })
}

const signatureOf = (routine: Routine): string =>
  inputsOf(routine)
    .map(
      ({ name, parameter, required }) =>
        `${name} ${parameter.type.canonical}${required ? '' : ' (optional)'}`,
    )
    .join(', ') || 'no arguments'

const missing = (request: CallRequest, detail: string, facts: ErrorFacts) =>
  new GatewayError(request.method === 'GET' ? 'invalid_parameter' : 'bad_value', detail, { facts })

/** @throws GatewayError unknown_parameter; invalid_parameter or bad_value naming what is missing */
function checkArguments(request: CallRequest, routine: Routine): void {
  const inputs = inputsOf(routine)
  const names = inputs.map((input) => input.name)
  const stray = Object.keys(request.args).find((name) => !names.includes(name))
  if (stray !== undefined)
    throw new GatewayError(
      'unknown_parameter',
      `${shown(stray)}: ${request.routine} has no such parameter${didYouMean(names, stray)}`,
      { facts: { parameter: shown(stray), ...choices('parameters', names, stray) } },
    )
  const absent = inputs
    .filter(({ name, required }) => required && !Object.hasOwn(request.args, name))
    .map(({ name }) => name)
  if (absent.length > 0)
    throw missing(
      request,
      `${request.routine} needs ${absent.join(', ')}; it takes ${signatureOf(routine)}`,
      { missing: absent, parameters: names },
    )
}

function argumentText(request: CallRequest, name: string, { type }: Parameter): string | null {
  const raw = request.args[name]
  const inUrl = request.method === 'GET'
  const place: Place = { name, source: inUrl ? 'url' : 'body', texts: inUrl, stored: true }
  if (raw === null) return null
  if (!inUrl || type.canonical !== 'array') {
    if (inUrl && Array.isArray(raw)) throw refusal(place, `is given ${raw.length} times`)
    return valueText(type, raw, place)
  }
  // In a query string a list is a parameter that is given several times, or once as JSON text.
  const list = typeof raw === 'string' && raw.startsWith('[') ? parseExact(raw)?.value : undefined
  return valueText(type, list ?? [raw].flat(), { ...place, texts: false })
}
