/** The states of a connection and the moves between them. */
import { describe, expect, it } from 'vitest'
import { createShelf } from './shelf.ts'

const life = { generation: 0, expiresAt: 1000 }

describe('the shelf', () => {
  it('counts by state and keeps idle connections in the order of their last use', () => {
    const shelf = createShelf<string>()
    const [a, b, c] = ['a', 'b', 'c'].map((connection, i) => shelf.add({ connection, ...life }, i))
    if (!a || !b || !c) throw new Error('three were added')
    expect([shelf.oldest(), shelf.newest()]).toEqual([a, c])
    shelf.move(b, { kind: 'lent', since: 5, deadline: 10 })
    shelf.move(b, { kind: 'idle', since: 6 })
    expect([shelf.oldest(), shelf.newest()]).toEqual([a, b])
    shelf.move(a, { kind: 'closing' })
    expect([shelf.oldest(), shelf.living()]).toEqual([c, 2])
    shelf.move(a, { kind: 'gone' })
    expect(shelf.count).toEqual({ idle: 2, checking: 0, lent: 0, closing: 0, discarding: 0, gone: 1 })
    expect([...shelf.entries]).toEqual([b, c])
  })

  it('never lends what is lent, being checked, closing or gone', () => {
    const shelf = createShelf<string>()
    const lent = { kind: 'lent', since: 0, deadline: 10 } as const
    const entry = shelf.add({ connection: 'a', ...life }, 0)
    shelf.move(entry, lent)
    expect(() => shelf.move(entry, lent)).toThrow('cannot go from lent to lent')
    shelf.move(entry, { kind: 'idle', since: 1 })
    shelf.move(entry, { kind: 'checking', abort: new AbortController() })
    expect(() => shelf.move(entry, lent)).toThrow('from checking to lent')
    shelf.move(entry, { kind: 'discarding' })
    expect(() => shelf.move(entry, lent)).toThrow('from discarding to lent')
    shelf.move(entry, { kind: 'gone' })
    expect(() => shelf.move(entry, lent)).toThrow('from gone to lent')
    expect(shelf.living()).toBe(0)
  })
})
