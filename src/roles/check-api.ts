/** What `postern check` says of names in `api.*` that fit nothing: mistyped, they hide and rename nothing, and nobody is told. */
import type { Catalog } from '#catalog/model.ts'
import { hiddenBy } from '#contract/hide.ts'
import type { ApiOptions } from '#contract/options.ts'
import { resolveContract } from '#contract/resolve.ts'

/** Whether this pattern of api.hide hides anything. */
function hides(catalog: Catalog, pattern: string): boolean {
  const hidden = hiddenBy([pattern])
  return (
    catalog.tables.some(
      (table) => hidden.object(table) || table.columns.some(({ name }) => hidden.column(table, name)),
    ) || catalog.routines.some((routine) => hidden.object(routine))
  )
}

/** A warning for each name; no faults, as one configuration may go with several states of a schema. */
export function namesOfNothing(catalog: Catalog, api: ApiOptions): string[] {
  const relationsOf = (resource: string, relations: ApiOptions['relations']) =>
    resolveContract(catalog, { ...api, relations })
      .resources.get(resource)
      ?.relations.map(({ name }) => name)
      .join()
  const renames = (resource: string, from: string, to: string) =>
    relationsOf(resource, {}) !== relationsOf(resource, { [resource]: { [from]: to } })
  return [
    ...api.hide
      .filter((pattern) => !hides(catalog, pattern))
      .map((pattern) => `api.hide: ${JSON.stringify(pattern)} hides nothing that the database user may see`),
    ...Object.entries(api.relations).flatMap(([resource, names]) =>
      Object.entries(names)
        .filter(([from, to]) => from !== to && !renames(resource, from, to))
        .map(
          ([from]) => `api.relations: ${JSON.stringify(resource)} has no relation ${JSON.stringify(from)}`,
        ),
    ),
  ]
}
