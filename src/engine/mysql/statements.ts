/** Which statements a session keeps prepared in the server, and what is known of each. */
import type { Fields } from './packets.ts'

export interface Prepared {
  readonly text: string
  /** Its number in the server. */
  readonly id: number
  /** Columns of its last result; the server tells of a change, or tells them every time. */
  fields: Fields | undefined
  /** The server knows the types of its parameters. */
  typed: boolean
}

export interface StatementCache {
  /** The statement of that text, now the most recently used. */
  find(text: string): Prepared | undefined
  /** Keeps it; gives back the one that had to make room, to be closed. */
  add(statement: Prepared): Prepared | undefined
  remove(statement: Prepared): void
  /** Empties it; the statements are to be closed. */
  clear(): Prepared[]
}

/** @param max statements kept; the least recently used one makes room */
export function createStatementCache(max: number): StatementCache {
  /** Least recently used first. */
  const known = new Map<string, Prepared>()
  return {
    find(text) {
      const found = known.get(text)
      // While there is room for all the order does not matter.
      if (found !== undefined && known.size >= max) {
        known.delete(text)
        known.set(text, found)
      }
      return found
    },
    add(statement) {
      let old: Prepared | undefined
      if (known.size >= max) {
        old = known.values().next().value as Prepared
        known.delete(old.text)
      }
      known.set(statement.text, statement)
      return old
    },
    remove(statement) {
      if (known.get(statement.text) === statement) known.delete(statement.text)
    },
    clear() {
      const all = [...known.values()]
      known.clear()
      return all
    },
  }
}
