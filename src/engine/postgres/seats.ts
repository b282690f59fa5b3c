/** One session for several borrowers: their statements travel in one trip, and each gets off when its own time is over. */
import type { Clock } from '#base/clock.ts'
import { type AbortObserver, Cancellation } from '#base/signal.ts'
import type { Bound } from '#plan/ast.ts'
import { type Alarm, createAlarm } from '#engine/alarm.ts'
import type { Compiled, Connection, Result, RunOptions, Shared } from '#engine/engine.ts'
import type { RowWriter } from '#engine/rows.ts'
import { Cancelled, type CancelReason } from '#engine/session-errors.ts'
import type { ExchangeOptions, Step } from './exchange.ts'
import { ServerError } from './server-error.ts'

/** What trips need of the connection. */
export interface Vehicle {
  readonly clock: Pick<Clock, 'now' | 'after'>
  isUsable(): boolean
  /** As a session's exchange, with the server's time-out seen to. */
  exchange(steps: readonly Step[], o: ExchangeOptions): Promise<number>
  readonly writerOf: (q: Compiled, o: Pick<RunOptions, 'format' | 'keep'>) => RowWriter
}

/** @returns makes the seats of a trip; one trip of a session at a time */
export function createSeats(vehicle: Vehicle): (count: number) => Shared {
  let trip: Trip | undefined
  /** One timer for all trips of the session. */
  const alarm = createAlarm({
    now: vehicle.clock.now,
    after: vehicle.clock.after,
    current: () => trip?.firstDeadline(),
    expire: () => trip?.expire(),
  })
  return (count) => {
    const next = new Trip(vehicle, alarm, count)
    trip = next
    const seats: Connection[] = []
    for (let i = 0; i < count; i++) seats.push(new Seat(next, vehicle))
    return { seats, over: next.over }
  }
}

/** One statement aboard, or what has become of it. It listens to its caller's signal itself. */
class Passenger implements AbortObserver {
  readonly step: Step
  readonly q: Compiled
  readonly o: RunOptions
  waits = true
  private readonly trip: Trip
  private readonly resolve: (result: Result) => void
  private readonly reject: (error: unknown) => void

  constructor(
    trip: Trip,
    q: Compiled,
    values: readonly Bound[],
    o: RunOptions,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
  ) {
    this.trip = trip
    this.q = q
    this.step = { text: q.text, values: q.bind(values), prepare: q.prepare }
    this.o = o
    this.resolve = resolve
    this.reject = reject
    o.signal.addEventListener('abort', this)
  }

  arrive(result: Result): void {
    if (this.leave()) this.resolve(result)
  }

  fail(error: unknown): void {
    if (this.leave()) this.reject(error)
  }

  /** The caller hung up. */
  handleEvent(): void {
    this.trip.getOff(this, 'client')
  }

  private leave(): boolean {
    const waited = this.waits
    this.waits = false
    if (waited) this.o.signal.removeEventListener('abort', this)
    return waited
  }
}

/** The statements of one loan, from the first seat taken until the session is free again. */
class Trip {
  readonly over: Promise<void>
  private readonly vehicle: Vehicle
  private readonly alarm: Alarm
  /** Seats of which nobody knows yet whether they will be used. */
  private open: number
  private readonly aboard: Passenger[] = []
  private readonly signal = new Cancellation()
  private end!: () => void

  constructor(vehicle: Vehicle, alarm: Alarm, seats: number) {
    this.vehicle = vehicle
    this.alarm = alarm
    this.open = seats
    this.over = new Promise((resolve) => {
      this.end = resolve
    })
  }

  board(q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.aboard.push(new Passenger(this, q, values, o, resolve, reject))
      this.seatTaken()
    })
  }

  /** One seat less to wait for. */
  seatTaken(): void {
    if (--this.open > 0) return
    const first = this.firstDeadline()
    if (first !== undefined) this.alarm.watch(first)
    this.travel().then(this.end, this.end)
  }

  /** The others travel on; behind the last one the statement is cancelled. */
  getOff(passenger: Passenger, why: CancelReason): void {
    passenger.fail(new Cancelled(why))
    if (!this.aboard.some(({ waits }) => waits)) this.signal.abort(why)
  }

  firstDeadline(): number | undefined {
    let first: number | undefined
    for (const { waits, o } of this.aboard)
      if (waits && (first === undefined || o.deadline < first)) first = o.deadline
    return first
  }

  expire(): void {
    const now = this.vehicle.clock.now()
    for (const passenger of this.aboard)
      if (passenger.waits && passenger.o.deadline <= now) this.getOff(passenger, 'deadline')
    const next = this.firstDeadline()
    if (next !== undefined) this.alarm.watch(next)
  }

  /** A statement that fails ends an exchange; those behind it take the next one. */
  private async travel(): Promise<void> {
    let ahead = this.aboard.filter(({ waits }) => waits)
    while (ahead.length > 0) {
      let done = 0
      try {
        await this.exchange(ahead, () => done++)
        return
      } catch (error) {
        const goesOn = error instanceof ServerError && this.vehicle.isUsable()
        const failed = goesOn ? ahead.slice(0, done + 1) : ahead
        for (const passenger of failed) passenger.fail(error)
        ahead = goesOn ? ahead.slice(done + 1).filter(({ waits }) => waits) : []
      }
    }
  }

  private async exchange(passengers: readonly Passenger[], onDone: () => void): Promise<void> {
    const { writerOf } = this.vehicle
    let at = 0
    /** Equal statements share a writer: it begins anew when the one before is done. */
    let writer: RowWriter | undefined
    let deadline = 0
    for (const { o } of passengers) deadline = Math.max(deadline, o.deadline)
    const current = () => passengers[at] as Passenger
    const written = (passenger: Passenger) => (writer ??= writerOf(passenger.q, passenger.o))
    await this.vehicle.exchange(
      passengers.map(({ step }) => step),
      {
        deadline,
        signal: this.signal,
        atOnce: true,
        onRow: (bytes, start) => {
          const passenger = current()
          if (!passenger.waits) return
          try {
            written(passenger).row(bytes, start)
          } catch (error) {
            passenger.fail(error)
          }
        },
        onChunk: () => writer?.hold(),
        onDone: (affected) => {
          const passenger = current()
          if (passenger.waits) {
            const { body, rows, hidden } = written(passenger).finish()
            passenger.arrive({ body, rows, affected, hidden })
          }
          writer = undefined
          at++
          onDone()
        },
      },
    )
  }
}

/** A place in a trip, which does nothing but run one statement. */
class Seat implements Connection {
  private readonly trip: Trip
  private readonly vehicle: Vehicle
  private free = true

  constructor(trip: Trip, vehicle: Vehicle) {
    this.trip = trip
    this.vehicle = vehicle
  }

  run(q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result> {
    if (!this.free) return Promise.reject(new Error('a shared session runs one statement for each borrower'))
    this.free = false
    return this.trip.board(q, values, o)
  }

  close(): Promise<void> {
    if (this.free) {
      this.free = false
      this.trip.seatTaken()
    }
    return Promise.resolve()
  }

  isUsable = (): boolean => this.vehicle.isUsable()
  stream = alone
  transaction = alone
  query = alone
  role = alone
}

const alone = (): Promise<never> =>
  Promise.reject(new Error('a shared session has neither streams nor transactions'))
