/** The paths of a resource in an OpenAPI document: its collection, and a row by its key. */
import type { CanonicalType } from '#catalog/model.ts'
import { canUpsert, type Field, type Resource } from './contract.ts'
import { anyForm, body, json, p, problems, ref } from './openapi-parts.ts'
import { type Schema, typeSchema } from './openapi-types.ts'

/** What the caller may do with a resource. */
export interface Allowed {
  readonly read: boolean
  readonly insert: boolean
  readonly update: boolean
  readonly delete: boolean
}

const reserved = new Set(['select', 'filter', 'order', 'limit', 'offset', 'after'])

const header = (name: string, description: string): Schema => ({
  [name]: { schema: { type: 'string' }, description },
})
const version = header('ETag', 'Version of the row.')
const touched = header('Content-Range', '*/N, the rows it touched.')

const leftOut = {
  description: 'A trigger of the database left the row out; nothing was inserted.',
  headers: touched,
}

/** The schema of what a filter on a field of this type takes. */
export const filterName = (type: CanonicalType) => `${type[0]?.toUpperCase()}${type.slice(1)}Filter`

/** Fields that the query string reaches by their bare name. */
export const filterable = (resource: Resource) => resource.fields.filter((field) => !reserved.has(field.name))

function filters(resource: Resource): Schema[] {
  return filterable(resource).map((field) => ({
    name: field.name,
    in: 'query',
    required: false,
    style: 'deepObject',
    explode: true,
    schema: ref('schemas', filterName(field.column.type.canonical)),
  }))
}

export function collectionPath(
  resource: Resource,
  may: Allowed,
  name: string,
  names: { insert: string; update: string },
  operation: (wanted: string) => string,
): Schema {
  const rows = { type: 'array', items: ref('schemas', name) }
  const either = { oneOf: [ref('schemas', name), rows] }
  const common = { tags: [resource.name] }
  return {
    ...(may.read && {
      get: {
        ...common,
        operationId: operation(`list_${resource.name}`),
        summary: `Rows of ${resource.name}`,
        parameters: [
          ...filters(resource),
          ...p('select', 'filter', 'order', 'limit', 'offset', 'after', 'prefer'),
        ],
        responses: {
          200: {
            description: 'The rows; Link names the next page.',
            headers: {
              ...header('Link', 'rel="next" (RFC 8288).'),
              ...header('Content-Range', 'With Prefer: count.'),
            },
            content: anyForm(rows),
          },
          ...problems,
        },
      },
    }),
    ...(may.insert && {
      post: {
        ...common,
        operationId: operation(`insert_${resource.name}`),
        summary: `Insert into ${resource.name}: one row or many, all or nothing`,
        parameters: p('select', 'prefer', 'idempotencyKey'),
        requestBody: {
          required: true,
          content: {
            ...json({
              oneOf: [ref('schemas', names.insert), { type: 'array', items: ref('schemas', names.insert) }],
            }),
            'text/csv': { schema: { type: 'string' } },
          },
        },
        responses: {
          201: {
            description: 'Inserted.',
            headers: {
              ...header('Location', 'Of a single row.'),
              ...header('ETag', 'Version of a single row.'),
              ...header('Content-Range', '*/N, the rows inserted, with return=minimal.'),
            },
            content: anyForm(either),
          },
          204: leftOut,
          ...problems,
        },
      },
    }),
    ...(may.update && {
      patch: {
        ...common,
        operationId: operation(`update_${resource.name}`),
        summary: `Update the rows of ${resource.name} that the filter fits`,
        parameters: [...filters(resource), ...p('filter', 'select', 'prefer', 'idempotencyKey')],
        requestBody: body(ref('schemas', names.update)),
        responses: {
          200: { description: 'The rows as they are now.', content: anyForm(rows) },
          204: { description: 'Updated (return=minimal).', headers: touched },
          ...problems,
        },
      },
    }),
    ...(may.delete && {
      delete: {
        ...common,
        operationId: operation(`delete_${resource.name}`),
        summary: `Delete the rows of ${resource.name} that the filter fits`,
        parameters: [...filters(resource), ...p('filter', 'select', 'prefer')],
        responses: {
          200: { description: 'The rows as they were (return=representation).', content: anyForm(rows) },
          204: { description: 'Deleted.', headers: touched },
          ...problems,
        },
      },
    }),
  }
}

function keyParameters(key: readonly Field[]): Schema[] {
  return key.map((field, i) => ({
    name: `key${key.length > 1 ? i + 1 : ''}`,
    in: 'path',
    required: true,
    schema: typeSchema(field.column.type, { decimals: 'string', direction: 'in' }),
    description: field.name,
  }))
}

export function rowPath(
  resource: Resource,
  may: Allowed,
  name: string,
  names: { insert: string; update: string },
  operation: (wanted: string) => string,
): Schema {
  const row = {
    description: 'The row.',
    headers: version,
    content: anyForm(ref('schemas', name)),
  }
  const common = { tags: [resource.name] }
  const none = {
    description: 'Done (return=minimal), or left as it was by the database.',
    headers: { ...version, ...touched },
  }
  // A row that is not as they say is not there.
  const conditions = [...filters(resource), ...p('filter')]
  return {
    parameters: keyParameters(resource.key),
    ...(may.read && {
      get: {
        ...common,
        operationId: operation(`get_${resource.name}`),
        summary: `One row of ${resource.name} by its key`,
        parameters: [...conditions, ...p('select', 'ifMatch', 'ifNoneMatch', 'prefer')],
        responses: { 200: row, 304: { description: 'Not modified.', headers: version }, ...problems },
      },
    }),
    ...(may.insert &&
      may.update &&
      canUpsert(resource) && {
        put: {
          ...common,
          operationId: operation(`upsert_${resource.name}`),
          summary: `Insert or replace one row of ${resource.name}`,
          parameters: p('select', 'ifMatch', 'ifNoneMatchAny', 'prefer'),
          requestBody: body(ref('schemas', names.update)),
          responses: {
            200: row,
            201: { ...row, headers: { ...version, ...touched }, description: 'Inserted.' },
            204: none,
            ...problems,
          },
        },
      }),
    ...(may.update && {
      patch: {
        ...common,
        operationId: operation(`patch_${resource.name}`),
        summary: `Update fields of one row of ${resource.name}`,
        parameters: [...conditions, ...p('select', 'ifMatch', 'prefer', 'idempotencyKey')],
        requestBody: body(ref('schemas', names.update)),
        responses: { 200: row, 204: none, ...problems },
      },
    }),
    ...(may.delete && {
      delete: {
        ...common,
        operationId: operation(`remove_${resource.name}`),
        summary: `Delete one row of ${resource.name}`,
        parameters: [...conditions, ...p('select', 'ifMatch', 'prefer')],
        responses: { 200: row, 204: none, ...problems },
      },
    }),
  }
}
