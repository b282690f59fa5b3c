/** Signs short texts that clients bring back: cursors and consistency tokens. */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** Bytes of the HMAC kept: 128 bits, beyond guessing. */
const macBytes = 16

/** Texts in base64url behind an HMAC-SHA-256 (RFC 2104, RFC 4648 section 5). `purpose` says what a text is for. */
export interface Seal {
  close(purpose: string, text: string): string
  /** The text, or undefined when it was changed, or sealed for something else. */
  open(purpose: string, sealed: string): string | undefined
}

/** @param secret any text */
export function createSeal(secret: string): Seal {
  // Made once: a key that is given as a text each time takes longer than all the rest.
  const key = createSecretKey(secret, 'utf8')
  const mac = (purpose: string, text: string) =>
    createHmac('sha256', key).update(`${purpose}\0${text}`).digest().subarray(0, macBytes)
  return {
    close: (purpose, text) => Buffer.concat([mac(purpose, text), Buffer.from(text)]).toString('base64url'),
    open: (purpose, sealed) => {
      const bytes = Buffer.from(sealed, 'base64url')
      // Another spelling of the same bytes is none of ours.
      if (bytes.length <= macBytes || bytes.toString('base64url') !== sealed) return undefined
      const text = bytes.subarray(macBytes).toString('utf8')
      return timingSafeEqual(mac(purpose, text), bytes.subarray(0, macBytes)) ? text : undefined
    },
  }
}
