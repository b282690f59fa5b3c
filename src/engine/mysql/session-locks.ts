/** The name of a session as user-level locks that it holds, which every other session can look up. Pure; see docs/adr/0009. */
import { createHash } from 'node:crypto'
import { sessionIdLength } from '#engine/session-name.ts'

/** Bits of the id in a session's name, four for each hexadecimal digit. */
const bits = 4 * (sessionIdLength - 1)

/** `postern/3f2a91` → the configured name, and the id as a number. */
const partsOf = (sessionName: string) => ({
  name: sessionName.slice(0, -sessionIdLength),
  id: Number.parseInt(sessionName.slice(1 - sessionIdLength), 16),
})

/** Names of locks have at most 64 characters, configured names any number: a digest stands for one. */
const prefixOf = (sessionName: string): string =>
  `postern/${createHash('sha256').update(partsOf(sessionName).name).digest('hex').slice(0, 12)}/`

/** SQL: the name of the lock that says that the session with this id is one of ours, or that a bit of its id is set. */
const lockOf = (sessionName: string, session: string, bit?: number): string =>
  `CONCAT('${prefixOf(sessionName)}', ${session}${bit === undefined ? '' : `, '/${bit}'`})`

/** Takes the locks of a new session; the last one says that all are there. They go with the session. */
export function takeNameText(sessionName: string): string {
  const { id } = partsOf(sessionName)
  const set = Array.from({ length: bits }, (_, bit) => bit).filter((bit) => (id >> bit) & 1)
  const locks = [...set, undefined].map(
    (bit) => `GET_LOCK(${lockOf(sessionName, 'CONNECTION_ID()', bit)}, 0)`,
  )
  return `SELECT ${locks.join(', ')}`
}

/** SQL: whether that session has taken a name of the same configured one. */
export const isNamed = (sessionName: string, session: string): string =>
  `IS_USED_LOCK(${lockOf(sessionName, session)}) = ${session}`

/** Asks for the ids of sessions that have a name: their number, and their id as a number. */
export function readNamesText(sessionName: string, sessions: readonly string[]): string {
  const id = Array.from(
    { length: bits },
    (_, bit) => `(IS_USED_LOCK(${lockOf(sessionName, 's.session', bit)}) IS NOT NULL) * ${2 ** bit}`,
  )
  const from = sessions.map((session) => `SELECT ${BigInt(session)} AS session`)
  return `SELECT s.session, ${id.join(' + ')} FROM (${from.join(' UNION ALL ')}) s WHERE ${isNamed(sessionName, 's.session')}`
}

/** The name that an id stands for. */
export const nameOf = (sessionName: string, id: number): string =>
  `${partsOf(sessionName).name}/${id.toString(16).padStart(sessionIdLength - 1, '0')}`
