/** Signed cursors for keyset pages: the order values of the last row, bound to resource, order and version. */
import { GatewayError } from '#base/errors.ts'
import { createSeal } from '#base/seal.ts'

export interface Cursors {
  /** `signature` says what the cursor is for (plan.page.signature). */
  write(signature: string, values: readonly (string | null)[]): string
  /** @throws GatewayError invalid_cursor when it was changed, or made for something else */
  read(signature: string, cursor: string, terms: number): readonly (string | null)[]
}

/** @param secret the same for all gateways of one database, so that any of them takes the cursors of the others */
export function createCursors(secret: string): Cursors {
  const seal = createSeal(secret)
  const refuse = () =>
    new GatewayError(
      'invalid_cursor',
      'The value of after is not a cursor of this resource, order and version.',
    )
  return {
    write: (signature, values) => seal.close(signature, JSON.stringify(values)),
    read(signature, cursor, terms) {
      const text = seal.open(signature, cursor)
      if (text === undefined) throw refuse()
      const values = JSON.parse(text) as (string | null)[]
      if (values.length !== terms) throw refuse()
      return values
    },
  }
}
