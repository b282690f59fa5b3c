/** The memory that the bodies of all requests under way may take together. */
import { GatewayError } from '#base/errors.ts'
import type { LimitsOptions } from './options.ts'

export interface BodyRoom {
  /** @throws GatewayError overloaded when there are not so many bytes left */
  take(bytes: number): void
  give(bytes: number): void
}

/** @param limits looked at each time, as they may change; one body of the largest size always has room */
export function createBodyRoom(limits: Pick<LimitsOptions, 'body' | 'bodies'>): BodyRoom {
  let used = 0
  return {
    take: (bytes) => {
      const limit = Math.max(limits.bodies, limits.body)
      if (used + bytes > limit)
        throw new GatewayError(
          'overloaded',
          `The bodies of requests under way have ${used} bytes, this one needs ${bytes} more, and there is room for ${limit} (limits.bodies).`,
          { facts: { limit, used, needed: bytes }, retryAfter: 1 },
        )
      used += bytes
    },
    give: (bytes) => {
      used -= bytes
    },
  }
}
