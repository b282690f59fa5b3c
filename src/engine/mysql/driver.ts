/** Opens a connection to MySQL or MariaDB: login, the settings of the session, and how its statements are killed. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import { boundedSignal } from '#engine/dial.ts'
import type { Connection } from '#engine/engine.ts'
import type { DatabaseOptions } from '#engine/options.ts'
import type { Target } from '#engine/target.ts'
import { createConnection, type SharedConnection } from './connection.ts'
import { login } from './dial.ts'
import { plain } from './exchange.ts'
import { flavourOf } from './flavour.ts'
import { identityText, requestKill } from './kill.ts'
import { createSession } from './session.ts'
import { takeNameText } from './session-locks.ts'
import { limitOf, sessionSettings } from './settings.ts'
import { textRow } from './rows.ts'

/** The most a kill may take, login and all: the session is given up after a second anyway. */
const cancelTimeoutMs = 1000
/** Which server this is, and how much it takes at once. */
const aboutServer = plain(`SELECT ${identityText}, @@max_allowed_packet`)
const nothing = () => {}

export interface DriverDependencies {
  readonly clock: Clock
  readonly observe: Observe
  readonly pool: string
  /** Milliseconds; what the session starts with, so that most requests need not change it. */
  readonly statementTimeout: number
  /** The session takes the name in a form that other sessions can read; see session-locks.ts. */
  readonly takeName?: boolean
  readonly onClosed?: () => void
}

export interface MysqlConnection extends SharedConnection {
  /** The server's version as its handshake gives it, such as `8.4.3` or `5.5.5-10.11.6-MariaDB`. */
  readonly serverVersion: string
}

/** Which of the two is at the other end of a connection that `connectMysql` opened. */
export const isMariadb = (c: Connection): boolean =>
  flavourOf((c as Partial<MysqlConnection>).serverVersion ?? '').mariadb

/**
 * Opens one connection.
 * @throws what the network or the server said; `classify` (faults.ts) reads it
 */
export async function connectMysql(
  target: Target,
  options: DatabaseOptions,
  dependencies: DriverDependencies,
  o: { deadline: number; signal: AbortSignal },
): Promise<MysqlConnection> {
  const { clock, observe, pool, statementTimeout } = dependencies
  const deadline = Math.min(o.deadline, clock.now() + options.connectTimeout)
  const bounded = boundedSignal(clock, deadline, o.signal)
  const { applicationName } = options
  try {
    const entry = await login(target, { applicationName }, bounded.signal)
    const { mariadb } = flavourOf(entry.server.version)
    let identity = ''
    let maxPacket = 1_048_576
    // A name may stand for several servers: the kill must reach the same one.
    const address = entry.socket.remoteAddress
    const { session, receive } = createSession({
      socket: entry.socket,
      cachesMetadata: entry.cachesMetadata,
      maxPrepared: options.preparedStatements,
      maxPacket: () => maxPacket,
      now: clock.now,
      after: clock.after,
      soon: clock.soon,
      sendKill: async (what) => {
        const limit = boundedSignal(clock, clock.now() + cancelTimeoutMs, undefined)
        const who = { thread: entry.server.thread, identity }
        try {
          await requestKill(target, { applicationName, address }, who, what, limit.signal)
        } finally {
          limit.done()
        }
      },
      onCancel: (why, outcome) => observe({ kind: 'cancel', pool, why, outcome }),
      onClosed: dependencies.onClosed ?? nothing,
    })
    entry.handOver(receive)
    try {
      const first = { deadline, signal: bounded.signal }
      await session.exchange(plain(sessionSettings(mariadb, statementTimeout)), { ...first, onRow: nothing })
      if (dependencies.takeName === true)
        await session.exchange(plain(takeNameText(applicationName)), { ...first, onRow: nothing })
      await session.exchange(aboutServer, {
        ...first,
        onRow: (bytes, start) => {
          const [server, most] = textRow(bytes, start, 2)
          identity = server ?? ''
          maxPacket = Number(most)
        },
      })
    } catch (error) {
      await session.close()
      throw bounded.signal.aborted ? bounded.signal.reason : error
    }
    const limit = limitOf(mariadb)
    return {
      ...createConnection(session, clock, limit, statementTimeout),
      serverVersion: entry.server.version,
    }
  } finally {
    bounded.done()
  }
}
