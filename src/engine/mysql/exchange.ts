/** One statement under way in a session: what is asked of it, and what has become of it so far. */
import type { Timer } from '#base/clock.ts'
import type { AbortObserver, Signal } from '#base/signal.ts'
import { Cancelled, type CancelReason, SessionLost } from '#engine/session-errors.ts'
import type { Fields } from './packets.ts'
import type { ServerError } from './server-error.ts'
import type { Prepared } from './statements.ts'

/** One statement. */
export interface Step {
  readonly text: string
  /** undefined: sent as text (COM_QUERY), for statements without values that need not or cannot be prepared. */
  readonly values: readonly (string | null)[] | undefined
  /** Keep it prepared. */
  readonly prepare: boolean
}

/** A statement without values that goes as text. */
export const plain = (text: string): Step => ({ text, values: undefined, prepare: false })

/** Takes the rows of an exchange: one is `bytes[start..end)`, valid during the call. */
export type OnRow = (bytes: Buffer, start: number, end: number, fields: Fields) => void

/**
 * Told before the rows of each result.
 * @param set which result of the statement it is, from 0; a CALL may give several
 * @param parameters its row holds the output parameters of a CALL
 */
export type OnFields = (fields: Fields, set: number, parameters: boolean) => void

export interface ExchangeOptions {
  readonly deadline: number
  readonly signal: Signal
  readonly onRow: OnRow
  readonly onFields?: OnFields
  /** Told at once when the server is done with it and has told no error, before anything of the next one is read. */
  readonly onDone?: (affected: number) => void
  /** Rows without end: when `onRow` throws, or the exchange is cancelled, the server is stopped and rejects what is left. */
  readonly stream?: boolean
}

/** The statement under way. It listens to the caller's signal itself. */
export interface Exchange extends AbortObserver {
  readonly step: Step
  readonly o: ExchangeOptions
  readonly resolve: (affected: number) => void
  readonly reject: (error: Error) => void
  /** `waiting`: behind others, and not sent yet. */
  phase: 'waiting' | 'preparing' | 'executing' | 'over' | 'taking up'
  /** Of step, once it is prepared. */
  statement: Prepared | undefined
  /** Prepared for this exchange only. */
  passing: boolean
  /** It was prepared a second time. */
  again: boolean
  affected: number
  error: ServerError | undefined
  /** The step's own failure in our code (a row that does not fit), or that its caller has left those it travels with. */
  broken: Error | undefined
  cancelled: CancelReason | undefined
  /** Never executed, because it was cancelled before. */
  unsent: boolean
  kill: 'none' | 'pending' | 'done'
  giveUp: Timer | undefined
}

export function createExchange(
  step: Step,
  o: ExchangeOptions,
  resolve: Exchange['resolve'],
  reject: Exchange['reject'],
  handleEvent: () => void,
): Exchange {
  return {
    step,
    o,
    resolve,
    reject,
    handleEvent,
    phase: 'waiting',
    statement: undefined,
    passing: false,
    again: false,
    affected: 0,
    error: undefined,
    broken: undefined,
    cancelled: undefined,
    unsent: false,
    kill: 'none',
    giveUp: undefined,
  }
}

/** What takes up a kill that came after the end of its statement; if it does, it is refused, and that is all. */
export const harmless = 'DO 0'

/** Whoever takes rows still wants them. */
export const wanted = (exchange: Exchange | undefined): exchange is Exchange =>
  exchange !== undefined &&
  exchange.phase === 'executing' &&
  exchange.broken === undefined &&
  (exchange.cancelled === undefined || !exchange.o.stream)

/** Nobody waits for it any more. */
export function leave(exchange: Exchange): void {
  exchange.giveUp?.cancel()
  exchange.o.signal.removeEventListener('abort', exchange)
}

/** Tells whoever waits for it what it came to. */
export function conclude(exchange: Exchange): void {
  leave(exchange)
  const { error, broken, cancelled } = exchange
  // Before what the server says: it may have been stopped for this very reason.
  if (broken !== undefined) exchange.reject(broken)
  else if (error !== undefined) {
    error.cancelled = cancelled
    exchange.reject(error)
  } else if (cancelled !== undefined && (exchange.unsent || exchange.o.stream))
    exchange.reject(new Cancelled(cancelled))
  else exchange.resolve(exchange.affected)
}

/** The session was lost before the end of it, or at least of what comes behind it. */
export function concludeLost(exchange: Exchange, error: Error): void {
  const { phase, cancelled } = exchange
  if (phase === 'over' || phase === 'taking up') {
    conclude(exchange)
    return
  }
  leave(exchange)
  // Preparing runs nothing.
  const sent = phase === 'executing'
  exchange.reject(new SessionLost(error.message, sent, { cause: error, cancelled }))
}

/** Why a statement with these limits is not worth sending. */
export function tooLate({ signal, deadline }: ExchangeOptions, now: number): SessionLost | undefined {
  if (signal.aborted) return new SessionLost('aborted before it was sent', false, { cancelled: 'client' })
  return deadline <= now
    ? new SessionLost('the deadline had passed before it was sent', false, { cancelled: 'deadline' })
    : undefined
}
