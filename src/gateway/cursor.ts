/** Signed cursors for keyset pages: the order values of the last row, bound to resource, order and version. */
import { timingSafeEqual } from 'node:crypto'
import { GatewayError } from '#base/errors.ts'
import { createMac, macBytes } from '#base/mac.ts'

export interface Cursors {
  /** `signature` says what the cursor is for (plan.page.signature). */
  write(signature: string, values: readonly (string | null)[]): string
  /** @throws GatewayError invalid_cursor when it was changed, or made for something else */
  read(signature: string, cursor: string, terms: number): readonly (string | null)[]
}

/** @param secret the same for all gateways of one database, so that any of them takes the cursors of the others */
export function createCursors(secret: string): Cursors {
  const mac = createMac(secret)
  const refuse = () =>
    new GatewayError(
      'invalid_cursor',
      'The value of after is not a cursor of this resource, order and version.',
    )
  return {
    write(signature, values) {
      const payload = JSON.stringify(values)
      return Buffer.concat([mac(signature, payload), Buffer.from(payload)]).toString('base64url')
    },
    read(signature, cursor, terms) {
      const bytes = Buffer.from(cursor, 'base64url')
      if (bytes.length <= macBytes || bytes.toString('base64url') !== cursor) throw refuse()
      const payload = bytes.subarray(macBytes).toString('utf8')
      if (!timingSafeEqual(mac(signature, payload), bytes.subarray(0, macBytes))) throw refuse()
      const values = JSON.parse(payload) as (string | null)[]
      if (values.length !== terms) throw refuse()
      return values
    },
  }
}
