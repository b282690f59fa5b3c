/** The two circuits of one endpoint, for reads and for writes, and what of a trip's end they are told. */
import { GatewayError } from '#base/errors.ts'
import type { Breaker, BreakerStats } from '#breaker/breaker.ts'
import type { Fault } from '#engine/engine.ts'
import type { Trip } from './execute.ts'

type Kind = Pick<Trip, 'write' | 'stream'>

export interface Breakers {
  /** @throws GatewayError breaker_open */
  admit(trip: Kind): void
  /** The database did what it was asked, in so many milliseconds. */
  worked(trip: Kind, ms: number): void
  /** It did not, after so many milliseconds. */
  failed(trip: Kind, fault: Fault, ms: number): void
  /** No connection was to be had. */
  notReached(trip: Kind, thrown: unknown): void
  stats(): readonly BreakerStats[]
  stop(): void
}

/** What a fault says of the endpoint's health. `nothing`: not even that it is well. */
function verdictOf(fault: Fault, ms: number, slowCallMs: number): 'ill' | 'well' | 'nothing' {
  switch (fault.kind) {
    case 'disconnected':
    case 'busy':
    case 'auth':
    case 'read_only':
      return 'ill'
    case 'timeout':
      // A caller who gives a statement a few milliseconds learns nothing of the database.
      return ms >= slowCallMs ? 'ill' : 'nothing'
    case 'cancelled':
      return 'nothing'
    // What a client did wrong, and what transactions do to each other, a healthy database says.
    case 'unique':
    case 'foreign_key':
    case 'not_null':
    case 'check':
    case 'bad_value':
    case 'denied':
    case 'missing_object':
    case 'stale_plan':
    case 'conflict':
    case 'raised':
    case 'cannot_commit':
    case 'too_complex':
    case 'not_supported':
    case 'unknown':
      return 'well'
    default:
      return fault.kind satisfies never
  }
}

/**
 * Whether a pool that lent nothing could not connect; that all its connections are in use says nothing of the database.
 */
const couldNotConnect = (thrown: unknown): boolean =>
  thrown instanceof GatewayError &&
  (thrown.code === 'database_unavailable' || (thrown.code === 'pool_timeout' && thrown.cause !== undefined))

/**
 * @param o.write left out for an endpoint that takes no writes
 * @param o.slowCallMs from here on a statement is slow, and one that is cancelled at its deadline failed
 */
export function createBreakers(o: { read: Breaker; write?: Breaker; slowCallMs: number }): Breakers {
  const of = (trip: Kind) => (trip.write ? (o.write ?? o.read) : o.read)
  const all = o.write === undefined ? [o.read] : [o.read, o.write]
  return {
    admit: (trip) => of(trip).admit(),
    worked: (trip, ms) => of(trip).note(false, trip.stream ? 0 : ms, ms),
    failed: (trip, fault, ms) => {
      const verdict = verdictOf(fault, ms, o.slowCallMs)
      if (verdict !== 'nothing') of(trip).note(verdict === 'ill', trip.stream ? 0 : ms, ms)
    },
    notReached: (trip, thrown) => {
      // News of now, however long it has waited: the pool was still trying.
      if (couldNotConnect(thrown)) of(trip).note(true, 0)
    },
    stats: () => all.map((breaker) => breaker.stats()),
    stop: () => {
      for (const breaker of all) breaker.stop()
    },
  }
}

/** For `breaker.enabled: false`. */
export const noBreakers: Breakers = {
  admit: () => {},
  worked: () => {},
  failed: () => {},
  notReached: () => {},
  stats: () => [],
  stop: () => {},
}
