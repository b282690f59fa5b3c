/** What the network or the driver's own session says → a fault in common words; the part of classification that all engines share. */
import { inspect } from 'node:util'
import type { Fault } from './engine.ts'
import { Cancelled, type CancelReason, SessionLost, TypesChanged } from './session-errors.ts'

export type Rule = Pick<Fault, 'kind' | 'applied'>
/** A statement that fails takes its effects back. */
export const no = (kind: Fault['kind']): Rule => ({ kind, applied: 'no' })
export const unknown = (kind: Fault['kind']): Rule => ({ kind, applied: 'unknown' })

export const whyCancelled = (why: CancelReason): Fault['kind'] =>
  why === 'deadline' ? 'timeout' : 'cancelled'

/** Codes of Node: errno(3) and node:tls. */
const network: Readonly<Record<string, Rule>> = {
  // Before anything could be sent
  CONNECT_TIMEOUT: no('disconnected'), // dial.ts: nobody answered in time
  ECONNREFUSED: no('disconnected'),
  ENOTFOUND: no('disconnected'),
  EAI_AGAIN: no('disconnected'),
  ENOENT: no('disconnected'), // no such Unix socket
  EACCES: no('disconnected'),
  EADDRNOTAVAIL: no('disconnected'), // no local port left
  EMFILE: no('busy'),
  ENFILE: no('busy'),
  CERT_HAS_EXPIRED: no('disconnected'),
  CERT_NOT_YET_VALID: no('disconnected'),
  CERT_REVOKED: no('disconnected'),
  DEPTH_ZERO_SELF_SIGNED_CERT: no('disconnected'),
  SELF_SIGNED_CERT_IN_CHAIN: no('disconnected'),
  UNABLE_TO_GET_ISSUER_CERT: no('disconnected'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: no('disconnected'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: no('disconnected'),
  ERR_TLS_CERT_ALTNAME_INVALID: no('disconnected'),
  TLS_REFUSED: no('disconnected'), // an engine's dial.ts: the server has no TLS, or broke its rules
  // At any time
  CONNECTION_CLOSED: unknown('disconnected'), // an engine's dial.ts: the server hung up without a word
  ECONNRESET: unknown('disconnected'),
  ECONNABORTED: unknown('disconnected'),
  EPIPE: unknown('disconnected'),
  ETIMEDOUT: unknown('disconnected'),
  EHOSTUNREACH: unknown('disconnected'),
  EHOSTDOWN: unknown('disconnected'),
  ENETUNREACH: unknown('disconnected'),
  ENETDOWN: unknown('disconnected'),
  EPROTO: unknown('disconnected'),
  ERR_STREAM_DESTROYED: unknown('disconnected'),
  ERR_STREAM_WRITE_AFTER_END: unknown('disconnected'),
  ERR_SOCKET_CLOSED: unknown('disconnected'),
}

/** What the session itself throws; undefined for anything else. A server that says why it hangs up is believed over the mere loss. */
export function classifySession(error: unknown, classify: (error: unknown) => Fault): Fault | undefined {
  if (error instanceof Cancelled) return { ...no(whyCancelled(error.why)), native: error.message }
  if (error instanceof TypesChanged) return { ...unknown('missing_object'), native: error.message }
  if (!(error instanceof SessionLost)) return undefined
  const cause = error.cause === undefined ? undefined : classify(error.cause)
  const because = cause === undefined || cause.kind === 'unknown' ? unknown('disconnected') : cause
  return {
    ...because,
    kind: error.cancelled === undefined ? because.kind : whyCancelled(error.cancelled),
    applied: error.sent ? because.applied : 'no',
    native: cause?.native ?? error.message,
  }
}

/**
 * Anything that is neither a server's nor a session's.
 * @param more codes of the library that does the login
 */
export function classifyNetwork(error: unknown, more: Readonly<Record<string, Rule>> = {}): Fault {
  if (!(error instanceof Error))
    return { ...unknown('unknown'), native: typeof error === 'string' ? error : inspect(error, { depth: 0 }) }
  const { code, syscall } = error as NodeJS.ErrnoException
  const native = typeof code === 'string' ? `${code}: ${error.message}` : error.message
  // The signal's own reason comes only from connecting; a session tells of its cancels itself.
  if (error.name === 'AbortError') return { ...no('cancelled'), native }
  if (error.name === 'TimeoutError') return { ...no('timeout'), native }
  const rule = typeof code === 'string' ? networkRule(code, more) : unknown('unknown')
  return { ...rule, ...(syscall === 'connect' && { applied: 'no' as const }), native }
}

function networkRule(code: string, more: Readonly<Record<string, Rule>>): Rule {
  const rule = more[code] ?? network[code]
  if (rule !== undefined) return rule
  // OpenSSL's own errors, of which there are hundreds.
  return unknown(/^ERR_(SSL|TLS)_/.test(code) ? 'disconnected' : 'unknown')
}
