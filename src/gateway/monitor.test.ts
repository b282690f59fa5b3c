import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Connection, Replication, Standing } from '#engine/engine.ts'
import { createMonitor, type Server } from './monitor.ts'

/** What sessions lead to: changed, later ones lead elsewhere. */
interface Place {
  at: string
  /** Of the server at each place. */
  readonly lines: Record<string, string>
  open: number
  /** Answers wait while it is set. */
  held: Promise<void> | undefined
}

const younger: Replication['younger'] = (a, b) => Number(a.line) - Number(b.line)

function serverOf(name: string, kind: Server['kind'], place: Place): Server {
  const standing = async (c: Connection): Promise<Standing> => {
    const { at } = c as unknown as { at: string }
    await place.held
    if (!c.isUsable()) throw new Error('the session was closed')
    return {
      server: at,
      role: kind === 'host' ? 'primary' : 'replica',
      line: place.lines[at] ?? '1',
      position: '10',
      behindMs: undefined,
      forks: [],
    }
  }
  return {
    name,
    kind,
    engine: {
      get address() {
        return place.at
      },
      connect: async () => {
        place.open++
        let usable = true
        return {
          at: place.at,
          isUsable: () => usable,
          close: async () => {
            if (usable) place.open--
            usable = false
          },
        } as unknown as Connection
      },
    },
    replication: {
      exact: true,
      standing,
      mark: async () => ({ line: '1', position: '10' }),
      holds: (at, wanted) => (Number(at.position) >= Number(wanted.position) ? 'yes' : 'not_yet'),
      younger,
    },
  }
}

function setUp() {
  const clock = virtualClock()
  const place = (): Place => ({ at: 'old', lines: { old: '7', new: '1' }, open: 0, held: undefined })
  const places = { host: place(), replica: place() }
  const monitor = createMonitor({
    clock,
    observe: () => {},
    servers: [serverOf('host', 'host', places.host), serverOf('replica', 'replica', places.replica)],
    maxLagMs: 1000,
    onWriter: () => {},
  })
  const servers = () => [monitor.standing('host')?.server, monitor.standing('replica')?.server]
  return { clock, places, monitor, servers }
}

test('a server that has moved is looked at where it is now, at once, though its history is an older one', async () => {
  const { clock, places, monitor, servers } = setUp()
  monitor.start()
  await clock.advance(100)
  expect([servers(), monitor.seat().state, monitor.serves('replica')]).toEqual([
    ['old', 'old'],
    'taken',
    true,
  ])
  places.host.at = places.replica.at = 'new'
  monitor.moved(new Set(['host', 'replica']))
  expect([servers(), monitor.serves('replica')]).toEqual([[undefined, undefined], false])
  await clock.advance(1)
  expect([servers(), monitor.serves('replica')]).toEqual([['new', 'new'], true])
  expect(monitor.seat()).toEqual({ state: 'taken', writer: 'host', claimed: ['host'] })
  expect([places.host.open, places.replica.open]).toEqual([1, 1])
  await monitor.stop()
})

test('a replica that moves alone changes nothing for the others', async () => {
  const { clock, places, monitor, servers } = setUp()
  monitor.start()
  await clock.advance(100)
  places.replica.at = 'new'
  monitor.moved(new Set(['replica']))
  await clock.advance(1)
  expect(servers()).toEqual(['old', 'new'])
  await monitor.stop()
})

test('a look under way when the server moves says nothing of it, and whoever waits gets the next one', async () => {
  const { clock, places, monitor, servers } = setUp()
  monitor.start()
  await clock.advance(100)
  const answer = Promise.withResolvers<void>()
  places.host.held = answer.promise
  const waiting = monitor.refresh('host')
  const round = monitor.lookAround()
  await clock.advance(1)
  places.host.held = undefined
  places.host.at = 'new'
  monitor.moved(new Set(['host']))
  answer.resolve()
  await round
  expect((await waiting).server).toBe('new')
  expect(servers()).toEqual(['new', 'old'])
  expect(monitor.seat().state).toBe('taken')
  await monitor.stop()
})

test('of a replica that does not answer nobody can tell how far it is behind', async () => {
  const { clock, places, monitor } = setUp()
  monitor.start()
  const told = () => monitor.stats().flatMap((s) => (s.kind === 'replica' ? [s.why, s.lagMs] : []))
  await clock.advance(2000)
  expect(told()).toEqual(['well', 0])
  places.replica.held = Promise.reject(new Error('it is away'))
  places.replica.held.catch(() => {})
  await clock.advance(5000)
  expect(told()).toEqual(['unreachable', Number.POSITIVE_INFINITY])
  places.replica.held = undefined
  await clock.advance(2000)
  expect(told()).toEqual(['well', 0])
  await monitor.stop()
})
