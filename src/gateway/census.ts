/** Asks the server which gateways share it: over a session that has nothing else to do, or through the pool, or beside it when all is lent. */
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
 * One census. Where there is a spare session it costs nobody anything. Else a busy pool must not keep a gateway from seeing those who wait for it to shrink: then it takes a session of
 * its own for the moment, out of the room that is kept for gateways that come.
 */
export function createAskCensus(d: {
  census: NonNullable<Engine['census']>
  pool: Pick<Pool<Connection>, 'use'>
  connect: ConnectPrimary
  spare: () => Connection | undefined
}): (o: Until) => Promise<Census> {
  return async (o) => {
    const spare = d.spare()
    if (spare !== undefined) return d.census(spare, o)
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
