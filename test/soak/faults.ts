/** What may happen to the world of the soak: each fault lasts a while and is undone by itself. */
import { sleep } from '../support/process.ts'
import { fairWeather, type TcpProxy, type Weather } from '../support/tcp-proxy.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

export interface Fault {
  readonly name: string
  /** Does it, waits, undoes it. */
  run(world: World, random: Random): Promise<void>
}

/** Bad weather on one way of one gateway. */
const weather = (name: string, bad: (random: Random) => Partial<Weather>): Fault => ({
  name,
  run: async (world, random) => {
    const proxy = pickProxy(world, random)
    Object.assign(proxy.weather, bad(random))
    await sleep(random.between(500, 4000))
    const { connections } = proxy.weather
    Object.assign(proxy.weather, fairWeather)
    // What a hole has swallowed is gone: such a connection never is what it was.
    if (connections !== 'pass') proxy.resetAll()
  },
})
const pickProxy = (world: World, random: Random): TcpProxy => {
  const seat = random.pick(world.seats)
  return random.pick([seat.toPrimary, seat.toPrimary, seat.toStandby])
}

export const faults: readonly Fault[] = [
  weather('latency and jitter', (random) => ({
    latencyMs: random.between(5, 100),
    jitterMs: random.between(5, 200),
  })),
  weather('bandwidth', (random) => ({ bytesPerSecond: random.between(5000, 50_000), direction: 'down' })),
  weather('slices', (random) => ({ sliceBytes: random.between(1, 30) })),
  weather('black hole', () => ({ connections: 'hole' })),
  weather('resets on connecting', () => ({ connections: 'reset' })),
  weather('cut after some bytes', (random) => ({ cutAfterBytes: random.between(500, 20_000) })),
  {
    name: 'all connections reset',
    run: async (world, random) => {
      for (let i = 0; i < 5; i++) {
        pickProxy(world, random).resetAll()
        await sleep(random.between(20, 300))
      }
    },
  },
  {
    name: 'connections gone dark',
    run: async (world, random) => {
      pickProxy(world, random).darken(random.pick(['up', 'down']))
      await sleep(random.between(500, 2000))
    },
  },
  {
    name: 'connections refused',
    run: async (world, random) => {
      const proxy = pickProxy(world, random)
      await proxy.refuse()
      await sleep(random.between(300, 3000))
      await proxy.listen()
    },
  },
  ...(['primary', 'standby'] as const).flatMap((which): Fault[] => [
    {
      name: `${which} killed`,
      run: async (world, random) => {
        await world[which].kill('SIGKILL')
        await sleep(random.between(0, 2500))
        await world[which].restart()
      },
    },
    {
      name: `${which} restarted`,
      run: async (world, random) => {
        await world.cluster.shutDown(world[which])
        await sleep(random.between(0, 1000))
        await world[which].restart()
      },
    },
    {
      name: `${which} frozen`,
      run: async (world, random) => {
        await world[which].pause()
        await sleep(random.between(300, 3500))
        await world[which].resume()
      },
    },
    {
      name: `sessions ended in the ${which}`,
      run: async (world) => {
        await world.cluster.endSessions(world[which])
      },
    },
  ]),
  {
    name: 'replay paused',
    run: async ({ cluster, standby }, random) => {
      await cluster.hold(standby)
      await sleep(random.between(200, 5000))
      await cluster.release(standby)
    },
  },
  {
    name: 'schema changed',
    run: async ({ cluster, primary }, random) => {
      const name = `extra_${random.next(3)}`
      await cluster.query(
        primary,
        `ALTER TABLE registers DROP COLUMN IF EXISTS ${name}; ALTER TABLE registers ADD COLUMN ${name} int`,
      )
    },
  },
  {
    name: 'gateway stopped and continued',
    run: async (world, random) => {
      const { postern } = random.pick(world.seats)
      postern.signal('SIGSTOP')
      await sleep(random.between(200, 3000))
      postern.signal('SIGCONT')
    },
  },
  {
    // The other one lives through everything, so that what it holds can be compared.
    name: 'gateway killed',
    run: async ({ seats: [first] }) => {
      first.postern.signal('SIGKILL')
      await first.restart()
    },
  },
  {
    name: 'gateway replaced in order',
    run: async ({ seats: [first] }) => {
      first.postern.signal('SIGTERM')
      await first.restart()
    },
  },
]
