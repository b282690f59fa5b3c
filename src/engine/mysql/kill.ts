/** Ends what another session runs: KILL from a side connection, to the right server or to none. */
import { reasonOf } from '#engine/dial.ts'
import type { Target } from '#engine/target.ts'
import { hungUp, login, type LoginOptions } from './dial.ts'
import { answer, readError } from './packets.ts'
import { createCommandWriter, createFramer, quitCommand } from './wire.ts'

/** What a session runs, or the session with all that it was still to run. */
export type KillWhat = 'statement' | 'session'

/** A thread of a server, and what tells that server from others behind the same name. */
export interface KillTarget {
  readonly thread: number
  /** What `identityText` gave in that session. */
  readonly identity: string
}

/** SQL that tells servers apart: behind a balancer another one may answer, whose thread of that number is somebody else's. */
export const identityText = "CONCAT_WS(' ', @@hostname, @@port, @@server_id)"

/**
 * Ends the statement that a session runs, or the session, from a connection of its own.
 * @throws also when it is not certain that the server has done it
 */
export async function requestKill(
  target: Target,
  o: LoginOptions,
  { thread, identity }: KillTarget,
  what: KillWhat,
  signal: AbortSignal,
): Promise<void> {
  const { socket, handOver } = await login(target, o, signal)
  const give = () => socket.destroy(reasonOf(signal))
  signal.addEventListener('abort', give)
  try {
    await new Promise<void>((resolve, reject) => {
      const frame = createFramer((bytes, start, end) => {
        if (bytes[start] === answer.error) reject(readError(bytes, start, end))
        else resolve()
      })
      handOver((chunk) => {
        try {
          frame(chunk)
        } catch (error) {
          reject(error)
        }
      })
      socket.once('error', reject)
      socket.once('close', () => reject(hungUp()))
      // Thread 0 does not exist. As hexadecimal digits the name needs no quotes, whatever is in it.
      const here = `${identityText} = CONVERT(0x${Buffer.from(identity).toString('hex')} USING utf8mb4)`
      socket.write(
        createCommandWriter()
          .query(`KILL ${what === 'statement' ? 'QUERY' : 'CONNECTION'} IF(${here}, ${thread}, 0)`)
          .take(),
      )
    })
  } finally {
    signal.removeEventListener('abort', give)
    socket.end(quitCommand)
  }
}
