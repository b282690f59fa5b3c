/** `limit` and `offset`. */
import { invalid } from './refuse.ts'

const digits = /^\d{1,16}$/

function parseCount(text: string, parameter: string): number {
  const count = digits.test(text) ? Number(text) : Number.NaN
  // 2^53 itself cannot be told from 2^53 + 1 once it is a double.
  if (!Number.isSafeInteger(count))
    throw invalid(parameter, `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`, {
      limit: Number.MAX_SAFE_INTEGER,
    })
  return count
}

/**
 * Rows to skip.
 * @throws GatewayError invalid_parameter
 */
export const parseOffset = parseCount

/**
 * Rows at most. `ceiling` is undefined where rows stream or are embedded.
 * @throws GatewayError invalid_parameter naming the ceiling
 */
export function parseLimit(text: string, parameter: string, ceiling: number | undefined): number {
  const limit = parseCount(text, parameter)
  if (ceiling !== undefined && limit > ceiling)
    throw invalid(
      parameter,
      `is ${limit}, at most ${ceiling}; follow Link rel="next", or ask for application/x-ndjson`,
      { limit: ceiling, actual: limit },
    )
  return limit
}
