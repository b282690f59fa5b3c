/** Which HTTP methods a resource takes: for Allow, wherever it is answered. Pure. */
import { canUpsert, type Resource } from '#contract/contract.ts'
import type { Operation } from './authorize.ts'

/**
 * @param path of the collection, or of one of its rows
 * @param may the policy's word on one operation, bound to principal and resource
 * @returns methods in the order Allow names them
 */
export function allowedMethods(
  resource: Resource,
  path: 'collection' | 'row',
  may: (operation: Operation) => boolean,
): readonly string[] {
  if (path === 'row' && resource.key.length === 0) return ['OPTIONS']
  return [
    ...(may('read') ? ['GET', 'HEAD'] : []),
    ...(path === 'collection' && may('insert') ? ['POST'] : []),
    ...(path === 'row' && may('insert') && may('update') && canUpsert(resource) ? ['PUT'] : []),
    ...(may('update') ? ['PATCH'] : []),
    ...(may('delete') ? ['DELETE'] : []),
    'OPTIONS',
  ]
}
