/** MySQL's positions: sets of transactions by the servers that first wrote them, as `gtid_executed` has them. Pure. */

/** From and to, both included; ascending and apart. */
type Interval = readonly [from: bigint, to: bigint]
/** Writer (its UUID, and a tag if it gave one) → the numbers of its transactions. */
export type GtidSet = ReadonlyMap<string, readonly Interval[]>

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const interval = /^(\d+)(?:-(\d+))?$/
const tag = /^[a-z_][a-z0-9_]*$/

/**
 * `3e11fa47-…:1-3:11:tag:1-5, 2174b383-…:1-27` → set; what is not of that form stands for nothing.
 * (MySQL Reference Manual, "GTID Sets"; tags since 8.3)
 */
export function readGtidSet(text: string): GtidSet {
  const set = new Map<string, Interval[]>()
  for (const part of text.toLowerCase().replaceAll(/\s/g, '').split(',')) {
    const [writer = '', ...rest] = part.split(':')
    if (!uuid.test(writer)) continue
    let key = writer
    for (const word of rest) {
      const match = interval.exec(word)
      if (match === null) {
        if (tag.test(word)) key = `${writer}:${word}`
        continue
      }
      const from = BigInt(match[1] as string)
      const known = set.get(key)
      const next: Interval = [from, BigInt(match[2] ?? (match[1] as string))]
      if (known === undefined) set.set(key, [next])
      else known.push(next)
    }
  }
  for (const [key, intervals] of set) set.set(key, joined(intervals))
  return set
}

/** In order, and without seams: 1-3 and 4-5 are 1-5. */
function joined(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = []
  for (const [from, to] of intervals.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0))) {
    const last = result.at(-1)
    if (last !== undefined && from <= last[1] + 1n)
      result[result.length - 1] = [last[0], to > last[1] ? to : last[1]]
    else result.push([from, to])
  }
  return result
}

const covers = (all: readonly Interval[] | undefined, some: readonly Interval[]): boolean =>
  some.every(([from, to]) => all?.some((one) => one[0] <= from && to <= one[1]) === true)

/** Whether every transaction of `wanted` is in `at`. */
export const includes = (at: GtidSet, wanted: GtidSet): boolean =>
  [...wanted].every(([writer, intervals]) => covers(at.get(writer), intervals))

/** Whether the server of that UUID wrote anything of it. */
export const wrote = (set: GtidSet, server: string): boolean =>
  [...set.keys()].some((key) => key.startsWith(server))

/** Servers that wrote something of `a` that is not in `b`; of them, those of which `b` has nothing at all. */
function beyond(a: GtidSet, b: GtidSet): { readonly any: boolean; readonly unknown: boolean } {
  const missing = [...a].filter(([writer, intervals]) => !covers(b.get(writer), intervals))
  const server = (key: string) => key.slice(0, 36)
  const known = new Set([...b.keys()].map(server))
  return { any: missing.length > 0, unknown: missing.some(([writer]) => !known.has(server(writer))) }
}

/**
 * Which of two histories began later: above 0 the first, below 0 the second, 0 when they do not tell. A server that has
 * taken over has written transactions of its own, of which the one before it has none; sets have no order, so where each
 * has been the primary before, neither is known to be the younger.
 */
export function youngerSet(a: GtidSet, b: GtidSet): number {
  return Number(beyond(a, b).unknown) - Number(beyond(b, a).unknown)
}
