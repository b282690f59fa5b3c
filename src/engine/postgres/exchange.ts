/** What a session is made of and what it is asked for. */
import type { Socket } from 'node:net'
import type { Signal } from '#base/signal.ts'
import type { CancelReason } from '#engine/session-errors.ts'

/** Takes the rows of an exchange: DataRow payloads, valid during the call. */
type OnRow = (bytes: Buffer, start: number) => void

/** One statement of an exchange. */
export interface Step {
  readonly text: string
  readonly values: readonly (string | null)[]
  /** Keep it prepared. */
  readonly prepare: boolean
}

export interface ExchangeOptions {
  readonly deadline: number
  readonly signal: Signal
  /** Rows of the last step. */
  readonly onRow: OnRow
  /** Run before the steps in the same trip, without rows: BEGIN, a changed statement_timeout. */
  readonly before?: readonly Step[]
  /**
   * Runs once the step is over and its transaction committed, in the same trip. What becomes of it changes nothing about
   * the step. Not with a portal.
   */
  readonly behind?: { readonly step: Step; readonly onRow: OnRow }
  /** Ask for this many rows at a time and await `onBatch` between. */
  readonly portal?: { readonly rows: number; readonly onBatch: () => Promise<'more' | 'stop'> }
}

export interface Session {
  readonly processId: number
  /** Runs one statement; resolves with the rows it touched. One at a time. */
  exchange(step: Step, o: ExchangeOptions): Promise<number>
  /** Stops reading from the server until `resume`, so that rows pile up there and not here. */
  pause(): void
  resume(): void
  /** `I` idle, `T` in a transaction, `E` in a failed one. */
  status(): 'I' | 'T' | 'E'
  usable(): boolean
  close(): Promise<void>
}

/** What a session stands on: a socket after login, and how to cancel and to tell the time. */
export interface SessionParts {
  readonly socket: Socket
  readonly processId: number
  /** Most statements kept prepared; the least recently used one makes room. */
  readonly maxPrepared: number
  readonly now: () => number
  readonly after: (ms: number, body: () => void) => { cancel(): void }
  readonly soon: (body: () => void) => void
  /** Sends a CancelRequest; resolves when the server has closed that connection. */
  readonly sendCancel: () => Promise<void>
  readonly onCancel: (why: CancelReason, outcome: 'sent' | 'failed') => void
  readonly onNotify: ((channel: string, payload: string) => void) | undefined
  /** Told once when the session is lost or closed. */
  readonly onClosed: () => void
}
