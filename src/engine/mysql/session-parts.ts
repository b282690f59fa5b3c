/** What a session is to whoever uses it, and what it stands on. */
import type { Socket } from 'node:net'
import type { Timer } from '#base/clock.ts'
import type { CancelReason } from '#engine/session-errors.ts'
import type { ExchangeOptions, Step } from './exchange.ts'
import type { KillWhat } from './kill.ts'

export interface Session {
  /** Runs one statement; resolves with the rows it touched, or gave. One at a time. */
  exchange(step: Step, o: ExchangeOptions): Promise<number>
  /**
   * Runs statements that travel together, as far as they are prepared already: the server takes them one after the other. Each
   * is told of its own end, and what befalls one is nothing to the others: its caller may leave at any time. Not for streams.
   */
  convoy(of: readonly { readonly step: Step; readonly o: ExchangeOptions }[]): {
    readonly outcomes: readonly Promise<number>[]
    /** Resolves when the session is free again, or lost: later than all are told when some of them have left. */
    readonly over: Promise<void>
  }
  /** Stops reading from the server until `resume`, so that rows pile up there and not here. */
  pause(): void
  resume(): void
  inTransaction(): boolean
  /** How many warnings the rows of the last statement came with. */
  warnings(): number
  usable(): boolean
  close(): Promise<void>
}

/** What a session stands on: a socket after login, and how to cancel and to tell the time. */
export interface SessionParts {
  readonly socket: Socket
  /** The server leaves out descriptions of columns that have not changed. */
  readonly cachesMetadata: boolean
  /** Most statements kept prepared; the least recently used one makes room. */
  readonly maxPrepared: number
  /** max_allowed_packet, bytes. */
  readonly maxPacket: () => number
  readonly now: () => number
  readonly after: (ms: number, body: () => void) => Timer
  readonly soon: (body: () => void) => void
  /** Ends what the session runs, or the session with it; resolves when the server has confirmed it. */
  readonly sendKill: (what: KillWhat) => Promise<void>
  readonly onCancel: (why: CancelReason, outcome: 'sent' | 'failed') => void
  /** Told once when the session is lost or closed. */
  readonly onClosed: () => void
}
