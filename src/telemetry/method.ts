/** HTTP methods as metrics and spans name them. Pure. */

// RFC 9110, RFC 5789.
const known: ReadonlySet<string> = new Set('GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT'.split(' '))

/** The method, or `_OTHER`, as OpenTelemetry asks where it is none of the known ones: whatever clients send, names are bounded. */
export const methodName = (method: string): string => (known.has(method) ? method : '_OTHER')
