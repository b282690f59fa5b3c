/** What is wrong with the head of a request that Node takes for one. */
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '#base/errors.ts'
import { shown } from './refuse.ts'

/** RFC 9110 section 7.2: a host as in URLs, and perhaps a port. */
const validHost = /^(?:\[[\da-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d*)?$/i

/** Between the parts of a field line: colon, blank and line break. */
const betweenBytes = 4

/**
 * Looks at the head without making anything of it: this is done for every request.
 * @param maxHeaders bytes of all field lines; undefined: whatever Node takes
 * @returns undefined when it is in order; malformed_request, headers_too_large, not_supported
 */
export function faultOfHead(
  { headers, rawHeaders, httpVersion }: IncomingMessage,
  maxHeaders: number | undefined,
): GatewayError | undefined {
  let bytes = 0
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    bytes += name.length + (rawHeaders[i + 1] as string).length + betweenBytes
    // Node keeps the first of several, where whoever stands before it may have looked at the last.
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  if (maxHeaders !== undefined && bytes > maxHeaders)
    return new GatewayError(
      'headers_too_large',
      `The headers have ${bytes} bytes, the limit is ${maxHeaders} (limits.headers).`,
      { facts: { limit: maxHeaders } },
    )
  // RFC 9112 section 3.2: one, and required from 1.1 on.
  const { host, 'transfer-encoding': encoding } = headers
  if (hosts > 1)
    return new GatewayError('malformed_request', `There are ${hosts} Host headers, where one is right.`)
  if (host === undefined ? httpVersion !== '1.0' : !validHost.test(host))
    return new GatewayError('malformed_request', 'There is no Host header, or it names no host.')
  // RFC 9112 section 6.1. Node reads the chunks, and leaves what is in them as it is.
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    return new GatewayError(
      'not_supported',
      `Transfer-Encoding: ${shown(encoding)} is not taken; chunked is, or a Content-Length.`,
    )
  return undefined
}
