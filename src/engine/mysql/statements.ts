/** Which statements a session keeps prepared in the server, and what is known of each. */
import type { Fields } from './packets.ts'
import { needsPrepare, tooManyPrepared, unknownStatement } from './server-error.ts'

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

/**
 * What an error means for prepared statements.
 * @param statement the one that was to run; undefined while it was being prepared
 * @returns those to close, after which it is worth preparing once more; undefined when it is not
 */
export function staleAfter(
  errno: number,
  cache: StatementCache,
  statement: Prepared | undefined,
): readonly Prepared[] | undefined {
  if (statement === undefined) {
    // All sessions of all clients share one number: give back what this one holds.
    const held = errno === tooManyPrepared ? cache.clear() : []
    return held.length > 0 ? held : undefined
  }
  if (errno !== unknownStatement && errno !== needsPrepare) return undefined
  cache.remove(statement)
  return errno === needsPrepare ? [statement] : []
}
