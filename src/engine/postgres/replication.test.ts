import { expect, test } from 'vitest'
import { createReplication, readLsn } from './replication.ts'

const { holds, younger } = createReplication()
const at = (line: string, position: string, forks: { line: string; position: string }[] = []) => ({
  line,
  position,
  forks,
})

test('an LSN is a number of 64 bits, whatever the length of its halves', () => {
  expect(readLsn('16/B374D848')).toBe(0x16b374d848n)
  expect(readLsn('1/0')).toBe(0x100000000n)
  for (const text of ['', '16', '16/', 'x/1', '123456789/0', '0/0\n']) expect(readLsn(text)).toBeUndefined()
})

test('on one timeline the position decides, compared as a number', () => {
  expect(holds(at('1', 'A/0'), at('1', '9/FFFFFFFF'))).toBe('yes')
  expect(holds(at('1', '0/100'), at('1', '0/100'))).toBe('yes')
  expect(holds(at('1', '0/FF'), at('1', '0/100'))).toBe('not_yet')
})

test('a server on an older timeline has nothing of a younger one, however far it is', () => {
  expect(holds(at('1', 'FF/0'), at('2', '0/100'))).toBe('not_yet')
})

test('what was written before the fork is on the younger timeline, what came after never will be', () => {
  const promoted = at('3', '0/500', [
    { line: '1', position: '0/100' },
    { line: '2', position: '0/300' },
  ])
  expect(holds(promoted, at('1', '0/100'))).toBe('yes')
  expect(holds(promoted, at('1', '0/101'))).toBe('never')
  expect(holds(promoted, at('2', '0/300'))).toBe('yes')
  expect(holds(promoted, at('2', '0/301'))).toBe('never')
})

test('a fork that nobody knows of counts as a loss', () => {
  expect(holds(at('2', '0/500'), at('1', '0/1'))).toBe('never')
})

test('timelines are compared as numbers', () => {
  expect(younger(at('10', '0/0'), at('9', '0/0'))).toBeGreaterThan(0)
  expect(younger(at('9', '0/0'), at('9', '0/5'))).toBe(0)
})
