/** Positions by GTID: what is in a set, and what is left of a history after any number of failovers. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { includes, readGtidSet, youngerSet } from './gtid-sets.ts'
import { positionOf, reaches, readGtidState, youngerState } from './gtid-states.ts'
import { createReplication } from './replication.ts'

const { holds, younger } = createReplication()
const uuid = (n: number) => `0000000${n}-71ca-11e1-9e33-c80aa9429562`
const [a, b, c] = [uuid(1), uuid(2), uuid(3)]

describe('sets of MySQL', () => {
  const has = (at: string, wanted: string) => includes(readGtidSet(at), readGtidSet(wanted))

  it('are read with all their forms', () => {
    const text = `${a.toUpperCase()}:1-3:11:47-49,\n ${b}:1-27:tag_1:5:7-9`
    expect([...readGtidSet(text)]).toEqual([
      [
        a,
        [
          [1n, 3n],
          [11n, 11n],
          [47n, 49n],
        ],
      ],
      [b, [[1n, 27n]]],
      [
        `${b}:tag_1`,
        [
          [5n, 5n],
          [7n, 9n],
        ],
      ],
    ])
    expect([...readGtidSet(`${a}:4-5:1-3`)]).toEqual([[a, [[1n, 5n]]]])
    for (const text of ['', 'x', '0-1-5', a, `${a}:`]) expect(readGtidSet(text).size).toBe(0)
  })

  it('include one another transaction by transaction', () => {
    expect(has(`${a}:1-5`, `${a}:5`)).toBe(true)
    expect(has(`${a}:1-5`, `${a}:5-6`)).toBe(false)
    expect(has(`${a}:1-5:7-9`, `${a}:1-9`)).toBe(false)
    expect(has(`${a}:1-5,${b}:1`, `${b}:1`)).toBe(true)
    expect(has(`${a}:1-5`, `${b}:1`)).toBe(false)
    expect(has(`${a}:1-5`, `${a}:t:1`)).toBe(false)
    expect(has(`${a}:1-99999999999999999999`, `${a}:99999999999999999998`)).toBe(true)
  })

  const numbers = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 })
  const text = (list: readonly number[]) => (list.length > 0 ? `${a}:${list.join(':')}` : '')
  it('are sets', () => {
    fc.assert(
      fc.property(numbers, numbers, (at, wanted) => {
        expect(has(text(at), text(wanted))).toBe(wanted.every((n) => at.includes(n)))
      }),
    )
  })

  it('tell which of two primaries took over from the other', () => {
    const of = (x: string, y: string) => youngerSet(readGtidSet(x), readGtidSet(y))
    expect(of(`${a}:1-99,${b}:1`, `${a}:1-100`)).toBe(1)
    expect(of(`${a}:1-100`, `${a}:1-99,${b}:1`)).toBe(-1)
    expect(of(`${a}:1-100`, `${a}:1-99`)).toBe(0)
    expect(of(`${a}:1-99,${b}:1`, `${a}:1-99,${c}:1`)).toBe(0)
    // Both have been the primary before: sets have no order.
    expect(of(`${a}:1-100,${b}:1-5`, `${a}:1-99,${b}:1-6`)).toBe(0)
  })
})

describe('states of MariaDB', () => {
  const has = (at: string, wanted: string) => reaches(readGtidState(at), readGtidState(wanted))
  const of = (x: string, y: string) => youngerState(readGtidState(x), readGtidState(y))

  it('of a replica end where its readers see them end, however far its log is', () => {
    expect(positionOf('0-2-105', ['0-1-99,0-2-107'])).toBe('0-1-99,0-2-105')
    expect(positionOf('0-1-99', ['0-1-99,0-2-107'])).toBe('0-1-99')
    expect(positionOf('0-1-5,3-1-7', ['0-1-5,3-1-7,3-4-2', ''])).toBe('0-1-5,3-1-7,3-4-2')
    // No log of what was replicated.
    expect(positionOf('0-2-100', ['0-2-100', '0-1-99'])).toBe('0-1-99,0-2-100')
    expect(positionOf('', ['', ''])).toBe('')
  })

  it('hold a transaction when its server is known to have come so far on the same way', () => {
    expect(has('0-1-100', '0-1-99')).toBe(true)
    expect(has('0-1-98', '0-1-99')).toBe(false)
    expect(has('0-1-99,0-2-105', '0-1-99')).toBe(true)
    // Passed by another server's: it was lost.
    expect(has('0-1-99,0-2-105', '0-1-100')).toBe(false)
    expect(has('0-1-99', '0-1-99,3-1-1')).toBe(false)
    expect(has('0-2-105', '0-1-99,0-2-104')).toBe(true)
    expect(has('', '0-1-1')).toBe(false)
  })

  it('tell which of two primaries took over from the other, also when both have led before', () => {
    expect(of('0-1-99,0-2-101', '0-1-100')).toBe(1)
    expect(of('0-1-100', '0-1-99,0-2-101')).toBe(-1)
    expect(of('0-1-105,0-2-104', '0-1-99,0-2-105')).toBe(1)
    expect(of('0-1-100', '0-1-99')).toBe(0)
    expect(of('0-1-99,0-2-100', '0-1-99,0-3-100')).toBe(0)
  })
})

/** A transaction: who wrote it, as which one of its own, and as which one of all. */
interface Written {
  readonly server: number
  readonly own: number
  readonly all: number
}

const mysqlOf = (log: readonly Written[]) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9]
    .map((server) => [server, log.filter((w) => w.server === server).map((w) => w.own)] as const)
    .filter(([, own]) => own.length > 0)
    .map(([server, own]) => `${uuid(server)}:${own.join(':')}`)
    .join()
const mariadbOf = (log: readonly Written[]) => {
  const state = new Map(log.map((w) => [w.server, w.all]))
  const last = log.at(-1)
  const written = [...state].map(([server, n]) => `0-${server}-${n}`).join()
  return positionOf(last === undefined ? '' : `0-${last.server}-${last.all}`, [written])
}

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('write' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('replicate' as const),
        who: fc.nat(2),
        many: fc.integer({ min: 1, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fail over' as const), who: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('switch over' as const), who: fc.nat(2) }) },
  ),
  { maxLength: 40 },
)

describe.each([
  { kind: 'MySQL', positionIn: mysqlOf, lineOf: uuid, ordered: false },
  { kind: 'MariaDB', positionIn: mariadbOf, lineOf: String, ordered: true },
])('$kind, after any number of failovers', ({ positionIn, lineOf, ordered }) => {
  it('a token is held where its transaction is, never will be where it was lost, and the younger primary is known', () => {
    fc.assert(
      fc.property(steps, (script) => {
        let next = 4
        let primary = { id: 1, log: [] as Written[] }
        let replicas = [2, 3].map((id) => ({ id, log: [] as Written[] }))
        let fresh = false
        /** A server went on with its own line after another one had led: it looks like an old primary that came back. */
        let unclear = false
        const tokens: { what: Written; mark: { line: string; position: string } }[] = []
        const markOf = ({ id, log }: typeof primary) => ({ line: lineOf(id), position: positionIn(log) })
        const write = () => {
          const own = primary.log.filter((w) => w.server === primary.id).length + 1
          primary.log.push({ server: primary.id, own, all: primary.log.length + 1 })
          tokens.push({ what: primary.log.at(-1) as Written, mark: markOf(primary) })
          fresh = false
        }
        write()
        for (const step of script) {
          if (step.do === 'write') write()
          else {
            const replica = replicas[step.who % 2] as typeof primary
            if (step.do === 'replicate')
              replica.log.push(...primary.log.slice(replica.log.length, replica.log.length + step.many))
            else if (replica.log.length > 0) {
              if (step.do === 'switch over') replica.log = [...primary.log]
              const old = primary
              primary = replica
              const others = [...replicas.filter((r) => r !== replica), old]
              // Whoever has what the new primary lacks is made anew; who lost transactions of its own, as another server.
              const lost = others.filter(({ id, log }) =>
                log.slice(primary.log.length).some((w) => w.server === id),
              )
              if (lost.length > 10 - next) return
              replicas = others.map((r) => ({
                id: lost.includes(r) ? next++ : r.id,
                log: r.log.length > primary.log.length ? [...primary.log] : [...r.log],
              }))
              const before = markOf(old)
              const led = (w: Written | undefined) => w?.server === primary.id
              const goesOn = ordered ? led(primary.log.at(-1)) : primary.log.some(led)
              unclear ||= goesOn
              if (!goesOn) expect(younger(markOf(primary), before)).toBeGreaterThanOrEqual(0)
              fresh = step.do === 'fail over'
              if (!fresh) write()
              const sign = younger(markOf(primary), before)
              const oldWrote = old.log.at(-1)?.server === old.id
              if (!fresh && ordered && !goesOn && oldWrote) expect(sign).toBe(1)
              if (!goesOn) expect(sign).toBeGreaterThanOrEqual(0)
              expect(younger(before, markOf(primary)) + sign).toBe(0)
            }
          }
          const at = { ...markOf(primary), forks: [] }
          const behind = replicas.map((r) => ({ log: r.log, seen: { ...markOf(r), forks: [] } }))
          for (const { what, mark } of tokens) {
            const there = primary.log.includes(what)
            const said = holds(at, mark)
            const right = there ? said === 'yes' : said === 'never' || (unclear && said === 'not_yet')
            if (!right) expect.fail(`${said} of ${mark.position} at ${at.position}`)
            for (const { log, seen } of behind)
              if ((holds(seen, mark) === 'yes') !== log.includes(what))
                expect.fail(`${mark.position} at the replica ${seen.position}`)
          }
        }
      }),
      { numRuns: 150 },
    )
  })
})

it('a token of a primary that is not found yet is not taken for a lost one', () => {
  const mark = (line: string, position: string) => ({ line, position, forks: [] })
  expect(holds(mark('1', '0-1-100'), mark('2', '0-1-99,0-2-101'))).toBe('not_yet')
  expect(holds(mark(a, `${a}:1-100`), mark(b, `${a}:1-99,${b}:1`))).toBe('not_yet')
  // Not written to since it took over.
  expect(holds(mark('2', '0-1-99'), mark('1', '0-1-100'))).toBe('never')
  expect(holds(mark(b, `${a}:1-99`), mark(a, `${a}:1-100`))).toBe('never')
})
