/** The body of a batch as a list of objects, within its limits. */
import { GatewayError } from '#base/errors.ts'
import { type Body, type Row, readRows } from './body.ts'
import type { FormLimits } from './limits.ts'
import type { LimitsOptions } from './options.ts'

/** @throws GatewayError malformed_body, unsupported_media_type, body_too_large */
export function readRowsOfBatch(body: Body, limits: FormLimits & LimitsOptions): readonly Row[] {
  const { rows, many } = readRows(body, { ...limits, bulkRows: Math.max(limits.bulkRows, limits.batchItems) })
  if (!many) throw new GatewayError('malformed_body', 'A batch is a JSON array of items.')
  if (rows.length > limits.batchItems)
    throw new GatewayError(
      'body_too_large',
      `The batch has ${rows.length} items, the limit is ${limits.batchItems} (limits.batchItems).`,
      {
        facts: { limit: limits.batchItems, items: rows.length },
      },
    )
  return rows
}
