/** Plans are kept while they are few and small; then the oldest go. */
import { expect, test } from 'vitest'
import { Plans } from './plans.ts'

/** Asks for each shape, and tells which had to be made. */
function made(plans: Plans, shapes: readonly string[], characters = 0): string[] {
  const fresh: string[] = []
  for (const shape of shapes)
    plans.remember(
      shape,
      () => fresh.push(shape),
      () => characters,
    )
  return fresh
}
const shapes = (n: number) => Array.from({ length: n }, (_, i) => `shape ${i}`)

test('a shape is planned once', () => {
  const plans = new Plans()
  expect(made(plans, ['a', 'b', 'a'])).toEqual(['a', 'b'])
})

test('of more than two thousand the oldest goes', () => {
  const plans = new Plans()
  made(plans, shapes(2001))
  expect(made(plans, shapes(2001).slice(1))).toEqual([])
  expect(made(plans, ['shape 0'])).toEqual(['shape 0'])
})

test('of long statements fewer are kept', () => {
  const plans = new Plans()
  made(plans, shapes(100), 64_000)
  expect(made(plans, shapes(100).slice(-30), 64_000)).toEqual([])
  expect(made(plans, ['shape 0'], 64_000)).toEqual(['shape 0'])
})

test('one that is too long by itself is not kept, and the others are gone', () => {
  const plans = new Plans()
  made(plans, ['a'])
  expect(made(plans, ['huge', 'huge'], 3_000_000)).toEqual(['huge', 'huge'])
  expect(made(plans, ['b', 'b'])).toEqual(['b'])
})
