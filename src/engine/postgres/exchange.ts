/** What a session is made of and what it is asked for. */
import type { Socket } from 'node:net'
import type { Signal } from '#base/signal.ts'
import type { CancelReason } from '#engine/session-errors.ts'

/** Takes the rows of an exchange: DataRow payloads, valid until the next one or `onChunk`. */
type OnRow = (bytes: Buffer, start: number) => void

/** One statement of an exchange. */
export interface Step {
  readonly text: string
  readonly values: readonly (string | null)[]
  /** In what form its columns are wanted, 0 text and 1 binary; left out: all as text. */
  readonly formats?: readonly number[] | undefined
  /** Keep it prepared. */
  readonly prepare: boolean
}

export interface ExchangeOptions {
  readonly deadline: number
  readonly signal: Signal
  /** Rows of the steps, but not of those in `before`. */
  readonly onRow: OnRow
  /** Everything that has come is dealt with: the bytes of the last row are about to go. */
  readonly onChunk?: () => void
  /** Run before the steps in the same trip, without rows: BEGIN, a changed statement_timeout. */
  readonly before?: readonly Step[]
  /**
   * Runs once the steps are over and their transaction committed, in the same trip. What becomes of it changes nothing
   * about them. Not with a portal.
   */
  readonly behind?: { readonly step: Step; readonly onRow: OnRow }
  /** Told the rows each step touched when it is done, before the rows of the next one come. */
  readonly onDone?: (affected: number) => void
  /** Send now rather than at the end of the turn: it is the end of the turn. */
  readonly atOnce?: boolean
  /** Ask for this many rows at a time and await `onBatch` between. */
  readonly portal?: { readonly rows: number; readonly onBatch: () => Promise<'more' | 'stop'> }
}

export interface Session {
  readonly processId: number
  /**
   * Runs statements in one trip; resolves with the rows they touched. One trip at a time. Of several, the first that fails
   * ends the trip: those before it are done, those behind it were not begun.
   */
  exchange(steps: readonly Step[], o: ExchangeOptions): Promise<number>
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
