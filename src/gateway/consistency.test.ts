import fc from 'fast-check'
import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Context } from '#base/context.ts'
import { callerOf, createTokens, createWindows } from './consistency.ts'

test('a token gives back its mark, and no other secret reads it', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (line, position) => {
      const token = createTokens('one').write({ line, position })
      expect(token).toMatch(/^[\w.-]+$/)
      expect(createTokens('one').read(token)).toEqual({ line, position })
      expect(() => createTokens('two').read(token)).toThrow('no token of this database')
    }),
  )
})

test('a token that was changed in any place is refused', () => {
  const tokens = createTokens('one')
  const token = tokens.write({ line: '1', position: '0/16B3748' })
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === 'A' ? 'B' : 'A'
    expect(() => tokens.read(token.slice(0, at) + other + token.slice(at + 1))).toThrow()
  }
  for (const text of ['', 'c1.', `${token}A`, token.slice(0, -1)]) expect(() => tokens.read(text)).toThrow()
})

test('the window of a caller opens with each write and closes after its time', async () => {
  const clock = virtualClock()
  const windows = createWindows(clock, 5000)
  windows.wrote('me')
  await clock.advance(4000)
  windows.wrote('me')
  await clock.advance(4999)
  expect([windows.open('me'), windows.open('you')]).toEqual([true, false])
  await clock.advance(1)
  expect(windows.open('me')).toBe(false)
})

test('of too many callers those forgotten share their window with everybody', async () => {
  const clock = virtualClock()
  const windows = createWindows(clock, 5000)
  for (let i = 0; i <= 10_000; i++) windows.wrote(`caller ${i}`)
  expect([windows.open('caller 0'), windows.open('stranger')]).toEqual([true, true])
  await clock.advance(5000)
  expect([windows.open('caller 0'), windows.open('stranger')]).toEqual([false, false])
})

test('without a length there is no window', () => {
  const windows = createWindows(virtualClock(), 0)
  windows.wrote('me')
  expect(windows.open('me')).toBe(false)
})

test('a caller is who it says it is, else its subject, else nobody in particular; the three never meet', () => {
  const of = (subject: string, client: string | undefined) =>
    callerOf({
      principal: { subject, role: 'r', claims: {} },
      consistency: { token: undefined, client, answer: undefined },
    } satisfies Pick<Context, 'principal' | 'consistency'>)
  const callers = [of('anonymous', undefined), of('a', undefined), of('anonymous', 'a')]
  expect(new Set(callers).size).toBe(3)
  expect(of('b', 'a')).toBe(of('anonymous', 'a'))
})

test('long names are told apart to their last character, and cost little more than short ones', () => {
  const windows = createWindows(virtualClock(), 5000)
  const long = (end: string) => `client ${'x'.repeat(32_000)}${end}`
  windows.wrote(long('a'))
  expect([windows.open(long('a')), windows.open(long('b'))]).toEqual([true, false])
  const began = performance.now()
  for (let i = 1000; i < 4000; i++) windows.wrote(long(String(i)))
  // Remembered whole they would be 100 MB, and take minutes: all have one hash.
  expect(performance.now() - began).toBeLessThan(15_000)
  expect(windows.open(long('3999'))).toBe(true)
})
