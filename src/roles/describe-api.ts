/** The OpenAPI document for one principal: contract and policy brought together. */
import type { Principal } from '#base/context.ts'
import type { Contract } from '#contract/contract.ts'
import { openapiDocument } from '#contract/openapi.ts'
import { type ApiOptions, pageLimitOf } from '#contract/options.ts'
import { authorize } from '#policy/authorize.ts'
import { version } from './build.ts'

export function describeApi(
  contract: Contract,
  principal: Principal,
  options: ApiOptions,
): Record<string, unknown> {
  return openapiDocument(contract, {
    allowed: (resource) => ({
      read: authorize(principal, resource, 'read').allow,
      insert: authorize(principal, resource, 'insert').allow,
      update: authorize(principal, resource, 'update').allow,
      delete: authorize(principal, resource, 'delete').allow,
    }),
    decimals: options.decimals,
    defaultLimit: pageLimitOf(options),
    maxLimit: options.maxLimit,
    build: version,
  })
}
