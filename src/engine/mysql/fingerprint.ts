/**
 * The digest of what the catalogue was read from, made in two places: by the server, over rows that stay there, and here,
 * over those that were read. So a fingerprint is always that of the very rows that a catalogue was made of. Pure.
 */
import { createHash } from 'node:crypto'
import { nothing, separator } from './catalog-sql.ts'

export type RawRows = readonly (readonly (string | null)[])[]

/**
 * As the expression of digestSql gives it: the number of rows, and an exclusive or of the first 64 bits of a SHA-256
 * digest of each. Rows differ by their names, so that none takes another away, and their order does not matter.
 */
export function digestOf(rows: RawRows): string {
  let high = 0
  let low = 0
  for (const row of rows) {
    const text = row.map((value) => value ?? nothing).join(separator)
    const hash = createHash('sha256').update(text).digest()
    high ^= hash.readUInt32BE(0)
    low ^= hash.readUInt32BE(4)
  }
  return `${rows.length}:${(BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)}`
}

/** One text of many: what the server is and who we are there, and the digests in their order. */
export const fingerprintOf = (parts: readonly (string | null)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')
