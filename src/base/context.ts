/** Who asks, until when, and where to report: what travels with a request through every room. */
import type { Observe } from './observation.ts'
import type { Signal } from './signal.ts'

/** The authenticated caller. Has exactly one role. */
export interface Principal {
  readonly subject: string
  readonly role: string
  readonly claims: Readonly<Record<string, unknown>>
}

/** Travels with one request. */
export interface Context {
  readonly principal: Principal
  /** Aborted when the client hangs up or the gateway gives up draining. */
  readonly signal: Signal
  /** Monotonic milliseconds (Clock.now) at which everything must be over. */
  readonly deadline: number
  readonly requestId: string
  readonly observe: Observe
  /** W3C Trace Context of the request's span, where requests are traced. */
  readonly traceparent?: string | undefined
  /** Filled in on the way; ends up in Server-Timing, the log and the metrics. Milliseconds. */
  readonly timing: { poolMs: number; dbMs: number }
  /** Only where there are replicas: what read-your-writes needs of the request, and gives back. */
  readonly consistency?: Consistency | undefined
}

/** Read-your-writes of one request. */
export interface Consistency {
  /** The token that came along, unread. */
  readonly token: string | undefined
  /** How the caller names itself (Postern-Client). */
  readonly client: string | undefined
  /** The token that goes out with the answer. */
  answer: string | undefined
}
