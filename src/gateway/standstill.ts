/** How long this process itself stood still: time in which a database could not be heard, and is not to be blamed for. */
import type { Clock } from '#base/clock.ts'

/** Milliseconds between two looks while something is under way: the grain of what is measured. */
const periodMs = 20

export interface Standstill {
  /** Something begins. @returns what to call at its end: milliseconds the process stood still meanwhile */
  begin(): () => number
}

/**
 * A timer that fires late says for how long nothing could be done: a blocked event loop, a quota of CPU that is used up, a
 * stopped process. It runs only while something is under way. What is late by less than a period is a busy machine, and
 * counts as the database's time.
 */
export function createStandstill(clock: Pick<Clock, 'now' | 'after'>): Standstill {
  let underWay = 0
  let running = false
  let due = 0
  /** Milliseconds of all standstills so far. */
  let total = 0

  const plan = (now: number) => {
    running = true
    due = now + periodMs
    clock.after(periodMs, look)
  }
  const late = (now: number) => (running && now - due > periodMs ? now - due : 0)
  const look = () => {
    const now = clock.now()
    total += late(now)
    running = false
    if (underWay > 0) plan(now)
  }

  return {
    begin: () => {
      const now = clock.now()
      if (!running) plan(now)
      underWay++
      // A timer that is overdue now tells of what was before.
      const before = total + late(now)
      let stood: number | undefined
      return () => {
        if (stood !== undefined) return stood
        underWay--
        // The answer may be read before the timer fires.
        stood = Math.max(0, total + late(clock.now()) - before)
        return stood
      }
    },
  }
}
