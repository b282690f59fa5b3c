/** Which methods a principal may use where: for OPTIONS and Allow, and the refusal of all others. */
import type { Principal } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Snapshot } from '#gateway/schema.ts'
import { authorize } from '#policy/authorize.ts'
import { allowedMethods } from '#policy/methods.ts'
import { decodeSegment } from './query-string.ts'

/**
 * @param key undefined: the collection; `rpc`: `name` is a routine; else a row
 * @throws GatewayError unknown_resource, malformed_url
 */
export function methodsOf(
  snapshot: Snapshot,
  principal: Principal,
  name: string,
  key: string | undefined,
): string[] {
  const decoded = decodeSegment(name, 'resource')
  if (key === 'rpc') {
    const found = snapshot.contract.routines.get(decoded)
    if (found === undefined)
      throw new GatewayError('unknown_resource', `There is no routine ${decoded.slice(0, 63)}.`)
    return found.routine.readOnly ? ['GET', 'HEAD', 'POST'] : ['POST']
  }
  const resource = snapshot.contract.resources.get(decoded)
  if (resource === undefined)
    throw new GatewayError('unknown_resource', `There is no resource ${decoded.slice(0, 63)}.`)
  return [
    ...allowedMethods(
      resource,
      key === undefined ? 'collection' : 'row',
      (operation) => authorize(principal, resource, operation).allow,
    ),
  ]
}

/** Methods as Allow names them: OPTIONS is always one of them. */
export const withOptions = (methods: readonly string[]): string[] => [...new Set([...methods, 'OPTIONS'])]

/** `method_not_allowed` with the methods there are. */
export const refusedMethod = (method: string, path: string, allow: readonly string[]): GatewayError =>
  new GatewayError('method_not_allowed', `${method.slice(0, 20)} is not allowed at ${path.slice(0, 200)}.`, {
    facts: { allow: withOptions(allow) },
  })

/**
 * Judges whether a write goes to what it is for: POST to a collection, PUT to a row.
 * @throws GatewayError method_not_allowed with what this principal may do there; unknown_resource, malformed_url
 */
export function checkTarget(
  snapshot: Snapshot,
  principal: Principal,
  method: string,
  { resource, key }: { readonly resource: string; readonly key: string | undefined },
): void {
  const right = key === undefined ? method !== 'PUT' : method !== 'POST'
  if (right) return
  const allow = withOptions(methodsOf(snapshot, principal, resource, key))
  const why =
    key === undefined
      ? 'PUT goes to a row by its key, not to a collection.'
      : 'POST goes to a collection, not to a row.'
  throw new GatewayError('method_not_allowed', why, { facts: { allow } })
}
