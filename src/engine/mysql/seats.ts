/** One session for several borrowers: their reads travel in one convoy. */
import type { Bound } from '#plan/ast.ts'
import type { Compiled, Connection, Result, RunOptions } from '#engine/engine.ts'
import { type Aboard, Ride } from '#engine/seats.ts'

/** A statement that travels with others, and whom its outcome is told. */
export interface Passenger {
  readonly q: Compiled
  readonly values: readonly (string | null)[]
  readonly o: RunOptions
  readonly disturbed: boolean
  resolve(result: Result): void
  reject(error: unknown): void
}

/** What rides need of the connection. */
export interface Vehicle extends Pick<Connection, 'role' | 'isUsable'> {
  /** Runs them in one trip; what befalls one is nothing to the others. Never rejects: each is told. */
  together(passengers: readonly Passenger[]): Promise<void>
}

/** Deadlines and callers that hang up are the session's business: it knows what is still to come. */
export class ReadsRide extends Ride {
  private readonly vehicle: Vehicle
  private readonly aboard: Passenger[] = []

  constructor(vehicle: Vehicle, seats: number) {
    super(vehicle, seats)
    this.vehicle = vehicle
  }

  protected enter(q: Compiled, values: readonly Bound[], o: RunOptions): Aboard {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    const passenger = { q, values: q.bind(values), o, disturbed: false, resolve, reject }
    this.aboard.push(passenger)
    return { passenger, answer: promise }
  }

  protected travel(): Promise<void> {
    return this.vehicle.together(this.aboard)
  }
}
