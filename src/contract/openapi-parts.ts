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

/** Content as a client may ask for it (Accept): JSON of this schema, CSV, or a JSON document a line. */
export const anyForm = (schema: Schema) => ({
  ...json(schema),
  'text/csv': { schema: { type: 'string' } },
  'application/x-ndjson': { schema: { type: 'string' } },
})

/** A request body that must be there. */
export const body = (schema: Schema) => ({ required: true, content: json(schema) })

/** The answers any operation may give when something is wrong. */
export const problems = { '4XX': ref('responses', 'Problem'), '5XX': ref('responses', 'Problem') }
