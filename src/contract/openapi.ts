/** A contract as an OpenAPI 3.1 document: every resource, row and routine the caller may use, and nothing else. Pure. */
import type { CanonicalType } from '#catalog/model.ts'
import type { Contract, Resource } from './contract.ts'
import { body, json, p, problems, ref } from './openapi-parts.ts'
import { type Allowed, collectionPath, filterable, filterName, rowPath } from './openapi-resources.ts'
import { routinePath } from './openapi-routines.ts'
import { columnSchema, filterSchema, type Schema, type TypeStyle } from './openapi-types.ts'

export interface OpenapiOptions {
  readonly allowed: (resource: Resource) => Allowed
  readonly decimals: TypeStyle['decimals']
  readonly defaultLimit: number
  readonly maxLimit: number
  /** Version of Postern itself. */
  readonly build: string
}

const canonicalTypes: readonly CanonicalType[] = [
  'string',
  'integer',
  'decimal',
  'float',
  'boolean',
  'timestamp',
  'datetime',
  'date',
  'time',
  'json',
  'binary',
  'array',
]
const tableKinds = { table: 'table', view: 'view', materialized: 'materialised view' } as const

/** Hands out names that fit OpenAPI (letters, digits, `_`) and are unique whatever the database calls its things. */
function namer(): (wanted: string) => string {
  const taken = new Set<string>()
  return (wanted) => {
    const plain = wanted.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '') || 'unnamed'
    let name = plain
    for (let i = 2; taken.has(name); i++) name = `${plain}_${i}`
    taken.add(name)
    return name
  }
}

/** @returns the document as a plain object, ready for JSON.stringify */
export function openapiDocument(contract: Contract, o: OpenapiOptions): Record<string, unknown> {
  const uniqueSchema = namer()
  const operation = namer()
  for (const name of ['Problem', 'BatchItem', 'BatchAnswer', ...canonicalTypes.map(filterName)])
    uniqueSchema(name)
  const resources = [...contract.resources.values()].map((resource) => ({
    resource,
    may: o.allowed(resource),
    name: uniqueSchema(resource.name),
  }))
  const visible = resources.filter(({ may }) => may.read || may.insert || may.update || may.delete)
  const nameOf = new Map(visible.map(({ resource, name }) => [resource.name, name]))
  const writing = new Map(
    visible.map(({ resource, name }) => [
      resource.name,
      { insert: uniqueSchema(`${name}_insert`), update: uniqueSchema(`${name}_update`) },
    ]),
  )

  const schemas: Record<string, Schema> = {
    ...fixedSchemas,
    ...Object.fromEntries(
      canonicalTypes
        .filter((type) =>
          visible.some(({ resource }) => filterable(resource).some((f) => f.column.type.canonical === type)),
        )
        .map((type) => [filterName(type), filterSchema(type)]),
    ),
  }
  const paths: Record<string, Schema> = { '/batch': batchPath(operation) }
  for (const { resource, may, name } of visible) {
    const names = writing.get(resource.name) as { insert: string; update: string }
    schemas[name] = rowSchema(resource, nameOf, o.decimals)
    if (may.insert) schemas[names.insert] = writeSchema(resource, true)
    if (may.update) schemas[names.update] = writeSchema(resource, false)
    const path = `/${encodeURIComponent(resource.name)}`
    paths[path] = collectionPath(resource, may, name, names, operation)
    if (resource.key.length > 0)
      paths[
        `${path}/${resource.key.map((_, i) => `{key${resource.key.length > 1 ? i + 1 : ''}}`).join(',')}`
      ] = rowPath(resource, may, name, names, operation)
  }
  for (const { name, overloads } of contract.routines.values()) {
    const callable = overloads.filter((routine) => routine.executable)
    const [first, ...others] = callable
    if (first !== undefined)
      paths[`/rpc/${encodeURIComponent(name)}`] = routinePath(name, [first, ...others], operation, o.decimals)
  }

  return {
    openapi: '3.1.0',
    info: {
      title: `Postern API ${contract.version}`,
      version: o.build,
      description:
        'Rows, routines and batches of one database. The query language, headers and errors are described in the documentation of Postern.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: `/api/${contract.version}` }],
    security: [],
    tags: [
      ...visible.map(({ resource }) => ({
        name: resource.name,
        description:
          resource.table.comment ?? `Rows of the ${tableKinds[resource.table.kind]} ${resource.name}.`,
      })),
      ...(contract.routines.size > 0 ? [{ name: 'rpc', description: 'Functions and procedures.' }] : []),
      { name: 'batch', description: 'Several requests in one transaction.' },
    ],
    paths,
    components: {
      schemas,
      parameters: parameters(o),
      responses: {
        Problem: {
          description: 'What went wrong (RFC 9457).',
          content: { 'application/problem+json': { schema: ref('schemas', 'Problem') } },
        },
      },
    },
  }
}

const fixedSchemas: Record<string, Schema> = {
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      instance: { type: 'string' },
      code: { type: 'string', description: 'A stable word; all of them are listed in the documentation.' },
    },
    additionalProperties: true,
  },
  BatchItem: {
    type: 'object',
    required: ['method', 'path'],
    properties: {
      method: { type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] },
      path: { type: 'string', description: 'Below the version: /orders/42' },
      body: { description: 'JSON; with Content-Type: text/csv among the headers, a text that is CSV.' },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
    },
    additionalProperties: false,
  },
  BatchAnswer: {
    type: 'object',
    required: ['status', 'headers', 'body'],
    properties: {
      status: { type: 'integer' },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: {},
    },
  },
}

function parameters(o: OpenapiOptions): Record<string, Schema> {
  const query = (name: string, schema: Schema, description: string): Schema => ({
    name,
    in: 'query',
    required: false,
    schema,
    description,
  })
  return {
    select: query(
      'select',
      { type: 'string' },
      'Fields, embedded relations and aggregates: id,total,customer(name)',
    ),
    filter: query(
      'filter',
      { type: 'string' },
      'A filter as JSON: {"or":[{"status":"open"},{"total":{"gt":100}}]}',
    ),
    order: query('order', { type: 'string' }, 'Fields, - in front for descending: -created_at,id'),
    limit: query(
      'limit',
      { type: 'integer', minimum: 0, maximum: o.maxLimit, default: o.defaultLimit },
      'Rows of a page.',
    ),
    offset: query('offset', { type: 'integer', minimum: 0 }, 'Rows to skip.'),
    after: query('after', { type: 'string' }, 'Cursor of the next page, from the Link header.'),
    prefer: {
      name: 'Prefer',
      in: 'header',
      required: false,
      schema: { type: 'string' },
      description:
        'return=minimal|representation, count=exact|estimated, max-affected=N, wait=seconds (RFC 7240)',
    },
    idempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      schema: { type: 'string', minLength: 1, maxLength: 257 },
      description: 'A repetition with the same key gets the first answer instead of a second effect.',
    },
    ifMatch: {
      name: 'If-Match',
      in: 'header',
      required: false,
      schema: { type: 'string' },
      description: 'Only if the row still has this ETag; 412 otherwise.',
    },
    ifNoneMatch: {
      name: 'If-None-Match',
      in: 'header',
      required: false,
      schema: { type: 'string' },
      description: '304 if the row still has this ETag.',
    },
    ifNoneMatchAny: {
      name: 'If-None-Match',
      in: 'header',
      required: false,
      schema: { type: 'string', enum: ['*'] },
      description: 'Insert only: 412 if there is such a row.',
    },
  }
}

/** Nothing is required: `select` may leave any field out. Related rows appear when they are asked for. */
function rowSchema(
  resource: Resource,
  nameOf: ReadonlyMap<string, string>,
  decimals: TypeStyle['decimals'],
): Schema {
  const properties = new Map<string, Schema>()
  for (const relation of resource.relations) {
    const target = nameOf.get(relation.target)
    if (target === undefined || properties.has(relation.name)) continue
    properties.set(
      relation.name,
      relation.many
        ? { type: 'array', items: ref('schemas', target) }
        : { oneOf: [ref('schemas', target), { type: 'null' }] },
    )
  }
  for (const field of resource.fields)
    properties.set(field.name, columnSchema(field.column, { decimals, direction: 'out' }))
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(resource.table.comment === undefined ? {} : { description: resource.table.comment }),
  }
}

function writeSchema(resource: Resource, insert: boolean): Schema {
  const fields = resource.fields.filter((field) => field.column.generated !== 'always')
  const required = fields
    .filter((f) => insert && !f.column.nullable && !f.column.hasDefault && f.column.generated === 'no')
    .map((f) => f.name)
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [
        field.name,
        columnSchema(field.column, { decimals: 'string', direction: 'in' }),
      ]),
    ),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  }
}

const batchPath = (operation: (wanted: string) => string): Schema => ({
  post: {
    tags: ['batch'],
    operationId: operation('batch'),
    summary: 'Several requests in one transaction, all or nothing',
    parameters: p('prefer', 'idempotencyKey'),
    requestBody: body({ type: 'array', items: ref('schemas', 'BatchItem') }),
    responses: {
      200: {
        description: 'The answers, in the order of the items.',
        content: json({ type: 'array', items: ref('schemas', 'BatchAnswer') }),
      },
      ...problems,
    },
  },
})
