import { expect, test } from 'vitest'
import { type Claim, createSeat } from './writer.ts'

const younger = (a: { line: string }, b: { line: string }) => Number(a.line) - Number(b.line)
const claim = (name: string, line: number, more: Partial<Claim> = {}): Claim => ({
  name,
  mayLead: true,
  server: name,
  mark: { line: String(line), position: '' },
  ...more,
})
const keeper = () => {
  const made = createSeat(younger)
  made.lookedAround()
  return made
}

test('of several hosts nobody is written to before all were asked', () => {
  const made = createSeat(younger)
  expect(made.judge([claim('a', 1)], undefined).state).toBe('unknown')
  made.lookedAround()
  expect(made.judge([claim('a', 1)], undefined)).toMatchObject({ state: 'taken', writer: 'a' })
})

test('of two primaries the one with the younger history is written to', () => {
  const seat = keeper().judge([claim('a', 1), claim('b', 2)], undefined)
  expect(seat).toEqual({ state: 'taken', writer: 'b', claimed: ['a', 'b'] })
})

test('two of the same age: none', () => {
  const seat = keeper().judge([claim('a', 2), claim('b', 2)], undefined)
  expect(seat).toMatchObject({ state: 'several', writer: undefined })
})

test('of two of the same age the one that answers, also when only one of them does', () => {
  const gone = { doubtful: true }
  const seat = keeper().judge([claim('a', 2, gone), claim('b', 2)], undefined)
  expect(seat).toEqual({ state: 'taken', writer: 'b', claimed: ['a', 'b'] })
  expect(keeper().judge([claim('a', 2, gone)], undefined)).toMatchObject({ state: 'taken', writer: 'a' })
  expect(keeper().judge([claim('a', 2, gone), claim('b', 2, gone)], undefined).state).toBe('several')
  // An old primary that answers is no reason to leave the younger one after a single look.
  expect(keeper().judge([claim('a', 1), claim('b', 2, gone)], undefined)).toMatchObject({ writer: 'b' })
})

test('one server under two names is one', () => {
  const claims = [claim('a', 2, { server: 'x' }), claim('r', 2, { server: 'x', mayLead: false })]
  expect(keeper().judge(claims, undefined)).toEqual({ state: 'taken', writer: 'a', claimed: ['a'] })
})

test('an old primary that comes back first is not written to', () => {
  const made = keeper()
  made.judge([claim('b', 2)], undefined)
  expect(made.judge([claim('a', 1)], undefined)).toMatchObject({ state: 'superseded', writer: undefined })
  expect(made.judge([claim('b', 2)], undefined)).toMatchObject({ state: 'taken', writer: 'b' })
})

test('a replica that was promoted ends the writing to the only host', () => {
  const made = keeper()
  expect(made.judge([claim('a', 1)], 'a')).toMatchObject({ state: 'taken' })
  expect(made.judge([claim('a', 1), claim('r', 2, { mayLead: false })], 'a').state).toBe('superseded')
})

test('the only host is tried even when it is not seen', () => {
  expect(keeper().judge([], 'a')).toMatchObject({ state: 'empty', writer: 'a' })
  expect(keeper().judge([], undefined)).toMatchObject({ state: 'empty', writer: undefined })
})

test('who is fed by another server stands back for one that is not, and leads where there is none', () => {
  const made = keeper()
  expect(made.judge([claim('a', 1), claim('b', 1, { fed: true })], undefined)).toMatchObject({
    state: 'taken',
    writer: 'a',
  })
  expect(made.judge([claim('b', 1, { fed: true })], undefined)).toMatchObject({ state: 'taken', writer: 'b' })
  const both = [claim('a', 1, { fed: true }), claim('b', 1, { fed: true })]
  expect(made.judge(both, undefined).state).toBe('several')
})

test('before all were looked at anew nobody is one of several; a younger one is believed at once', () => {
  const made = keeper()
  const before = made.judge([claim('a', 1)], undefined)
  expect(made.judge([claim('a', 1), claim('b', 1)], undefined, false)).toBe(before)
  expect(made.judge([claim('a', 1), claim('b', 1)], undefined, true).state).toBe('several')
  expect(made.judge([claim('a', 1), claim('b', 1)], undefined, false).state).toBe('several')
  expect(made.judge([claim('a', 1), claim('b', 2)], undefined, false)).toMatchObject({ writer: 'b' })
})
