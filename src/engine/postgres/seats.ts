/** One session for several borrowers: their statements travel in one trip. */
import type { Bound } from '#plan/ast.ts'
import { createAlarm } from '#engine/alarm.ts'
import type { Compiled, Connection, Result, RunOptions, Shared } from '#engine/engine.ts'
import type { Passenger, Trip, Vehicle } from './trip.ts'
import { InsertsTrip, ReadsTrip } from './trips.ts'

/** @returns makes the seats of a trip; one trip of a session at a time */
export function createSeats(vehicle: Vehicle): (count: number, sharing: 'reads' | 'inserts') => Shared {
  let trip: Trip | undefined
  /** One timer for all trips of the session. */
  const alarm = createAlarm({
    now: vehicle.clock.now,
    after: vehicle.clock.after,
    current: () => trip?.due(),
    expire: () => trip?.expire(),
  })
  return (count, sharing) => {
    const next =
      sharing === 'reads' ? new ReadsTrip(vehicle, alarm, count) : new InsertsTrip(vehicle, alarm, count)
    trip = next
    const seats: Connection[] = []
    for (let i = 0; i < count; i++) seats.push(new Seat(next, vehicle))
    return { seats, over: next.over }
  }
}

/** A place in a trip, which does nothing but run one statement. */
class Seat implements Connection {
  private readonly trip: Trip
  private readonly vehicle: Vehicle
  private free = true
  private passenger: Passenger | undefined

  constructor(trip: Trip, vehicle: Vehicle) {
    this.trip = trip
    this.vehicle = vehicle
  }

  run(q: Compiled, values: readonly Bound[], o: RunOptions): Promise<Result> {
    if (!this.free) return Promise.reject(new Error('a shared session runs one statement for each borrower'))
    this.free = false
    const { passenger, answer } = this.trip.board(q, values, o)
    this.passenger = passenger
    return answer
  }

  close(): Promise<void> {
    if (this.free) {
      this.free = false
      this.trip.seatTaken()
    }
    return Promise.resolve()
  }

  /** Behind the statements of all, whose session it still is. */
  role(o: Parameters<Connection['role']>[0]): ReturnType<Connection['role']> {
    return this.free ? alone() : this.trip.role(o)
  }

  disturbed = (): boolean => this.passenger?.disturbed ?? false

  isUsable = (): boolean => this.vehicle.isUsable()
  stream = alone
  transaction = alone
  query = alone
}

const alone = (): Promise<never> =>
  Promise.reject(new Error('a shared session has neither streams nor transactions'))
