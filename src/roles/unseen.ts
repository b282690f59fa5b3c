/** What the gateway would make use of and its database user may not see or do: found out on the first session, and said. */
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import type { Engine, Unseen } from '#engine/engine.ts'
import { engineOf } from '#engine/options.ts'

/** Which of it matters with this configuration. */
export function wantsOf({ database, pools }: Config): ReadonlySet<Unseen['what']> {
  const wants = new Set<Unseen['what']>()
  if (pools.budget?.instances === 'auto') wants.add('peers')
  if (pools.budget?.connections === 'auto') wants.add('limit')
  if (database.replicas.length > 0) wants.add('lag')
  if (engineOf(database) === 'mysql') wants.add('calls')
  return wants
}

/** What it means for whoever runs the gateway. */
export const consequences: Readonly<Record<Unseen['what'], string>> = {
  peers:
    'the sessions of other gateways are not seen: with pools.budget.instances: auto the pool stays at one connection',
  limit:
    'how many statements the server runs at once is not seen: pools.budget.connections: auto takes as many connections as it allows at all; set pools.max',
  lag: 'how far replicas are behind is not seen: they serve reads however late they are, whatever database.maxLag says',
  calls:
    'a call of a procedure of another definer that outlasts its deadline is answered in time, and runs on in the database unless it waits for a lock',
}

/**
 * The same engine, whose first session is asked what is not seen. That may fail without harm: the next one is asked.
 * @param name how the log names the server
 */
export function noticing(
  engine: Engine,
  o: { name: string; wants: ReadonlySet<Unseen['what']>; observe: Observe },
): Engine {
  const { unseen } = engine
  if (unseen === undefined || o.wants.size === 0) return engine
  let asked = false
  return {
    ...engine,
    // They change with what is connected to.
    get system() {
      return engine.system
    },
    get address() {
      return engine.address
    },
    connect: async (until) => {
      const connection = await engine.connect(until)
      if (asked) return connection
      asked = true
      try {
        for (const { what, remedy } of await unseen(connection, until))
          if (o.wants.has(what)) o.observe({ kind: 'unseen', endpoint: o.name, what, remedy })
      } catch {
        asked = false
      }
      return connection
    },
  }
}
