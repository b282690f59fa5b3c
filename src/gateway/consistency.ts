/** Read-your-writes: signed tokens that stand for a position, and the window in which a caller's reads follow its writes. */
import { createHash } from 'node:crypto'
import type { Clock } from '#base/clock.ts'
import type { Context } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import { createSeal } from '#base/seal.ts'
import type { Mark } from '#engine/engine.ts'

export interface Tokens {
  write(mark: Mark): string
  /** @throws GatewayError malformed_header when it was changed, or made for another database */
  read(token: string): Mark
}

const prefix = 'c1.'
const purpose = 'consistency'

/** @param secret the same for all gateways of one database, so that any of them takes the tokens of the others */
export function createTokens(secret: string): Tokens {
  const seal = createSeal(secret)
  const refuse = () =>
    new GatewayError('malformed_header', 'Postern-Consistency holds no token of this database.', {
      facts: { header: 'Postern-Consistency' },
    })
  return {
    write: ({ line, position }) => prefix + seal.close(purpose, JSON.stringify([line, position])),
    read: (token) => {
      const text = token.startsWith(prefix) ? seal.open(purpose, token.slice(prefix.length)) : undefined
      if (text === undefined) throw refuse()
      const [line, position] = JSON.parse(text) as [string, string]
      return { line, position }
    },
  }
}

export interface Windows {
  /** The caller has written, or may have. */
  wrote(caller: string): void
  /** Whether its reads must follow. */
  open(caller: string): boolean
}

/** Most callers remembered; beyond it the window of the one that wrote longest ago becomes everybody's. */
const mostCallers = 10_000
/**
 * Names up to this length are remembered as they are, longer ones by their hash: a header may have many kilobytes, and of texts
 * above 16 KiB V8 hashes nothing but the length, so that a Map of them is searched from end to end.
 */
const longestName = 100

const keyOf = (caller: string): string =>
  caller.length <= longestName ? caller : `long ${createHash('sha256').update(caller).digest('base64url')}`

/** @param ms length of the window after a write */
export function createWindows(clock: Pick<Clock, 'now'>, ms: number): Windows {
  /** Caller → end of its window; the earliest end first. */
  const ends = new Map<string, number>()
  let everybody = Number.NEGATIVE_INFINITY
  return {
    wrote: (caller) => {
      if (ms === 0) return
      const now = clock.now()
      const key = keyOf(caller)
      ends.delete(key)
      ends.set(key, now + ms)
      for (const [oldest, end] of ends) {
        if (end > now && ends.size <= mostCallers) break
        ends.delete(oldest)
        if (end > now) everybody = end
      }
    },
    open: (caller) => {
      const now = clock.now()
      return now < everybody || now < (ends.get(keyOf(caller)) ?? now)
    },
  }
}

/** Who reads and writes: the name it gives itself, else who it is, else nobody in particular: the whole pod. */
export const callerOf = ({ principal, consistency }: Pick<Context, 'principal' | 'consistency'>): string =>
  consistency?.client !== undefined
    ? `client ${consistency.client}`
    : principal.subject === 'anonymous'
      ? ''
      : `subject ${principal.subject}`
