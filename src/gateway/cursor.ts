/** Signed cursors for keyset pages: the order values of the last row, bound to resource, order and version. */
import { GatewayError } from '#base/errors.ts'
import { createSeal } from '#base/seal.ts'

/**
 * Characters of the longest cursor that is handed out. It travels in a `Link` header and in a URL: nginx gives all headers of an answer
 * 4 KiB (proxy_buffer_size), which leaves room for the rest of the query.
 */
export const longestCursor = 3000

/** What a cursor says of the last row of a page: its order values, and how many rows lay before the next page when it was read. */
export interface Place {
  readonly values: readonly (string | null)[]
  readonly passed: number
}

export interface Cursors {
  /**
   * `signature` says what the cursor is for (plan.page.signature).
   * @returns undefined where the order values are too long for a URL (`longestCursor`)
   */
  write(signature: string, place: Place): string | undefined
  /** @throws GatewayError invalid_cursor when it was changed, or made for something else */
  read(signature: string, cursor: string, terms: number): Place
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
    write(signature, { values, passed }) {
      const text = JSON.stringify([passed, ...values])
      if (text.length > longestCursor) return undefined
      const cursor = seal.close(signature, text)
      return cursor.length > longestCursor ? undefined : cursor
    },
    read(signature, cursor, terms) {
      const text = seal.open(signature, cursor)
      if (text === undefined) throw refuse()
      const [passed, ...values] = JSON.parse(text) as [number, ...(string | null)[]]
      if (values.length !== terms) throw refuse()
      return { values, passed }
    },
  }
}
