/** Which methods a principal may use where: for OPTIONS and Allow. */
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
