/** What other rooms know of Redis: scripts that run whole or not at all, its clock, and whether it can be reached. */

/** A program for Redis (Lua). It runs by itself: no other command comes between. */
export interface Script {
  /** For metrics; one of few words. */
  readonly name: string
  readonly text: string
}

export interface RedisStats {
  /** `host:port/database`, without credentials. */
  readonly address: string
  /** `connecting` before the first contact. */
  readonly state: 'connecting' | 'up' | 'down'
  /** Milliseconds in this state. */
  readonly forMs: number
}

/** One connection, shared by all of the process. */
export interface Redis {
  start(): void
  /** Ends the connection. */
  stop(): void
  /**
   * Runs a script. Texts come back as Buffers, whole numbers as numbers.
   * @param o.deadline monotonic ms; `redis.commandTimeout` may be sooner
   * @throws RedisFault
   */
  run(
    script: Script,
    keys: readonly string[],
    values: readonly (string | Buffer | number)[],
    o: { readonly deadline: number },
  ): Promise<unknown>
  /**
   * What Redis's clock shows at that moment (monotonic ms of ours), as wall ms: never more than it really shows then,
   * less by the time an answer of Redis takes. Known as soon as it was reached once.
   */
  clockAt(at: number): number
  /** When a run that begins now with that deadline is given up, monotonic ms. */
  giveUpAt(deadline: number): number
  /** Told each time it is reached again. */
  onUp(listener: () => void): void
  stats(): RedisStats
}

/** Redis did not do what was asked. `applied: unknown`: it may have, or may yet do. */
export class RedisFault extends Error {
  override readonly name = 'RedisFault'
  readonly applied: 'no' | 'unknown'
  constructor(message: string, applied: 'no' | 'unknown', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.applied = applied
  }
}
