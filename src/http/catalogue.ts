/** GET /api/{version}: what there is, for people and scripts that look around. */
import type { Principal } from '#base/context.ts'
import type { Snapshot } from '#gateway/schema.ts'
import { authorize } from '#policy/authorize.ts'

/** Resources and routines this principal may read or call, with key, fields and relations. */
export function catalogueDocument({ contract }: Snapshot, principal: Principal, base: string): unknown {
  return {
    version: contract.version,
    openapi: `${base}/openapi.json`,
    resources: [...contract.resources.values()]
      .filter((resource) => authorize(principal, resource, 'read').allow)
      .map((resource) => ({
        name: resource.name,
        href: `${base}/${encodeURIComponent(resource.name)}`,
        kind: resource.table.kind,
        ...(resource.table.comment === undefined ? {} : { description: resource.table.comment }),
        key: resource.key.map((field) => field.name),
        fields: resource.fields.map((field) => ({
          name: field.name,
          type: field.column.type.canonical,
          nullable: field.column.nullable,
        })),
        relations: resource.relations.map((r) => ({
          name: r.name,
          hint: r.hint,
          to: r.target,
          many: r.many,
        })),
      })),
    // Overloads share a name and are told apart by their parameters.
    routines: [...contract.routines.values()].flatMap(({ name, overloads }) =>
      overloads
        .filter((routine) => routine.executable)
        .map((routine) => ({
          name,
          href: `${base}/rpc/${encodeURIComponent(name)}`,
          methods: routine.readOnly ? ['GET', 'POST'] : ['POST'],
          ...(routine.comment === undefined ? {} : { description: routine.comment }),
          parameters: routine.parameters
            .filter((p) => p.mode !== 'out')
            .map((p, i) => ({
              name: p.name || `$${i + 1}`,
              type: p.type.canonical,
              required: !p.hasDefault && p.mode !== 'variadic',
            })),
        })),
    ),
  }
}
