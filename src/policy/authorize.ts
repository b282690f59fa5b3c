/** May this principal do that to this resource, and how much of it? Pure; whatever is not said to be allowed is not. */
import type { Principal } from '#base/context.ts'
import type { Resource, RoutineResource } from '#contract/contract.ts'

export type Operation = 'read' | 'insert' | 'update' | 'delete'

/** The answer of the policy; every surface (rows, embeds, filters, aggregates, OpenAPI) goes by it. */
export type Decision =
  | { readonly allow: false; readonly why: string }
  | {
      readonly allow: true
      /** Fields the principal may see or write; undefined: all of them. */
      readonly fields: ReadonlySet<string> | undefined
      /** A condition every row must fulfil; there are no row rules yet. */
      readonly rows: undefined
      /** Claims the decision depended on, for cache keys. */
      readonly uses: readonly string[]
    }

const everything: Decision = { allow: true, fields: undefined, rows: undefined, uses: [] }

const privileges = {
  read: 'select',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
} as const satisfies Record<Operation, keyof Resource['table']['can']>

/**
 * Without roles in the configuration every principal may do what the gateway's own database user may, and the object
 * allows: a view over an aggregate takes no writes.
 */
export function authorize(_principal: Principal, resource: Resource, operation: Operation): Decision {
  if (resource.table.can[privileges[operation]]) return everything
  return {
    allow: false,
    why: `${resource.name} takes no ${operation}: the database user of the gateway lacks the privilege, or the ${resource.table.kind} does not support it.`,
  }
}

/** Likewise for a routine. */
export function authorizeCall(_principal: Principal, routine: RoutineResource['routine']): Decision {
  if (routine.executable) return everything
  return {
    allow: false,
    why: `${routine.name} cannot be called: the database user of the gateway lacks the privilege.`,
  }
}
