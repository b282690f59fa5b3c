/** What `postern check` finds out about Redis: whether it is reached, takes scripts, and keeps what it is given. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { Config } from '#config/schema.ts'
import type { Redis, Script } from '#redis/redis.ts'
import { loadRedis } from './records.ts'

export interface RedisReport {
  /** `host:port/database`. */
  readonly address: string
  readonly reached: boolean
}

/** One line for each thing that decides whether content is kept; no line for what this user may not see. */
const aboutScript: Script = {
  name: 'about',
  text: `
local found = {}
for _, section in ipairs({'memory', 'persistence'}) do
  local info = redis.pcall('INFO', section)
  if type(info) == 'string' then
    for line in string.gmatch(info, '[^\\r\\n]+') do
      if string.match(line, '^maxmemory_policy:') or string.match(line, '^aof_enabled:') then found[#found + 1] = line end
    end
  end
end
return found`,
}

/** Undefined where no Redis is configured. Never throws: the gateway serves without Redis, so all of it is a warning. */
export async function inspectRedis(
  config: Config,
  clock: Clock,
): Promise<{ readonly redis: RedisReport; readonly warnings: readonly string[] } | undefined> {
  const reached = Promise.withResolvers<void>()
  reached.promise.catch(() => {})
  const observe: Observe = (o) => {
    if (o.kind !== 'redis') return
    if (o.state === 'up') reached.resolve()
    else reached.reject(o.error)
  }
  const redis = await loadRedis(config, { sessionName: 'postern/check' }, { clock, observe })
  if (redis === undefined) return undefined
  const { address } = redis.stats()
  const timer = clock.after(config.redis.connectTimeout + config.redis.commandTimeout, () =>
    reached.reject(new Error('no answer in time')),
  )
  try {
    redis.start()
    await reached.promise
    return { redis: { address, reached: true }, warnings: await contentWarnings(redis, clock) }
  } catch (error) {
    const why = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : ''
    const warning = `Redis at ${address}: ${why}; requests with an Idempotency-Key will be refused`
    return { redis: { address, reached: false }, warnings: [warning] }
  } finally {
    timer.cancel()
    redis.stop()
  }
}

async function contentWarnings(redis: Redis, clock: Clock): Promise<readonly string[]> {
  const lines = (await redis.run(aboutScript, [], [], { deadline: clock.now() + 5000 })) as Buffer[]
  const known = new Map(lines.map((line) => String(line).split(':') as [string, string]))
  const policy = known.get('maxmemory_policy') ?? 'noeviction'
  return [
    ...(policy === 'noeviction'
      ? []
      : [
          `Redis drops keys when it is full (maxmemory-policy ${policy}): requests may then run twice; noeviction is right`,
        ]),
    ...(known.get('aof_enabled') === '0'
      ? ['Redis keeps no log of its content (appendonly no): after its restart Idempotency-Keys are new']
      : []),
  ]
}
