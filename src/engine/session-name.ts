/** How the sessions of a gateway name themselves to the server, so that gateways can be told apart and counted. */
import { randomBytes } from 'node:crypto'

/** Bytes of the id behind the name: three tell sixteen million gateways apart. */
const idBytes = 3

/** Characters of what stands behind the configured name: the stroke and the id in hexadecimal. */
export const sessionIdLength = 1 + 2 * idBytes

/** `postern` → `postern/3f2a91`. */
export const nameSessions = (applicationName: string): string =>
  `${applicationName}/${randomBytes(idBytes).toString('hex')}`
