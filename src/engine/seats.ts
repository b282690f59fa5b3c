/** The seats of a session that several borrowers share: each runs one statement, and all set off when the last seat is taken or given back. */
import type { Bound } from '#plan/ast.ts'
import type { Compiled, Connection, Result, RunOptions, Shared } from './engine.ts'

/** Somebody on the way. */
export interface Aboard {
  readonly answer: Promise<Result>
  /** `disturbed`: it failed those it travelled with, or kept them waiting. */
  readonly passenger: { readonly disturbed: boolean }
}

/** One loan to several borrowers, from the first seat taken until the session is free again. */
export abstract class Ride {
  readonly over: Promise<void>
  private readonly session: Pick<Connection, 'role' | 'isUsable'>
  private asked: ReturnType<Connection['role']> | undefined
  /** Seats of which nobody knows yet whether they will be used. */
  private open: number
  private end!: () => void

  constructor(session: Pick<Connection, 'role' | 'isUsable'>, seats: number) {
    this.session = session
    this.open = seats
    this.over = new Promise((resolve) => {
      this.end = resolve
    })
  }

  /** Never rejects: whoever waits is told. */
  protected abstract travel(): Promise<void>
  protected abstract enter(q: Compiled, values: readonly Bound[], o: RunOptions): Aboard

  /** @throws what the statement throws at its values; the seat is given back then */
  board(q: Compiled, values: readonly Bound[], o: RunOptions): Aboard {
    try {
      return this.enter(q, values, o)
    } finally {
      this.seatTaken()
    }
  }

  /** One seat less to wait for. */
  seatTaken(): void {
    if (--this.open === 0) this.travel().then(this.end, this.end)
  }

  /** Asked when all are back and before the session is; once, whoever asks. */
  role(o: Parameters<Connection['role']>[0]): ReturnType<Connection['role']> {
    return (this.asked ??= this.over.then(() => this.session.role(o)))
  }

  isUsable(): boolean {
    return this.session.isUsable()
  }
}

export function seatsOf(ride: Ride, count: number): Shared {
  const seats: Connection[] = []
  for (let i = 0; i < count; i++) seats.push(new Seat(ride))
  return { seats, over: ride.over }
}

/** A place in a ride, which does nothing but run one statement. */
class Seat implements Connection {
  private readonly ride: Ride
  private free = true
  private passenger: Aboard['passenger'] | undefined

  constructor(ride: Ride) {
    this.ride = ride
  }

  // Not async: that would be one more promise for each of the most frequent statements.
  run(q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result> {
    if (!this.free) return Promise.reject(new Error('a shared session runs one statement for each borrower'))
    this.free = false
    try {
      const { passenger, answer } = this.ride.board(q, values, o)
      this.passenger = passenger
      return answer
    } catch (error) {
      return Promise.reject(error)
    }
  }

  close(): Promise<void> {
    if (this.free) {
      this.free = false
      this.ride.seatTaken()
    }
    return Promise.resolve()
  }

  /** Behind the statements of all, whose session it still is. */
  role(o: Parameters<Connection['role']>[0]): ReturnType<Connection['role']> {
    return this.free ? alone() : this.ride.role(o)
  }

  disturbed = (): boolean => this.passenger?.disturbed ?? false

  isUsable = (): boolean => this.ride.isUsable()
  stream = alone
  transaction = alone
  query = alone
}

const alone = (): Promise<never> =>
  Promise.reject(new Error('a shared session has neither streams nor transactions'))
