/** A resource as this principal may see it: every name in a request is looked up here and nowhere else. */
import { GatewayError } from '#base/errors.ts'
import type { Contract, Field, Relation, Resource } from '#contract/contract.ts'
import type { RelationRef } from '#contract/request.ts'
import type { Decision, Operation } from '#policy/authorize.ts'
import { allowedMethods } from '#policy/methods.ts'
import type { ColumnRef } from './ast.ts'
import type { PlanEnvironment } from './draft.ts'
import { choices, didYouMean, type Place, shown } from './refuse.ts'

/** A resource with what the policy allows to do with it. */
export interface Access {
  readonly resource: Resource
  /** Where its row stands in the statement. */
  readonly alias: string
  readonly fields: readonly Field[]
  has(field: string): boolean
}

/** @throws GatewayError unknown_resource with what is there instead */
export function resourceNamed(contract: Contract, name: string): Resource {
  const resource = contract.resources.get(name)
  if (resource !== undefined) return resource
  const names = [...contract.resources.keys()]
  throw new GatewayError(
    'unknown_resource',
    `There is no resource "${shown(name)}"${didYouMean(names, name) || '.'}`,
    { facts: choices('resources', names, name) },
  )
}

/** The fields of a resource that a decision opens. */
export function accessBy(decision: Decision, resource: Resource, alias: string): Access {
  const { fields } = resource
  if (!decision.allow) return { resource, alias, fields: [], has: () => false }
  const open = decision.fields
  if (open === undefined) return { resource, alias, fields, has: (name) => resource.fieldByName.has(name) }
  return {
    resource,
    alias,
    fields: fields.filter((field) => open.has(field.name)),
    has: (name) => open.has(name) && resource.fieldByName.has(name),
  }
}

/**
 * Refuses what the policy does not allow, and says what it does.
 * @throws GatewayError forbidden; method_not_allowed for a write to a view, which nobody may
 */
export function demand(
  env: PlanEnvironment,
  resource: Resource,
  operations: readonly Operation[],
  path: 'collection' | 'row' = 'collection',
): void {
  const decide = (operation: Operation) => env.authorize(resource, operation)
  for (const operation of operations) {
    const decision = decide(operation)
    if (decision.allow) continue
    const impossible = resource.table.kind !== 'table' && operation !== 'read'
    const allow = allowedMethods(resource, path, (other) => decide(other).allow)
    throw new GatewayError(impossible ? 'method_not_allowed' : 'forbidden', decision.why, {
      facts: { allow },
    })
  }
}

/** @throws GatewayError unknown_field with the fields that may be seen */
export function fieldNamed(access: Access, name: string, place: Pick<Place, 'name' | 'row'>): Field {
  const field = access.resource.fieldByName.get(name)
  if (field !== undefined && access.has(name)) return field
  const names = access.fields.map((one) => one.name)
  const at = place.row === undefined ? '' : `row ${place.row}, `
  throw new GatewayError(
    'unknown_field',
    `${at}${shown(place.name)}: ${access.resource.name} has no field "${shown(name)}"${didYouMean(names, name)}`,
    {
      facts: {
        parameter: shown(place.name),
        ...(place.row === undefined ? {} : { row: place.row }),
        field: shown(name),
        ...choices('fields', names, name),
      },
    },
  )
}

/** Where a field stands in the statement. */
export const refOf = (access: Access, field: Field): ColumnRef => ({
  alias: access.alias,
  column: field.column,
})

/** How a relation is asked for so that no other can be meant. */
const exactName = (relation: Relation, all: readonly Relation[]): string =>
  all.filter(({ name }) => name === relation.name).length > 1
    ? `${relation.name}!${relation.hint}`
    : relation.name

/** Whether the principal may read the rows of the other side, and those of the junction on the way. */
function mayCross(env: PlanEnvironment, { target, via }: Relation): boolean {
  const mayRead = (found: Resource | undefined) => found !== undefined && env.authorize(found, 'read').allow
  if (!mayRead(env.contract.resources.get(target))) return false
  return via === undefined || mayRead([...env.contract.resources.values()].find((r) => r.table === via.table))
}

/**
 * The relation a request means, of those whose rows the principal may read.
 * @throws GatewayError unknown_relation, ambiguous_relation, with the relations there are
 */
export function relationNamed(
  env: PlanEnvironment,
  resource: Resource,
  { name, hint }: RelationRef,
  parameter: string,
): { readonly relation: Relation; readonly target: Resource } {
  const readable = resource.relations.filter((relation) => mayCross(env, relation))
  const named = readable.filter((relation) => relation.name === name)
  const meant = hint === undefined ? named : named.filter((relation) => relation.hints.includes(hint))
  const [relation, second] = meant
  if (relation !== undefined && second === undefined)
    return { relation, target: resourceNamed(env.contract, relation.target) }

  const at = shown(parameter)
  if (relation !== undefined) {
    const exact = meant.map((one) => exactName(one, readable)).sort()
    throw new GatewayError(
      'ambiguous_relation',
      `${at}: "${shown(name)}" may be ${exact.join(' or ')}; choose one`,
      { facts: { parameter: at, relation: shown(name), choices: exact } },
    )
  }
  const wanted = hint === undefined ? name : `${name}!${hint}`
  const names = (named.length > 0 ? named : readable).map((one) => exactName(one, readable))
  const isField = accessBy(env.authorize(resource, 'read'), resource, '').has(name)
  throw new GatewayError(
    'unknown_relation',
    isField && named.length === 0
      ? `${at}: "${shown(name)}" is a field of ${resource.name}, no relation; conditions on it are operators`
      : `${at}: ${resource.name} has no relation "${shown(wanted)}"${didYouMean(names, wanted)}`,
    { facts: { parameter: at, relation: shown(wanted), ...choices('relations', names, wanted) } },
  )
}
