import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editDistance, nearest } from './nearest.ts'

describe('edit distance', () => {
  test.each([
    ['', '', 0],
    ['max', 'max', 0],
    ['mx', 'max', 1],
    ['maxx', 'max', 1],
    ['mix', 'max', 1],
    ['mxa', 'max', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('from %j to %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  test('is symmetric, and zero only between equal words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b) === 0).toBe(a === b)
      }),
    )
  })
})

describe('the nearest name', () => {
  test.each([
    ['mx', 'max'],
    ['acquire_timeout', 'acquireTimeout'],
    ['ACQUIRETIMEOUT', 'acquireTimeout'],
    ['mni', 'min'],
  ])('of %j is %j', (written, meant) => {
    expect(nearest(written, ['min', 'max', 'acquireTimeout', 'idleTimeout'])).toBe(meant)
  })

  test('is none when nothing resembles the word', () => {
    expect(nearest('colour', ['min', 'max', 'acquireTimeout'])).toBeUndefined()
    expect(nearest('x', [])).toBeUndefined()
  })

  test('is found for every word with one mistake', () => {
    const names = ['connections', 'reserved', 'instances', 'acquireTimeout']
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), (name, place) => {
        const at = place % name.length
        expect(nearest(name.slice(0, at) + name.slice(at + 1), names)).toBe(name)
      }),
    )
  })
})
