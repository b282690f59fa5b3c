/** What follows one request through the house, where somebody wants it followed. */
import type { Observe } from './observation.ts'

/** The span of one request. */
export interface RequestTrace {
  /** W3C Trace Context, `traceparent`: trace, span of this request, and whether it is recorded. */
  readonly traceparent: string
  /** Takes what happens on the way of this request, and hands it on. Never throws. */
  readonly observe: Observe
}

/**
 * Begins the span of a request.
 * @param head.traceparent as it came (W3C Trace Context); what cannot be read begins a trace of its own
 * @param head.arrived monotonic ms
 */
export type StartTrace = (head: {
  readonly method: string
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
  readonly arrived: number
}) => RequestTrace
