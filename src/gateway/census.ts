/** Asks the server which gateways share it: through the pool like anybody else, beside it when its connections are all lent. */
import { GatewayError } from '#base/errors.ts'
import type { Census, Connection, Engine } from '#engine/engine.ts'
import type { Pool } from '#pool/types.ts'
import type { ConnectPrimary } from './primary.ts'

interface Until {
  /** Monotonic ms. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** The pool is busy, which says nothing about the database. */
const busy = (thrown: unknown) =>
  thrown instanceof GatewayError &&
  thrown.cause === undefined &&
  (thrown.code === 'pool_timeout' || thrown.code === 'queue_full' || thrown.code === 'overloaded')

/**
 * One census. A busy pool must not keep a gateway from seeing those who wait for it to shrink: then it takes a session of
 * its own for the moment, out of the room that is kept for gateways that come.
 */
export function createAskCensus(d: {
  census: NonNullable<Engine['census']>
  pool: Pick<Pool<Connection>, 'use'>
  connect: ConnectPrimary
}): (o: Until) => Promise<Census> {
  return async (o) => {
    try {
      return await d.pool.use(o.signal, o.deadline, (c) => d.census(c, o))
    } catch (thrown) {
      if (!busy(thrown) || o.signal.aborted) throw thrown
    }
    const session = await d.connect(o)
    try {
      return await d.census(session, o)
    } finally {
      await session.close()
    }
  }
}
