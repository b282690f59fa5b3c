/** MariaDB's positions: in each domain one sequence of transactions, and how far each server has written in it. Pure. */

/** What is known of a domain. `last`: the server and number of its last transaction. */
interface Domain {
  readonly last: readonly [server: string, number: bigint]
  /** Server → the last number it wrote. */
  readonly reached: ReadonlyMap<string, bigint>
}
export type GtidState = ReadonlyMap<string, Domain>

const gtid = /^(\d+)-(\d+)-(\d+)$/

/** GTIDs by domain; what is none stands for nothing. (MariaDB Server Documentation, "Global Transaction ID") */
function* gtids(text: string): Iterable<readonly [domain: string, server: string, number: bigint]> {
  for (const word of text.split(',')) {
    const [, domain, server, number] = gtid.exec(word.trim()) ?? []
    if (domain !== undefined && server !== undefined && number !== undefined)
      yield [domain, server, BigInt(number)]
  }
}

const largest = (a: bigint, b: bigint | undefined): bigint => (b !== undefined && b > a ? b : a)

/** `0-1-99,0-2-105` → state: numbers grow along a domain, so the last transaction is the one with the largest. */
export function readGtidState(text: string): GtidState {
  const state = new Map<string, { last: readonly [string, bigint]; reached: Map<string, bigint> }>()
  for (const [domain, server, number] of gtids(text)) {
    const known = state.get(domain)
    if (known === undefined)
      state.set(domain, { last: [server, number], reached: new Map([[server, number]]) })
    else {
      if (number > known.last[1]) known.last = [server, number]
      known.reached.set(server, largest(number, known.reached.get(server)))
    }
  }
  return state
}

/**
 * The position of a server: in each domain what it has applied last, and what the servers before wrote up to there.
 * @param applied `gtid_current_pos`: of a replica what reads there can see, its binary log may be ahead of that
 * @param written what it knows of transactions: `gtid_binlog_state`, and `gtid_slave_pos` where it keeps no log of them
 */
export function positionOf(applied: string, written: readonly string[]): string {
  const before = readGtidState(written.join())
  const position: string[] = []
  for (const [domain, server, number] of gtids(applied)) {
    for (const [other, reached] of before.get(domain)?.reached ?? [])
      if (reached < number && other !== server) position.push(`${domain}-${other}-${reached}`)
    position.push(`${domain}-${server}-${number}`)
  }
  return position.toSorted().join()
}

/**
 * Whether what `wanted` ends with, in each domain, is in `at`: there it has come as far, and along the same way, as the
 * server that wrote it is known to have written so much.
 */
export const reaches = (at: GtidState, wanted: GtidState): boolean =>
  [...wanted].every(([domain, { last }]) => (at.get(domain)?.reached.get(last[0]) ?? -1n) >= last[1])

/** Whether a server other than the last one of what both have has written on in `a`. */
function tookOver(a: Domain, b: Domain | undefined): boolean {
  let common: readonly [string, bigint] = ['', -1n]
  for (const [server, number] of a.reached) {
    const other = b?.reached.get(server)
    if (other === undefined) continue
    const least = other < number ? other : number
    if (least > common[1]) common = [server, least]
  }
  return [...a.reached].some(([server, number]) => server !== common[0] && number > common[1])
}

/**
 * Which of two histories began later: above 0 the first, below 0 the second, 0 when they do not tell. From where two
 * part, the one that goes on with another server than wrote the last common transaction is the younger.
 */
export function youngerState(a: GtidState, b: GtidState): number {
  const over = (x: GtidState, y: GtidState) =>
    [...x].some(([domain, state]) => y.has(domain) && tookOver(state, y.get(domain)))
  return Number(over(a, b)) - Number(over(b, a))
}
