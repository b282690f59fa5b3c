/** The two kinds of trips: reads, each for itself, and inserts, which are committed together, or else each by itself. */
import type { Result } from '#engine/engine.ts'
import { Cancelled, SessionLost } from '#engine/session-errors.ts'
import { ServerError } from './server-error.ts'
import { type Passenger, Trip } from './trip.ts'

/** Each passenger gets off when its own time is over, and arrives when its own statement is done. */
export class ReadsTrip extends Trip {
  due(): number | undefined {
    let first: number | undefined
    for (const { o } of this.waiting()) if (first === undefined || o.deadline < first) first = o.deadline
    return first
  }

  hangUp(passenger: Passenger): void {
    this.getOff(passenger, 'client')
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
 * How long an insert may keep others waiting (ms). It takes a few; one that waits for a lock may wait on when it is the
 * last.
 */
const patienceMs = 250

/**
 * All arrive when the server says that their transaction is committed. When it was rolled back, because one of them failed,
 * because the time of one was over or because it took too long, nothing has happened, and each is run by itself: the one
 * at fault last, and whoever takes long behind all the others. Who hangs up is told like everybody else: what is on its way may be
 * committed all the same, and to say that it was not would have an idempotent request run twice.
 */
export class InsertsTrip extends Trip {
  private until: number | undefined

  due(): number | undefined {
    return this.until
  }

  expire(): void {
    this.until = undefined
    this.cancel('patience')
  }

  hangUp(passenger: Passenger): void {
    if (!this.isRiding(passenger)) {
      this.getOff(passenger, 'client')
      return
    }
    passenger.hungUp = true
    this.cancelIfLeft('client')
  }

  private watch(): void {
    this.until = this.vehicle.clock.now() + patienceMs
    this.alarm.watch(this.until)
  }

  protected async travel(): Promise<void> {
    const left = await this.together(this.waiting())
    const late = await this.inTurn(left)
    for (const passenger of late) await this.alone(passenger, false)
  }

  /** @returns whom to run by themselves, in this order */
  private async together(passengers: readonly Passenger[]): Promise<readonly Passenger[]> {
    if (passengers.length < 2) return passengers
    let deadline = Number.POSITIVE_INFINITY
    for (const { o } of passengers) deadline = Math.min(deadline, o.deadline)
    this.watch()
    const done: { passenger: Passenger; result: Result | undefined }[] = []
    try {
      await this.exchange(passengers, deadline, (passenger, result) => done.push({ passenger, result }))
      for (const { passenger, result } of done) if (result !== undefined) passenger.arrive(result)
      return []
    } catch (error) {
      // What was not sent may be said of one only: its deadline had passed.
      const nothing = error instanceof ServerError || (error instanceof SessionLost && !error.sent)
      if (!nothing) for (const passenger of passengers) passenger.fail(error)
      for (const passenger of passengers) if (passenger.hungUp) passenger.fail(new Cancelled('client'))
      const culprit = passengers[done.length]
      if (culprit === undefined) return passengers
      culprit.disturbed = !(error instanceof ServerError && error.cancelled === 'client')
      return [...passengers.filter((passenger) => passenger !== culprit), culprit]
    } finally {
      this.until = undefined
    }
  }

  /** @returns who took too long, to be run when nobody waits behind them but each other */
  private async inTurn(passengers: readonly Passenger[]): Promise<readonly Passenger[]> {
    const late: Passenger[] = []
    for (const [i, passenger] of passengers.entries()) {
      const others = i < passengers.length - 1 || late.length > 0
      if (await this.alone(passenger, others)) continue
      passenger.disturbed = true
      late.push(passenger)
    }
    return late
  }

  /** @returns false when others wait and it took too long: nothing has happened */
  private async alone(passenger: Passenger, othersWait: boolean): Promise<boolean> {
    if (!passenger.waits) return true
    if (othersWait) this.watch()
    let result: Result | undefined
    try {
      await this.exchange([passenger], passenger.o.deadline, (_, made) => {
        result = made
      })
      if (result !== undefined) passenger.arrive(result)
    } catch (error) {
      const outOfPatience = error instanceof ServerError && error.cancelled === 'patience'
      if (outOfPatience && !passenger.hungUp) return false
      passenger.fail(outOfPatience ? new Cancelled('client') : error)
    } finally {
      this.until = undefined
    }
    return true
  }
}
