/** What the tests of this room share: a clock that counts its timers, and a thing to lend that breaks on demand. */
import { type Timer, type VirtualClock, virtualClock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { createPool } from './pool.ts'
import type { Poolable, PoolSettings, Shared, Sharing } from './types.ts'

/** The same clock, with the number of timers that its user has pending. */
function counting(clock: VirtualClock): VirtualClock & { pending(): number } {
  const pending = new Set<Timer>()
  return {
    ...clock,
    after: (ms, body) => {
      const inner = clock.after(ms, () => {
        pending.delete(timer)
        body()
      })
      const timer = {
        cancel: () => {
          pending.delete(timer)
          inner.cancel()
        },
      }
      pending.add(timer)
      return timer
    },
    pending: () => pending.size,
  }
}

/** A connection to nothing. Whoever lends it twice at a time is found out by `borrowers`. */
export interface Thing extends Poolable {
  readonly id: number
  usable: boolean
  closing: boolean
  closed: boolean
  borrowers: number
  /** Seats of it that are not given back; as a whole it is then lent to nobody. */
  seats: number
}

/** How the other side behaves; may be changed at any time. */
export interface Weather {
  /** `hang` never answers and heeds no signal. */
  connect: 'fine' | 'refuse' | 'hang'
  connectMs: number
  validate: 'fine' | 'refuse' | 'hang' | 'readonly'
  validateMs: number
  closeMs: number
  /** From the last seat given back until the thing is free. */
  overMs: number
}

export const settings: PoolSettings = {
  name: 'primary',
  min: 0,
  max: 2,
  acquireTimeout: 500,
  queue: 4,
  maxLifetime: 1_800_000,
  idleTimeout: 600_000,
  validateAfter: 500,
  validateTimeout: 250,
  maxConnecting: 2,
  overload: { wait: 100, lasting: Number.POSITIVE_INFINITY },
  leakGrace: 2000,
}

/** A loan whose body the test ends when it likes. */
export interface Loan {
  /** Set while the body runs and after. */
  thing: Thing | undefined
  /** Monotonic ms of the start of the body, and of the end of `use`. */
  startedAt: number | undefined
  /** How many bodies had started before this one. */
  position: number | undefined
  settledAt: number | undefined
  error: GatewayError | undefined
  readonly abort: AbortController
  end(): void
}

/** A pool over things, with everything that happened. `watch` is told of each observation as it is made. */
export function poolOfThings(
  changes: Partial<PoolSettings> = {},
  random = () => 0,
  watch: (o: Observation) => void = () => {},
) {
  const time = virtualClock()
  const clock = counting(time)
  const weather: Weather = {
    connect: 'fine',
    connectMs: 0,
    validate: 'fine',
    validateMs: 0,
    closeMs: 0,
    overMs: 0,
  }
  const seen: Observation[] = []
  const things: Thing[] = []
  /** How many shared each shared loan. */
  const parties: number[] = []
  /** And what kind they were of. */
  const kinds: Sharing[] = []
  const calls = { connect: 0, validate: 0, connecting: 0, mostConnecting: 0 }
  const refused = new Error('connection refused')
  const sleep = (ms: number) =>
    ms === 0 ? Promise.resolve() : new Promise<void>((resolve) => void time.after(ms, resolve))
  const forever = new Promise<never>(() => {})

  let bodies = 0

  const thing = (): Thing => {
    const made: Thing = {
      id: things.length,
      usable: true,
      closing: false,
      closed: false,
      borrowers: 0,
      seats: 0,
      isUsable: () => made.usable && !made.closed,
      close: async () => {
        made.closing = true
        await sleep(weather.closeMs)
        made.closed = true
      },
    }
    things.push(made)
    return made
  }

  /** A seat is a thing of its own with the state of the whole. */
  const shareFor =
    (sharing: Sharing) =>
    (whole: Thing, borrowers: number): Shared<Thing> => {
      kinds.push(sharing)
      if (whole.borrowers + whole.seats > 0) throw new Error('shared while lent')
      const over = Promise.withResolvers<void>()
      whole.seats = borrowers
      parties.push(borrowers)
      const seats = Array.from({ length: borrowers }, () => {
        let open = true
        const seat: Thing = {
          ...whole,
          borrowers: 0,
          isUsable: whole.isUsable,
          get usable() {
            return whole.usable
          },
          set usable(usable: boolean) {
            whole.usable = usable
          },
          close: async () => {
            if (!open) return
            open = false
            whole.seats--
            if (whole.seats > 0) return
            await sleep(weather.overMs)
            over.resolve()
          },
        }
        return seat
      })
      return { seats, over: over.promise }
    }

  const pool = createPool<Thing>(
    { ...settings, ...changes },
    {
      clock,
      observe: (o) => {
        seen.push(o)
        watch(o)
      },
      random,
      share: { reads: shareFor('reads'), inserts: shareFor('inserts') },
      connect: async () => {
        calls.connect++
        calls.connecting++
        calls.mostConnecting = Math.max(calls.mostConnecting, calls.connecting)
        try {
          await sleep(weather.connectMs)
          if (weather.connect === 'hang') await forever
          if (weather.connect === 'refuse') throw refused
          return thing()
        } finally {
          calls.connecting--
        }
      },
      validate: async () => {
        calls.validate++
        const { validate } = weather
        await sleep(weather.validateMs)
        if (validate === 'hang') await forever
        if (validate === 'refuse') throw new Error('no answer')
        return validate === 'readonly' ? 'readonly' : undefined
      },
    },
  )

  /** Asks for a connection and keeps it until `end`. */
  const borrow = (deadlineIn = 10_000, shares?: Sharing): Loan => {
    const done = Promise.withResolvers<void>()
    const loan: Loan = {
      thing: undefined,
      startedAt: undefined,
      position: undefined,
      settledAt: undefined,
      error: undefined,
      abort: new AbortController(),
      end: done.resolve,
    }
    const settled = (error?: Error) => {
      if (loan.settledAt !== undefined) throw new Error('a caller settled twice')
      loan.settledAt = clock.now()
      if (error instanceof GatewayError) loan.error = error
      else if (error !== undefined) throw error
    }
    const body = async (lent: Thing) => {
      loan.thing = lent
      loan.startedAt = clock.now()
      loan.position = bodies++
      lent.borrowers++
      await done.promise
      lent.borrowers--
    }
    void pool.use(loan.abort.signal, clock.now() + deadlineIn, body, shares).then(() => settled(), settled)
    return loan
  }

  const count = (kind: Observation['kind']) => seen.filter((o) => o.kind === kind).length
  const evictions = () => seen.flatMap((o) => (o.kind === 'pool.evict' ? [o.reason] : []))
  return { pool, clock, weather, seen, things, parties, kinds, calls, refused, borrow, count, evictions }
}
