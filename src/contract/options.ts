/** Options of what the API shows and how much one request may ask for. */
import * as z from 'zod'
import { duration, lookingAt } from '#config/types.ts'

/** Rows of a page where nobody says it. */
const usualLimit = 100

export const apiOptions = z
  .strictObject({
    schemas: z
      .array(z.string().min(1))
      .default([])
      .describe('Database schemas to serve; empty: the default schema of the connection.'),
    hide: z
      .array(z.string().min(1))
      .default([])
      .describe('Names not to serve: table, schema.table or table.column, with * for any text.'),
    relations: z
      .record(z.string(), z.record(z.string(), z.string().min(1)))
      .default({})
      .describe('Renames relations: {orders: {"customer!billing_customer_id": payer}}.'),
    defaultLimit: z
      .int()
      .min(1)
      .optional()
      .describe(
        `Rows of a page when the request does not say; left out: ${usualLimit}, or maxLimit where that is less.`,
      ),
    maxLimit: z.int().min(1).default(1000).describe('Most rows of a page; streams have no such limit.'),
    maxDepth: z
      .int()
      .min(0)
      .max(10)
      .default(5)
      .describe('Deepest nesting of embeds, and of relations in filters.'),
    maxConditions: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('Most conditions in one request; values of a list count one each hundred.'),
    maxEmbeds: z.int().min(0).max(100).default(20).describe('Most embeds in one request.'),
    maxListValues: z.int().min(1).max(100_000).default(1000).describe('Most values of one in or nin.'),
    decimals: z
      .enum(['string', 'native'])
      .default('string')
      .describe('How decimals are written when the request does not say.'),
    cursorSecret: z
      .string()
      .min(16)
      .optional()
      .describe(
        'Key that signs cursors; all gateways of one database must share it. Default: derived from the database credentials.',
      ),
    development: z
      .boolean()
      .default(false)
      .describe('Adds the text of the database to error answers. Never in production.'),
  })
  .superRefine(
    (o, context) => {
      if (o.defaultLimit !== undefined && o.defaultLimit > o.maxLimit)
        context.addIssue({
          code: 'custom',
          path: ['defaultLimit'],
          message: `is ${o.defaultLimit}, above api.maxLimit (${o.maxLimit})`,
        })
    },
    lookingAt('defaultLimit', 'maxLimit'),
  )
export type ApiOptions = z.output<typeof apiOptions>

/** Rows of a page when the request does not say. */
export const pageLimitOf = ({
  defaultLimit,
  maxLimit,
}: Pick<ApiOptions, 'defaultLimit' | 'maxLimit'>): number => defaultLimit ?? Math.min(usualLimit, maxLimit)

export const schemaOptions = z.strictObject({
  unmappable: z
    .enum(['omit', 'text', 'fail'])
    .default('text')
    .describe(
      'A column of a type without a canonical form: leave it out, serve it as text, or refuse to start.',
    ),
  poll: duration({ min: 250 })
    .default(10_000)
    .describe('How often to look for schema changes where the database cannot announce them.'),
  loadTimeout: duration({ min: 1000 }).default(30_000).describe('Longest time to read the catalogue.'),
  snapshot: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File that keeps the schema for a start while the database is away: requests are then understood, and refused for that reason. In the image: /var/lib/postern/schema.json, on an emptyDir. Without it nothing is kept.',
    ),
})
