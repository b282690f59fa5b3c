/** That the gateway talks to the primary: sessions with anything else are refused, and the health checks look for it. */
import { GatewayError } from '#base/errors.ts'
import type { Connection, Engine, ServerRole } from '#engine/engine.ts'
import type { Pool } from '#pool/types.ts'

interface Until {
  /** Monotonic ms. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/** Opens a session that takes writes. */
export type ConnectPrimary = (o: Until) => Promise<Connection>

/** @returns what rejects with what the network or the server said, or with the code READ_ONLY_REPLICA */
export function primaryOnly(engine: Pick<Engine, 'connect' | 'address'>): ConnectPrimary {
  return async (o) => {
    const connection = await engine.connect(o)
    try {
      if ((await connection.role(o)) === 'primary') return connection
      throw Object.assign(
        new Error(
          `${engine.address} is a read-only replica; the gateway needs the primary (serving reads from a replica alone is not supported yet)`,
        ),
        { code: 'READ_ONLY_REPLICA' },
      )
    } catch (error) {
      await connection.close()
      throw error
    }
  }
}

/** What is left (ms) of a look for its verdict. */
const verdictMs = 100

/** One cheap trip to the database, for the health checks. */
export type Look = (o: Until) => Promise<{ readonly role: ServerRole }>

/**
 * Asks through the pool like anybody else, as long as it has a connection. When it has none, its own back-off would
 * hide that the database is back: then this knocks beside it, and makes the pool try again at once.
 */
export function createLook(d: {
  pool: Pick<Pool<Connection>, 'use' | 'stats' | 'retry'>
  connect: ConnectPrimary
  /** Whether reads are served without the primary; then its loss leaves a database that answers. */
  replicaServes: () => boolean
}): Look {
  const lookAtPrimary: Look = async (o) => {
    const { inUse, idle, max } = d.pool.stats()
    // A busy pool says that the database works; in its queue this would take the place of somebody else's request.
    if (inUse >= max)
      throw new GatewayError(
        'pool_timeout',
        `All ${max} connections are in use; the database was not looked at.`,
        {
          facts: { inUse, size: max },
        },
      )
    if (inUse + idle > 0) return d.pool.use(o.signal, o.deadline, async (c) => ({ role: await c.role(o) }))
    const knock = await d.connect(o)
    await knock.close()
    d.pool.retry()
    return { role: 'primary' }
  }
  return async (o) => {
    try {
      // The look must end before whoever waits for it gives up.
      return await lookAtPrimary(d.replicaServes() ? { ...o, deadline: o.deadline - verdictMs } : o)
    } catch (error) {
      if (d.replicaServes()) return { role: 'replica' }
      throw error
    }
  }
}
