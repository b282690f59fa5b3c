/** Which of the servers that say they are the primary is written to. Pure but for what it remembers. */
import { GatewayError } from '#base/errors.ts'
import type { Mark } from '#engine/engine.ts'

/** A server that says it is the primary. `mayLead`: the configuration allows writing to it. */
export interface Claim {
  readonly name: string
  readonly mayLead: boolean
  /** Standing.server: the same server may be reached by two names. */
  readonly server: string
  readonly mark: Mark
  /** Its last look failed: it was the primary before, and may not be any more. */
  readonly doubtful?: boolean
  /** Standing.fed: it stands back for one that no other server feeds. */
  readonly fed?: boolean
}

/**
 * `taken`: `writer` is written to. `several`: nobody can tell which of them. `superseded`: the one left has an older
 * history than one that was seen. `empty`: no server claims it. `unknown`: not all were asked yet.
 */
export interface Seat {
  readonly state: 'unknown' | 'taken' | 'several' | 'superseded' | 'empty'
  readonly writer: string | undefined
  /** Servers that claim it. */
  readonly claimed: readonly string[]
}

export interface SeatKeeper {
  now(): Seat
  /** All hosts have been asked at least once. */
  lookedAround(): void
  /**
   * @param claims those that may lead first
   * @param only the one host there is: it is written to as long as nobody younger speaks up
   * @param settled false: some claims may be old, and are being looked at; who holds the seat keeps it against its equals
   */
  judge(claims: readonly Claim[], only: string | undefined, settled?: boolean): Seat
}

/** @param younger Replication.younger */
export function createSeat(younger: (a: Mark, b: Mark) => number): SeatKeeper {
  let seat: Seat = { state: 'unknown', writer: undefined, claimed: [] }
  let complete = false
  /** The youngest history that was seen of a primary: whoever is behind it has been replaced. */
  let youngest: Mark | undefined

  return {
    now: () => seat,
    lookedAround: () => {
      complete = true
    },
    judge: (all, only, settled = true) => {
      const different = all.filter(
        (claim, index) => all.findIndex(({ server }) => server === claim.server) === index,
      )
      const leading = different.filter(({ fed }) => fed !== true)
      const claims = leading.length > 0 ? leading : different
      for (const { mark } of claims)
        if (youngest === undefined || younger(mark, youngest) > 0) youngest = mark
      const claimed = claims.map(({ name }) => name)
      const young = claims.filter(({ mark }) => youngest !== undefined && younger(mark, youngest) === 0)
      // Where marks tell nothing, one that still answers tells more than one that does not.
      const answering = young.filter(({ doubtful }) => !doubtful)
      const best = answering.length > 0 ? answering : young
      const leader = best[0]
      const before = seat
      if (!complete && before.state === 'unknown' && only === undefined) return seat
      if (claims.length === 0) seat = { state: 'empty', writer: only, claimed }
      else if (leader === undefined) seat = { state: 'superseded', writer: undefined, claimed }
      else if (best.length > 1 && !settled && before.state !== 'several') return seat
      else if (best.length > 1) seat = { state: 'several', writer: undefined, claimed }
      else if (!leader.mayLead) seat = { state: 'superseded', writer: undefined, claimed }
      else seat = { state: 'taken', writer: leader.name, claimed }
      return seat
    },
  }
}

/** Why no write may go out now; undefined when one may. */
export function refusalOf(seat: Seat): GatewayError | undefined {
  switch (seat.state) {
    case 'taken':
    case 'empty':
    case 'unknown':
      return undefined
    case 'several':
      return new GatewayError(
        'database_unavailable',
        `Several servers say that they are the primary, and neither has the younger history (${seat.claimed.join(', ')}): nothing is written until one of them is left.`,
        { facts: { primaries: seat.claimed }, retryAfter: 2 },
      )
    case 'superseded':
      return new GatewayError(
        'database_unavailable',
        `The server that would be written to has been replaced: there is, or was, a primary with a younger history (${seat.claimed.join(', ')}). Nothing is written.`,
        { facts: { primaries: seat.claimed }, retryAfter: 2 },
      )
    default:
      return seat.state satisfies never
  }
}
