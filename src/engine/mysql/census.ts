/** Which gateways have sessions in the server, and how many sessions it lets a user have at all. */
import type { Census, Connection } from '#engine/engine.ts'
import { isMariadb } from './driver.ts'
import { isNamed, nameOf, readNamesText } from './session-locks.ts'

interface Until {
  readonly deadline: number
  readonly signal: AbortSignal
}

/**
 * The one connection more that both keep for administrators is not of max_connections. The session's
 * max_user_connections is the account's own limit, if it has one; 0 is none.
 */
const limitText = `LEAST(@@global.max_connections, COALESCE(NULLIF(GREATEST(@@session.max_user_connections, 0), 0), 4294967295))`

/** MySQL has taken leave of the one that both have; the other one is empty without the performance schema. */
const listsOf = (c: Connection): readonly string[] =>
  isMariadb(c)
    ? ['information_schema.PROCESSLIST']
    : ['performance_schema.processlist', 'information_schema.PROCESSLIST']

/**
 * A cheap statement that needs no privilege, and another one when there are new sessions. Without PROCESS a user sees its own
 * sessions alone.
 * @param counted whether sessions take names, so that gateways can be told apart
 */
export function createCensus(
  sessionName: string,
  counted: boolean,
): (c: Connection, o: Until) => Promise<Census> {
  /** What a session has learnt of others: numbers of sessions are not given again while it lives. */
  const learnt = new WeakMap<Connection, ReadonlyMap<string, string>>()

  const namesOf = async (c: Connection, sessions: readonly string[], o: Until) => {
    const before = learnt.get(c)
    const unknown = sessions.filter((session) => before?.has(session) !== true)
    const rows = unknown.length > 0 ? await c.query(readNamesText(sessionName, unknown), [], o) : []
    const found = new Map(rows.map(([session, id]) => [session ?? '', nameOf(sessionName, Number(id))]))
    const names = new Map<string, string>()
    for (const session of sessions) {
      const name = found.get(session) ?? before?.get(session)
      // Else it has gone in the meantime.
      if (name !== undefined) names.set(session, name)
    }
    learnt.set(c, names)
    return names
  }

  return async (c, o) => {
    if (!counted) {
      const [row] = await c.query(`SELECT ${limitText}`, [], o)
      return { self: sessionName, connections: Number(row?.[0]), peers: [] }
    }
    for (const list of listsOf(c)) {
      const text = `SELECT ${limitText}, CONNECTION_ID(), p.ID FROM ${list} p WHERE ${isNamed(sessionName, 'p.ID')}`
      const rows = await c.query(text, [], o)
      const [connections, own] = rows[0] ?? []
      const names = await namesOf(
        c,
        rows.map(([, , session]) => session ?? ''),
        o,
      )
      const self = names.get(own ?? '')
      if (self === undefined) continue
      const sessions = new Map<string, number>()
      for (const name of names.values()) sessions.set(name, (sessions.get(name) ?? 0) + 1)
      return {
        self,
        connections: Number(connections),
        peers: [...sessions].map(([name, count]) => ({ name, sessions: count })),
      }
    }
    // Who cannot see itself cannot be seen by others either: they must not be taken for absent.
    throw new Error('the server does not show the name of this session: it takes no user-level locks')
  }
}
