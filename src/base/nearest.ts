/** Finds the name somebody meant. */

/**
 * Damerau–Levenshtein distance, optimal string alignment variant: insertions, deletions, substitutions and
 * swaps of neighbours cost one each (F. J. Damerau, CACM 7 (1964) 171).
 */
export function editDistance(a: string, b: string): number {
  let previous: number[] = []
  let current = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const beforePrevious = previous
    previous = current
    current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(
        (previous[j] as number) + 1,
        (current[j - 1] as number) + 1,
        (previous[j - 1] as number) + (same ? 0 : 1),
      )
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) cost = Math.min(cost, (beforePrevious[j - 2] as number) + 1)
      current.push(cost)
    }
  }
  return current[b.length] as number
}

/**
 * The candidate nearest to `name`, case aside; undefined when none is near enough to have been meant:
 * at most one edit in three characters of the longer word.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of candidates) {
    const bound = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3))
    if (Math.abs(name.length - candidate.length) > bound) continue
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance <= bound && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { candidate, distance }
  }
  return best?.candidate
}
