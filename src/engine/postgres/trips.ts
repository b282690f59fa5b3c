/** The two kinds of trips: reads, each for itself, and inserts, which are committed together or not at all. */
import type { Result } from '#engine/engine.ts'
import { outOfPatience, TakenApart } from '#engine/session-errors.ts'
import { ServerError } from './server-error.ts'
import { type Passenger, Trip } from './trip.ts'

/** Each passenger gets off when its own time is over, and arrives when its own statement is done. */
export class ReadsTrip extends Trip {
  due(): number | undefined {
    let first: number | undefined
    for (const { o } of this.waiting()) if (first === undefined || o.deadline < first) first = o.deadline
    return first
  }

  expire(): void {
    const now = this.vehicle.clock.now()
    for (const passenger of this.waiting())
      if (passenger.o.deadline <= now) this.getOff(passenger, 'deadline')
    this.watch()
  }

  private watch(): void {
    const due = this.due()
    if (due !== undefined) this.alarm.watch(due)
  }

  /** A statement that fails ends an exchange; those behind it take the next one. */
  protected async travel(): Promise<void> {
    this.watch()
    let ahead = this.waiting()
    while (ahead.length > 0) {
      let done = 0
      let deadline = 0
      for (const { o } of ahead) deadline = Math.max(deadline, o.deadline)
      try {
        await this.exchange(ahead, deadline, (passenger, result) => {
          if (result !== undefined) passenger.arrive(result)
          done++
        })
        return
      } catch (error) {
        const goesOn = error instanceof ServerError && this.vehicle.isUsable()
        const failed = goesOn ? ahead.slice(0, done + 1) : ahead
        for (const passenger of failed) passenger.fail(error)
        ahead = goesOn ? ahead.slice(done + 1).filter(({ waits }) => waits) : []
      }
    }
  }
}

/**
 * How long inserts that travel together may take (ms). They take a few; one that waits for a lock keeps the others waiting
 * no longer than this.
 */
const patienceMs = 250

/**
 * All arrive when the server says that the transaction is committed. When it is rolled back, because one of them failed,
 * because one's time was over or because it took too long, nothing has happened, and each is to be run by itself.
 */
export class InsertsTrip extends Trip {
  private until: number | undefined

  due(): number | undefined {
    return this.until
  }

  expire(): void {
    this.until = undefined
    this.signal.abort(outOfPatience)
  }

  protected async travel(): Promise<void> {
    const passengers = this.waiting()
    const alone = passengers.length < 2
    if (passengers.length === 0) return
    let deadline = Number.POSITIVE_INFINITY
    for (const { o } of passengers) deadline = Math.min(deadline, o.deadline)
    if (!alone) {
      this.until = this.vehicle.clock.now() + patienceMs
      this.alarm.watch(this.until)
    }
    const done: { passenger: Passenger; result: Result | undefined }[] = []
    try {
      await this.exchange(passengers, deadline, (passenger, result) => done.push({ passenger, result }))
      for (const { passenger, result } of done) if (result !== undefined) passenger.arrive(result)
    } catch (error) {
      const rolledBack = error instanceof ServerError && !alone
      passengers.forEach((passenger, i) =>
        passenger.fail(rolledBack ? new TakenApart(i === done.length, error) : error),
      )
    } finally {
      this.until = undefined
    }
  }
}
