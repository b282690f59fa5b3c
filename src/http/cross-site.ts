/** Requests that a web page elsewhere has a browser send here, where nobody has asked whether they are welcome. */
import { GatewayError } from '#base/errors.ts'

/** Bodies that a page of another origin may send only after a preflight, which this gateway never grants (CORS is off). */
const preflighted = /^\s*(?:application\/json|text\/csv)\s*(?:;|$)/i

/** `Sec-Fetch-Site` of what the page itself asks of its own server, or somebody by hand. */
const own: ReadonlySet<string> = new Set(['same-origin', 'none'])

/**
 * A browser reaches loopback, too. It asks before it sends another origin a PUT, PATCH or DELETE, or a body of JSON or CSV;
 * but a POST without a type, which is JSON here, or with no body at all, it sends at once, with a note of who had it do so.
 * @param x `header` gives the value of a header by its name in lower case
 * @throws GatewayError forbidden
 */
export function refuseCrossSite(x: {
  readonly method: string
  header(name: string): string | undefined
}): void {
  if (x.method !== 'POST' || preflighted.test(x.header('content-type') ?? '')) return
  const site = x.header('sec-fetch-site')
  const origin = x.header('origin')
  const foreign =
    site === undefined
      ? origin !== undefined && origin.replace(/^https?:\/\//, '') !== x.header('host')
      : !own.has(site)
  if (foreign)
    throw new GatewayError(
      'forbidden',
      'Pages of another origin may not send this: a POST without Content-Type: application/json or text/csv.',
    )
}
