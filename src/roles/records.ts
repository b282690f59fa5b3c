/** Idempotency records put together: in memory, and in Redis where one is configured. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import type { Engine } from '#engine/engine.ts'
import { replyCodec } from '#http/idempotency.ts'
import type { Reply } from '#http/problem.ts'
import { createRecords, type Records } from '#limits/idempotency.ts'
import { layered } from '#limits/layered-records.ts'
import { createSharedRecords } from '#limits/shared-records.ts'
import type { Redis } from '#redis/redis.ts'
import { redisTargetOf } from '#redis/target.ts'

interface Around {
  readonly clock: Clock
  readonly observe: Observe
}

/** The connection to Redis; undefined where none is configured: then its code is not loaded. */
export async function loadRedis(
  config: Config,
  engine: Pick<Engine, 'sessionName'>,
  d: Around,
): Promise<Redis | undefined> {
  const target = redisTargetOf(config.redis)
  if (target === undefined) return undefined
  const { createRedis } = await import('#redis/client.ts')
  return createRedis(target, { ...d, ...config.redis, random: Math.random, name: engine.sessionName })
}

/** @param redis what loadRedis gave */
export function recordsOf(
  { idempotency, redis: { keyPrefix } }: Config,
  engine: Pick<Engine, 'kind' | 'address'>,
  redis: Redis | undefined,
  d: Around,
): Records<Reply> {
  const near = createRecords<Reply>({ ...d, ...idempotency })
  if (redis === undefined) return near
  const scope = idempotency.scope ?? JSON.stringify([engine.kind, engine.address])
  return layered(
    near,
    createSharedRecords<Reply>({ ...d, ...idempotency, redis, keyPrefix, scope, codec: replyCodec }),
  )
}
