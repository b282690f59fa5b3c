/** Shares of a budget whose gateways come and go: no schedule of stale views makes them open more than there is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blindAfterMs, createShare, holdMs, type Share, shareBy } from './share.ts'

const auto = { connections: 'auto', reserved: 0, instances: 'auto', surge: 0.25 } as const
const uncapped = () => Number.POSITIVE_INFINITY
const peers = (...sessions: readonly number[]) => sessions.map((n, i) => ({ name: `g${i}`, sessions: n }))

describe('the share by one view', () => {
  it('of numbers is the same division as ever', () => {
    const view = { at: 0, connections: 97, self: 'g0', peers: peers(1) }
    expect(shareBy(view, { ...auto, connections: 200, reserved: 20, instances: 4 }).share).toBe(45)
    expect(shareBy(view, { ...auto, reserved: 7, instances: 3 }).share).toBe(30)
    expect(shareBy(view, { ...auto, reserved: 200, instances: 3 }).share).toBe(1)
  })

  it('keeps room for a quarter more, and for the session beside the pool', () => {
    const share = (connections: number, n: number) =>
      shareBy({ at: 0, connections, self: 'g0', peers: peers(...Array.from({ length: n }, () => 1)) }, auto)
    expect(share(17, 3)).toEqual({ instances: 3, share: 4 })
    expect(share(97, 1)).toEqual({ instances: 1, share: 94 })
    expect(share(97, 20)).toEqual({ instances: 20, share: 3 })
    expect(share(10, 20)).toEqual({ instances: 20, share: 1 })
  })

  it('keeps room for as many as are said to come at a time, and always for one', () => {
    const share = (surge: number) =>
      shareBy({ at: 0, connections: 48, self: 'g0', peers: peers(1, 1, 1, 1) }, { ...auto, surge }).share
    expect([0, 0.25, 0.5, 1, 2].map(share)).toEqual([10, 10, 10, 9, 7])
  })

  it('leaves those what they have who still have more than their share', () => {
    expect(shareBy({ at: 0, connections: 17, self: 'g0', peers: peers(1, 10, 2) }, auto).share).toBe(1)
    expect(shareBy({ at: 0, connections: 17, self: 'g0', peers: peers(1, 6, 2) }, auto).share).toBe(3)
  })

  it('counts this gateway even where the server does not show it', () => {
    expect(shareBy({ at: 0, connections: 17, self: 'x', peers: peers(1, 1) }, auto).instances).toBe(3)
  })
})

describe('a share', () => {
  const view = (at: number, n: number) => ({
    at,
    connections: 17,
    self: 'g0',
    peers: peers(...Array.from({ length: n }, () => 1)),
  })

  it('begins with one, grows when all views of a while allow it, and shrinks at once', () => {
    const share = createShare(auto, uncapped)
    expect([0, 1000, 2000, 2999].map((at) => share.see(view(at, 3)))).toEqual([1, 1, 1, 1])
    expect(share.see(view(3000, 3))).toBe(4)
    expect(share.see(view(4000, 4))).toBe(2)
    expect([5000, 6000, 6999].map((at) => share.see(view(at, 3)))).toEqual([2, 2, 2])
    expect(share.see(view(7999, 3))).toBe(2)
    expect(share.see(view(8000, 3))).toBe(4)
  })

  it('never exceeds pools.max', () => {
    const share = createShare(auto, () => 3)
    share.see(view(0, 1))
    expect(share.see(view(holdMs, 1))).toBe(3)
  })

  it('follows pools.max within what the views allow, and no further when it is blind', () => {
    let cap = 3
    const share = createShare(auto, () => cap)
    cap = 5
    expect(share.again()).toBe(1)
    share.see(view(0, 1))
    share.see(view(holdMs, 1))
    cap = 8
    expect(share.again()).toBe(8)
    cap = 2
    expect(share.again()).toBe(2)
    cap = 100
    expect(share.again()).toBe(14)
    expect(share.lose(4)).toBe(4)
    expect(share.again()).toBe(4)
  })

  it('of a gateway that sees nobody is what it has open, and grows from there', () => {
    const share = createShare(auto, uncapped)
    share.see(view(0, 1))
    expect(share.see(view(3000, 1))).toBe(14)
    expect(share.lose(5)).toBe(5)
    expect(share.lose(0)).toBe(1)
    expect(share.see(view(6000, 1))).toBe(1)
    expect(share.see(view(9000, 1))).toBe(14)
  })

  it('follows at once where only the connections are asked for', () => {
    const share = createShare({ ...auto, instances: 4 }, uncapped)
    expect(share.see({ at: 0, connections: 100, self: '', peers: [] })).toBe(25)
    expect(share.see({ at: 1, connections: 40, self: '', peers: [] })).toBe(10)
    expect(share.lose(0)).toBe(10)
  })
})

/** A gateway of the model: it opens what it may, and gives back late. */
interface Gateway {
  readonly name: string
  readonly share: Share
  max: number
  /** Connections of its pool that are open. */
  open: number
  /** When each of those above `max` is given back at the latest. */
  surplusUntil: number
  nextLook: number
  /** A view on its way: read by the server, not yet here. */
  look: { at: number; readAt: number; arrivesAt: number; sessions?: Map<string, number> } | undefined
  lastSeen: number
  alive: boolean
}

describe('all gateways together', () => {
  const step = 50
  /** Longest time a busy connection is kept after its pool has shrunk: the usual deadline. */
  const busyMs = 2000

  const events = fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: 12_000 }),
      what: fc.constantFrom('come', 'go', 'go and come', 'no answer'),
      who: fc.nat(100),
      lasts: fc.integer({ min: 0, max: 8000 }),
    }),
    { maxLength: 12 },
  )

  it('never open more than there is, whoever comes, goes, dies or cannot see, and end with even shares', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 120 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0.25, 1, 2),
        events,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        (budget, initial, surge, schedule, chances) => {
          const options = { ...auto, surge }
          const random = () => chances.next().value as number
          const gateways: Gateway[] = []
          let serial = 0
          let lastArrival = Number.NEGATIVE_INFINITY
          const blindUntil = new Map<string, number>()
          const come = (now: number) => {
            gateways.push({
              name: `g${serial++}`,
              share: createShare(options, uncapped),
              max: 1,
              open: 1,
              surplusUntil: now,
              nextLook: now,
              look: undefined,
              lastSeen: now,
              alive: true,
            })
          }
          const living = () => gateways.filter((g) => g.alive)
          const sessions = () => new Map(living().map((g) => [g.name, Math.max(g.open, 1) + 1] as const))
          const shrinks = (g: Gateway, to: number, now: number) => {
            if (to < g.max) g.surplusUntil = now + random() * busyMs
            g.max = to
          }

          const tick = (now: number) => {
            for (const g of living()) {
              if (g.look === undefined && now >= g.nextLook) {
                const readAt = now + random() * 400
                g.look = { at: now, readAt, arrivesAt: readAt + random() * 400 }
              }
              const { look } = g
              if (look !== undefined && look.sessions === undefined && now >= look.readAt)
                look.sessions = sessions()
              if (look?.sessions !== undefined && now >= look.arrivesAt) {
                g.look = undefined
                g.nextLook = now + 800 + random() * 400
                if (now < (blindUntil.get(g.name) ?? 0)) continue
                g.lastSeen = look.at
                const seen = [...look.sessions].map(([name, n]) => ({ name, sessions: n }))
                shrinks(g, g.share.see({ at: look.at, connections: budget, self: g.name, peers: seen }), now)
              }
              if (now - g.lastSeen >= blindAfterMs) shrinks(g, g.share.lose(g.open), now)
              if (g.open > g.max && now >= g.surplusUntil) g.open = g.max
              else if (g.open < g.max && random() < 0.5) g.open++
            }
            const most = living().reduce((sum, g) => sum + Math.max(g.open, g.max) + 1, 0)
            expect(most, `at ${now} ms`).toBeLessThanOrEqual(budget)
          }

          let now = 0
          const run = (ms: number) => {
            for (const end = now + ms; now < end; now += step) tick(now)
          }
          for (let i = 0; i < initial; i++) come(now)
          for (const { after, what, who, lasts } of schedule) {
            run(after)
            const one = living()[who % Math.max(1, living().length)]
            if (one !== undefined && what === 'no answer') blindUntil.set(one.name, now + lasts)
            if (one !== undefined && (what === 'go' || what === 'go and come') && living().length > 1)
              one.alive = false
            // Room is kept for as many at a time as the surge brings; two sessions each must fit.
            const settled = now - lastArrival > holdMs + busyMs + 2000
            const newcomers = Math.max(1, Math.ceil(living().length * surge))
            const total = living().length + newcomers
            const fits = total * 2 + 2 * Math.ceil(total * surge) <= budget
            if ((what === 'come' || what === 'go and come') && settled && fits) {
              for (let i = 0; i < newcomers; i++) come(now)
              lastArrival = now
            }
          }
          run(20_000)
          const fair = shareBy(
            {
              at: now,
              connections: budget,
              self: '',
              peers: living()
                .slice(1)
                .map((g) => ({ name: g.name, sessions: 1 })),
            },
            options,
          ).share
          expect(living().map((g) => g.max)).toEqual(living().map(() => fair))
        },
      ),
      { numRuns: 60 },
    )
  })
})
