/** Lets a few requests begin in each turn of the event loop: what was begun is brought to its end before more is begun. */
import type { Clock } from '#base/clock.ts'

/**
 * Requests that may begin in one turn: as many as share a trip to the database (pool/party.ts). With eight a tenth fewer
 * are answered, with 24 or 32 as many, and the turns are longer.
 */
export const beginsPerTurn = 16

/** While connections keep coming, one request begins in each of so many turns. */
export const burstTurns = 4
/** So many turns in a row at most (a tenth of a second, as a turn without requests takes 0.1 ms): whoever is connected has waited long enough then. */
export const longestBurst = 1024

/** A request that waits for its turn; the clock runs for it. */
interface Waiting<T> {
  readonly request: T
  readonly arrived: number
  behind: Waiting<T> | undefined
}

/**
 * Node hands over everything that has arrived before it looks at the sockets again. With a hundred clients that ask at once
 * these are long turns: what the database answered meanwhile waits for their end, and every request is half done while all
 * others are begun. So `beginsPerTurn` begin at once, the others in the turns to come, first come first served.
 * The line is as long as there are connections (longer only where clients pipeline), and those who wait are refused by
 * `limits.eventLoopLag` and by their deadlines, which count from their arrival.
 *
 * libuv accepts one connection in a turn, so that of many that come at once the last waits for as many turns. When two turns in a row
 * have brought one, there are likely more, and the turns are kept short until a turn brings none.
 * @param o.later runs its argument at the end of a turn of the loop, behind `Clock.soon`: answers leave before more is begun
 * @param o.begin gets the request and when it arrived (monotonic ms)
 */
export function createTurnstile<T>(o: {
  now: Clock['now']
  later: (body: () => void) => void
  begin: (request: T, arrived: number) => void
}) {
  let room = beginsPerTurn
  let first: Waiting<T> | undefined
  let last: Waiting<T> | undefined
  /** Whether the next turn is told to go on. */
  let planned = false
  /** Whether this turn has brought a connection. */
  let connected = false
  /** Turns in a row that have. */
  let burst = 0

  const roomNow = () => {
    burst = connected ? burst + 1 : 0
    connected = false
    if (burst < 2 || burst > longestBurst) return beginsPerTurn
    return burst % burstTurns === 0 ? 1 : 0
  }
  const plan = () => {
    if (planned) return
    planned = true
    o.later(turn)
  }
  const turn = () => {
    planned = false
    room = roomNow()
    while (first !== undefined && room > 0) {
      const next = first
      first = next.behind
      if (first === undefined) last = undefined
      // A place that has grown old would keep all who came after it from being collected cheaply.
      next.behind = undefined
      room--
      o.begin(next.request, next.arrived)
    }
    // A turn that nothing asked for ends the burst: connections that come one by one, with idle turns between them, are none.
    if (room < beginsPerTurn || burst > 0) plan()
  }

  return {
    /** A connection has been accepted. */
    connected(): void {
      connected = true
      plan()
    },
    /** Begins it now or in one of the turns to come. */
    enter(request: T): void {
      const arrived = o.now()
      if (first === undefined && room > 0) {
        room--
        o.begin(request, arrived)
      } else {
        const one = { request, arrived, behind: undefined }
        if (last === undefined) first = one
        else last.behind = one
        last = one
      }
      plan()
    },
  }
}
