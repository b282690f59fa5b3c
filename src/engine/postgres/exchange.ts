/** What a session is made of, what it is asked for, and what it knows of the statements under way. */
import type { Socket } from 'node:net'
import type { AbortObserver, Signal } from '#base/signal.ts'
import type { CancelReason } from '#engine/session-errors.ts'
import type { ServerError } from './server-error.ts'

/** Takes the rows of an exchange: DataRow payloads, valid until the next one or `onChunk`. */
type OnRow = (bytes: Buffer, start: number) => void

/** One statement of an exchange. */
export interface Step {
  readonly text: string
  readonly values: readonly (string | null)[]
  /** In what form its columns are wanted, 0 text and 1 binary; left out: all as text. */
  readonly formats?: readonly number[] | undefined
  /** Whether its columns, of these types (object ids), are what they are taken for; left out: they always are. */
  readonly fits?: ((types: readonly number[]) => boolean) | undefined
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

/** The statement under way. It listens to the caller's signal itself. */
export interface Exchange extends AbortObserver {
  readonly steps: readonly Step[]
  readonly o: ExchangeOptions
  readonly resolve: (affected: number) => void
  readonly reject: (error: Error) => void
  /** Texts whose ParseComplete is still to come, in order. */
  readonly parsing: string[]
  /** Likewise, of the step behind. */
  readonly parsingBehind: string[]
  /** The steps are over; the one behind runs. */
  answered: boolean
  /** CommandCompletes to come before those of the steps. */
  ahead: number
  /** Steps that are done. */
  done: number
  affected: number
  error: ServerError | undefined
  /** The step's own failure in our code (a row that does not fit). */
  broken: Error | undefined
  /** A row did not fit: what the server says and what we take it for have come apart. */
  misfit: boolean
  cancelled: CancelReason | undefined
  cancelRequest: 'none' | 'pending' | 'done'
  giveUp: { cancel(): void } | undefined
  /** The portal is open and the server waits for us. */
  suspended: boolean
  /** Of a portal: its Sync is on its way. Of a second one the answer would be taken for that of the next exchange. */
  synced: boolean
  /** ReadyForQuery has come: the outcome is known. */
  ready: boolean
  /** What it came to is kept until the statement behind a cancel is over, too. */
  takingUp: boolean
}

export function newExchange(
  steps: readonly Step[],
  o: ExchangeOptions,
  resolve: Exchange['resolve'],
  reject: Exchange['reject'],
  cancel: (why: CancelReason) => void,
): Exchange {
  return {
    steps,
    o,
    resolve,
    reject,
    // A trip says why itself; any other reason is a caller's who has gone.
    handleEvent: () => {
      const { reason } = o.signal
      cancel(reason === 'patience' || reason === 'deadline' ? reason : 'client')
    },
    parsing: [],
    parsingBehind: [],
    answered: false,
    ahead: o.before?.length ?? 0,
    done: 0,
    affected: 0,
    error: undefined,
    broken: undefined,
    misfit: false,
    cancelled: undefined,
    cancelRequest: 'none',
    giveUp: undefined,
    suspended: false,
    synced: false,
    ready: false,
    takingUp: false,
  }
}

/** Runs behind a cancel, to be hit in place of somebody's statement if the cancel came when its own was over. */
export const harmless: Step = { text: 'SELECT 1', values: [], prepare: false }

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
