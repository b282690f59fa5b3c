/** Signs short texts that clients bring back: cursors and consistency tokens. */
import { createHmac, createSecretKey } from 'node:crypto'

/** Bytes of the HMAC kept: 128 bits, beyond guessing. */
export const macBytes = 16

/**
 * HMAC-SHA-256 (RFC 2104), cut to `macBytes`.
 * @param secret any text
 * @returns a function from what the text is for and the text itself
 */
export function createMac(secret: string): (purpose: string, text: string) => Buffer {
  // Made once: a key that is given as a text each time takes longer than all the rest.
  const key = createSecretKey(secret, 'utf8')
  return (purpose, text) =>
    createHmac('sha256', key).update(`${purpose}\0${text}`).digest().subarray(0, macBytes)
}
