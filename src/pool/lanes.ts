/** Which of several pools lends next, and how much of one the callers of others may take. */
import type { Clock, Timer } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Signal } from '#base/signal.ts'
import type { PoolStats } from './types.ts'

type Load = Pick<PoolStats, 'inUse' | 'waiting' | 'max'>

/** Whether a caller would get a connection without waiting for somebody to give one back. */
export const hasRoom = ({ inUse, waiting, max }: Load): boolean => inUse + waiting < max

/**
 * The index of the lane with the lowest share of its connections in use or wanted; among equals the one that is least
 * behind (in steps of a second), then the next one in turn.
 */
export function leastLoaded(lanes: readonly (Load & { readonly lagMs: number })[], turn: number): number {
  let best = -1
  for (let i = 0; i < lanes.length; i++) {
    const at = (i + turn) % lanes.length
    if (best < 0 || before(lanes[at], lanes[best])) best = at
  }
  return best
}

type Lane = (Load & { readonly lagMs: number }) | undefined

function before(a: Lane, b: Lane): boolean {
  if (a === undefined || b === undefined) return false
  const share = (a.inUse + a.waiting) / a.max - (b.inUse + b.waiting) / b.max
  return share !== 0 ? share < 0 : Math.floor(a.lagMs / 1000) < Math.floor(b.lagMs / 1000)
}

/** Lets no more than so many in at a time. */
export interface Gate {
  /** Whether somebody who came now would be let in at once. */
  free(): boolean
  /** @throws GatewayError queue_full, pool_timeout, or what the signal was aborted with */
  use<T>(signal: Signal, deadline: number, body: () => Promise<T>): Promise<T>
}

interface Waiting {
  readonly enter: () => void
}

/**
 * @param o.size how many at a time; asked anew each time, as pools grow and shrink
 * @param o.queuePerSlot how many may wait for each
 * @param o.waitMs longest wait
 */
export function createGate(o: {
  clock: Clock
  name: string
  size: () => number
  queuePerSlot: number
  waitMs: number
}): Gate {
  const { clock } = o
  let inside = 0
  const line = new Set<Waiting>()

  const facts = () => ({ pool: o.name, share: o.size(), inUse: inside, waiting: line.size })
  const sentence = () => `${inside} of the ${o.size()} connections that reads of replicas may use are in use`

  const wait = (signal: Signal, deadline: number) =>
    new Promise<void>((resolve, reject) => {
      const since = clock.now()
      const leave = () => {
        line.delete(waiting)
        timer.cancel()
        signal.removeEventListener('abort', hangUp)
      }
      const waiting: Waiting = {
        enter: () => {
          leave()
          inside++
          resolve()
        },
      }
      const hangUp = () => {
        leave()
        reject(
          signal.reason instanceof GatewayError
            ? signal.reason
            : new GatewayError(
                'client_closed',
                'The caller hung up before the primary could serve its read.',
              ),
        )
      }
      const until = Math.min(deadline, since + o.waitMs)
      const timer: Timer = clock.after(until - since, () => {
        leave()
        const waitedMs = Math.round(clock.now() - since)
        reject(
          new GatewayError(
            'pool_timeout',
            `No replica serves, and the primary had no room within ${waitedMs} ms: ${sentence()}.`,
            { facts: { ...facts(), waitedMs }, retryAfter: 1 },
          ),
        )
      })
      line.add(waiting)
      signal.addEventListener('abort', hangUp)
      if (signal.aborted) hangUp()
    })

  return {
    free: () => inside < o.size() && line.size === 0,
    use: async (signal, deadline, body) => {
      if (inside < o.size() && line.size === 0) inside++
      else if (line.size >= o.queuePerSlot * o.size())
        throw new GatewayError(
          'queue_full',
          `No replica serves, and the line for the primary is full (${line.size} waiting): ${sentence()}.`,
          { facts: facts(), retryAfter: 1 },
        )
      else await wait(signal, deadline)
      try {
        return await body()
      } finally {
        inside--
        for (const next of line) {
          if (inside >= o.size()) break
          next.enter()
        }
      }
    },
  }
}
