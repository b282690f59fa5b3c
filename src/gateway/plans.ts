/** Plans by the shape of requests, bounded in number and in memory. */
import type { Compiled } from '#engine/engine.ts'

/** Shapes kept: an application has dozens, an attacker many. */
const mostPlans = 2000
/**
 * Characters of their shapes and statements together. A plan takes some ten bytes of memory for each: a request of 4 KB can ask for a
 * statement of 64 KB, two thousand of which would be more than a gigabyte.
 */
const mostCharacters = 2_000_000

/** Of a plan that is compiled. */
export const charactersOf = ({ text }: Compiled): number => text.length

interface Kept {
  readonly made: unknown
  readonly characters: number
}

/** Those kept; when there are too many, the oldest go. */
export class Plans {
  private readonly kept = new Map<string, Kept>()
  private characters = 0

  /**
   * Looks a plan up by shape, or makes and keeps it.
   * @param measure the length of the statements in it
   */
  remember<T>(shape: string, make: () => T, measure: (made: T) => number): T {
    const known = this.kept.get(shape)
    if (known !== undefined) return known.made as T
    const made = make()
    const characters = shape.length + measure(made)
    this.characters += characters
    this.kept.set(shape, { made, characters })
    for (const [oldest, { characters: freed }] of this.kept) {
      if (this.kept.size <= mostPlans && this.characters <= mostCharacters) break
      this.kept.delete(oldest)
      this.characters -= freed
    }
    return made
  }
}
