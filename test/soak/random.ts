/** Chance from a seed, so that a run can be done again. */

export interface Random {
  /** A whole number from 0 to less than `below`. */
  next(below: number): number
  between(from: number, to: number): number
  pick<T>(of: readonly T[]): T
}

/** mulberry32: small, and good enough to choose faults with. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const next = (below: number) => Math.floor(unit() * below)
  return {
    next,
    between: (from, to) => from + next(to - from),
    pick: (of) => of[next(of.length)] as (typeof of)[number],
  }
}
