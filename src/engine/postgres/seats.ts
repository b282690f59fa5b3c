/** One session for several borrowers: their statements travel in one trip. */
import { createAlarm } from '#engine/alarm.ts'
import type { Shared } from '#engine/engine.ts'
import { seatsOf } from '#engine/seats.ts'
import type { Trip, Vehicle } from './trip.ts'
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
    return seatsOf(next, count)
  }
}
