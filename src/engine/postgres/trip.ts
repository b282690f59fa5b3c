/** One trip of a session with several statements aboard: who has boarded, who has got off, and what each is told. */
import type { Clock } from '#base/clock.ts'
import { type AbortObserver, Cancellation } from '#base/signal.ts'
import type { Bound } from '#plan/ast.ts'
import type { Alarm } from '#engine/alarm.ts'
import type { Compiled, Connection, Result, RunOptions } from '#engine/engine.ts'
import type { RowWriter } from '#engine/rows.ts'
import { type Aboard, Ride } from '#engine/seats.ts'
import { Cancelled, type CancelReason } from '#engine/session-errors.ts'
import type { ExchangeOptions, Step } from './exchange.ts'
import { stepOf } from './formats.ts'

/** What trips need of the connection. */
export interface Vehicle {
  readonly clock: Pick<Clock, 'now' | 'after'>
  isUsable(): boolean
  /** As a session's exchange, with the server's time-out seen to. */
  exchange(steps: readonly Step[], o: ExchangeOptions): Promise<number>
  readonly role: Connection['role']
  readonly writerOf: (q: Compiled, o: Pick<RunOptions, 'format' | 'keep'>) => RowWriter
}

/** One statement aboard, or what has become of it. It listens to its caller's signal itself. */
export class Passenger implements AbortObserver {
  readonly step: Step
  readonly q: Compiled
  readonly o: RunOptions
  waits = true
  /** It failed those it travelled with, or kept them waiting. */
  disturbed = false
  /** Its caller has hung up, but what it asked for may still be done: it is told when that is known. */
  hungUp = false
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
    this.step = stepOf(q, values)
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
    this.trip.hangUp(this)
  }

  private leave(): boolean {
    const waited = this.waits
    this.waits = false
    if (waited) this.o.signal.removeEventListener('abort', this)
    return waited
  }
}

/** Statements that travel in as few exchanges as they can. */
export abstract class Trip extends Ride {
  protected readonly vehicle: Vehicle
  protected readonly alarm: Alarm
  private readonly aboard: Passenger[] = []
  /** Those whose statements are in the exchange under way, and what cancels it. */
  private riding: readonly Passenger[] = []
  private signal = new Cancellation()

  constructor(vehicle: Vehicle, alarm: Alarm, seats: number) {
    super(vehicle, seats)
    this.vehicle = vehicle
    this.alarm = alarm
  }

  /** When the alarm is to call `expire` (monotonic ms); undefined: not at all. */
  abstract due(): number | undefined
  abstract expire(): void

  protected enter(q: Compiled, values: readonly Bound[], o: RunOptions): Aboard {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const passenger = new Passenger(this, q, values, o, resolve, reject)
    this.aboard.push(passenger)
    return { passenger, answer: promise }
  }

  abstract hangUp(passenger: Passenger): void

  /** The others travel on; behind the last one what runs is cancelled. */
  protected getOff(passenger: Passenger, why: CancelReason): void {
    passenger.fail(new Cancelled(why))
    this.cancelIfLeft(why)
  }

  /** Cancels what runs if nobody waits for it any more. */
  protected cancelIfLeft(why: CancelReason): void {
    if (!this.riding.some(({ waits, hungUp }) => waits && !hungUp)) this.cancel(why)
  }

  protected isRiding(passenger: Passenger): boolean {
    return this.riding.includes(passenger)
  }

  protected cancel(why: CancelReason): void {
    this.signal.abort(why)
  }

  protected waiting(): readonly Passenger[] {
    return this.aboard.filter(({ waits }) => waits)
  }

  /**
   * Runs the statements in one exchange: one implicit transaction.
   * @param onDone told of each statement that is done, in order; of one that nobody waits for, or whose rows did not fit,
   *   without a result
   */
  protected async exchange(
    passengers: readonly Passenger[],
    deadline: number,
    onDone: (passenger: Passenger, result: Result | undefined) => void,
  ): Promise<void> {
    const { writerOf } = this.vehicle
    this.riding = passengers
    this.signal = new Cancellation()
    let at = 0
    /** Equal statements share a writer: it begins anew when the one before is done. */
    let writer: RowWriter | undefined
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
          let result: Result | undefined
          if (passenger.waits) {
            const { body, rows, hidden } = written(passenger).finish()
            result = { body, rows, affected, hidden }
          }
          writer = undefined
          at++
          onDone(passenger, result)
        },
      },
    )
  }
}
