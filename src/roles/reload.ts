/** A changed configuration → the parts that run: tried first where that can be done, then taken over all at once. */
import { systemClock, type Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Applied } from '#config/reload.ts'
import type { Config } from '#config/schema.ts'
import { resolveContract } from '#contract/resolve.ts'
import { hostsOf } from '#engine/hosts.ts'
import { engineOf } from '#engine/options.ts'
import { isFixed, poolSettings } from '#pool/budget.ts'
import { loadEngine } from './engines.ts'
import type { Gateway } from './gateway.ts'

/** Puts what `from` holds into `into`, and nothing else is left there: others hold on to the object. */
function refill<T extends object>(into: T, from: T): void {
  for (const key of Object.keys(into)) if (!(key in from)) Reflect.deleteProperty(into, key)
  Object.assign(into, from)
}

/** Why no session can be had with these options on any of the hosts, as the first of them has it; undefined when one lets us in. */
async function refusalOf(config: Config, clock: Clock): Promise<{ readonly error: unknown } | undefined> {
  const quiet = { clock, observe: () => {} }
  const { connectTimeout } = config.database
  const tries = hostsOf(config.database).map(async (options) => {
    const engine = await loadEngine(config, quiet, options)
    const until = { deadline: clock.now() + connectTimeout, signal: AbortSignal.timeout(connectTimeout) }
    await (await engine.connect(until)).close()
  })
  return Promise.any(tries).then(
    () => undefined,
    ({ errors }: AggregateError) => ({ error: errors[0] as unknown }),
  )
}

/** Takes keys of a configuration into service; see createReloader. */
export type Apply = (next: Config, keys: readonly string[]) => Promise<Applied>

/**
 * @param d.config the configuration in service, which all parts look at; nothing else writes to it
 * @param d.onApplied for those who keep something made of it
 */
export function createApply(d: {
  config: Config
  gateway: Gateway
  clock?: Clock
  onApplied: () => void
}): Apply {
  const { config, gateway, clock = systemClock } = d
  const mustStay = (next: Config) => {
    const hosts = hostsOf(next.database).length
    if (hosts !== hostsOf(config.database).length)
      throw new GatewayError('internal', `another number of hosts (${hosts}) takes a restart`)
    if (engineOf(next.database) !== engineOf(config.database))
      throw new GatewayError('internal', 'another kind of database takes a restart')
  }
  /** Sessions that are open work on with what they were opened with; a secret may be there before the server knows it. */
  const working = () => gateway.pools.some((pool) => pool.stats().inUse + pool.stats().idle > 0)

  return async (next, keys) => {
    const touches = (section: string) => keys.some((key) => key.startsWith(`${section}.`))
    const catalog = gateway.schema.peek()?.contract.catalog
    if (touches('api') && catalog) resolveContract(catalog, next.api)
    if (touches('database')) {
      mustStay(next)
      const refusal = await refusalOf(next, clock)
      if (refusal && working()) return { postponed: refusal.error }
    }

    refill(config.database, next.database)
    refill(config.pools, next.pools)
    refill(config.deadlines, next.deadlines)
    refill(config.limits, next.limits)
    refill(config.api, next.api)
    refill(config.log, next.log)
    if (touches('api')) gateway.schema.resolveAgain()
    if (touches('pools')) {
      for (const pool of gateway.pools) {
        const settings = poolSettings(pool.stats().name, config.pools)
        const { budget } = config.pools
        // The size of a pool that follows a budget is found by looking around.
        pool.adjust(
          budget && !isFixed(budget)
            ? {
                ...settings,
                max: pool.stats().max,
                queue: config.pools.queuePerConnection * pool.stats().max,
              }
            : settings,
        )
      }
      gateway.budget?.adjust()
    }
    if (touches('database')) {
      gateway.redirect()
      for (const pool of gateway.pools) pool.renew()
      // Another place may have another schema, and its engine may not announce changes.
      gateway.schema.suspect()
    }
    d.onApplied()
    return 'applied'
  }
}
