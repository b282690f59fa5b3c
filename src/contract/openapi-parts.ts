/** What every path of an OpenAPI document is put together from. */
import type { Schema } from './openapi-types.ts'

/** A reference into the document's own components. */
export const ref = (kind: 'schemas' | 'parameters' | 'responses', name: string) => ({
  $ref: `#/components/${kind}/${name}`,
})

/** Shared parameters by their names in the components. */
export const p = (...names: string[]) => names.map((name) => ref('parameters', name))

/** Content in JSON. */
export const json = (schema: Schema) => ({ 'application/json': { schema } })

/** A request body that must be there. */
export const body = (schema: Schema) => ({ required: true, content: json(schema) })

/** The answers any operation may give when something is wrong. */
export const problems = { '4XX': ref('responses', 'Problem'), '5XX': ref('responses', 'Problem') }
