/** What clients were told, held against what the database has in the end. Pure. */

/** `acknowledged`: it is there once; `refused`: it is not; `unknown`: at most once. */
type Outcome = 'acknowledged' | 'refused' | 'unknown'

interface Row {
  readonly client: number
  readonly seq: number
}

export interface History {
  /** A client was told what became of the row that it inserted, in which words. */
  inserted(row: Row, outcome: Outcome, words: string): void
  /** The writer of a register begins to write so much, and was told that it is written. */
  attempted(register: number, n: number): void
  acknowledged(register: number, n: number, token: string): void
  /** The newest acknowledged value of a register, and its token. */
  newest(register: number): { readonly n: number; readonly token: string } | undefined
  /** A read gave `n` after `atLeast` was acknowledged (0 where no token was sent). */
  read(register: number, n: number, atLeast: number): void
  counts(): Readonly<Record<string, number>>
  /** Everything that is wrong, in words. */
  violations(rows: readonly Row[], registers: ReadonlyMap<number, number>): readonly string[]
}

const keyOf = ({ client, seq }: Row) => `${client}/${seq}`

/** An empty history. */
export function createHistory(): History {
  const inserts = new Map<string, { readonly outcome: Outcome; readonly words: string }>()
  const attempts = new Map<number, number>()
  const known = new Map<number, { n: number; token: string }>()
  const badReads: string[] = []
  const counts: Record<string, number> = { reads: 0, writes: 0 }
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  return {
    inserted: (row, outcome, words) => {
      inserts.set(keyOf(row), { outcome, words })
      count(`inserts ${outcome}`)
    },
    attempted: (register, n) => {
      attempts.set(register, Math.max(n, attempts.get(register) ?? 0))
    },
    acknowledged: (register, n, token) => {
      known.set(register, { n, token })
      count('writes')
    },
    newest: (register) => known.get(register),
    read: (register, n, atLeast) => {
      count(atLeast > 0 ? 'reads with a token' : 'reads')
      if (n < atLeast)
        badReads.push(`stale read of register ${register}: ${n} after ${atLeast} with its token`)
      if (n > (attempts.get(register) ?? 0))
        badReads.push(`read of register ${register}: ${n}, which nobody has written`)
    },
    counts: () => counts,
    violations: (rows, registers) => {
      const found: string[] = [...badReads]
      const times = new Map<string, number>()
      for (const row of rows) times.set(keyOf(row), (times.get(keyOf(row)) ?? 0) + 1)
      for (const [key, n] of times) {
        if (n > 1)
          found.push(`insert ${key} is there ${n} times (${inserts.get(key)?.words ?? 'never told'})`)
        const told = inserts.get(key)
        if (told?.outcome === 'refused') found.push(`insert ${key} was refused (${told.words}), and is there`)
      }
      for (const [key, { outcome }] of inserts)
        if (outcome === 'acknowledged' && !times.has(key))
          found.push(`insert ${key} was acknowledged, and is lost`)
      for (const [register, { n }] of known) {
        const now = registers.get(register) ?? 0
        if (now < n) found.push(`register ${register} has ${now}, though ${n} was acknowledged`)
      }
      return found
    },
  }
}
