import { expect, test } from 'vitest'
import type { Standing } from '#engine/engine.ts'
import { createProgress } from './progress.ts'

const mark = (position: number) => ({ line: '1', position: String(position) })
const replica = (position: number, behindMs?: number): Standing => ({
  ...mark(position),
  server: 'r',
  role: 'replica',
  behindMs,
  forks: [],
})
const holds = (at: { position: string }, wanted: { position: string }) =>
  Number(at.position) >= Number(wanted.position) ? 'yes' : 'not_yet'

/** The primary stood at 10 from 0 to 60 s, then at 20 at 61 s and at 30 at 62 s. */
function written() {
  const progress = createProgress({ holds })
  for (let t = 0; t <= 60_000; t += 1000) progress.primaryAt(mark(10), t)
  progress.primaryAt(mark(20), 61_000)
  progress.primaryAt(mark(30), 62_000)
  return progress
}

test('nothing is known before the primary was seen', () => {
  expect(createProgress({ holds }).lagOf(replica(10, 5000), 0)).toBeUndefined()
})

test('who has everything is not behind, however long ago the last change was', () => {
  expect(written().lagOf(replica(30, 3_600_000), 62_000)).toBe(0)
})

test('who lacks the newest change is no further behind than that change is old, whatever its clock says', () => {
  expect(written().lagOf(replica(20, 3_600_000), 62_000)).toBe(1000)
  expect(written().lagOf(replica(10, 3_600_000), 62_000)).toBe(2000)
})

test('the lag of a replica that stands still grows', () => {
  const progress = written()
  expect(progress.lagOf(replica(10, 0), 62_000)).toBe(1000)
  expect(progress.lagOf(replica(10, 0), 72_000)).toBe(11_000)
})

test('who is further behind than anybody here has watched is judged by its own clock', () => {
  expect(written().lagOf(replica(5, 600_000), 62_000)).toBe(600_000)
  expect(written().lagOf(replica(5, 0), 62_000)).toBe(62_000)
})

test('a new line begins anew, and a replica that tells its line late is judged by its position', () => {
  const progress = written()
  progress.primaryAt({ line: '2', position: '25' }, 63_000)
  expect(progress.lagOf(replica(25), 63_000)).toBe(0)
})

test('without positions a replica has its own word; without those of the primary nothing is known', () => {
  const none = { line: '1', position: '' }
  expect(written().lagOf({ ...replica(0, 700), ...none }, 62_000)).toBe(700)
  expect(written().lagOf({ ...replica(0), ...none }, 62_000)).toBeUndefined()
  const unseen = createProgress({ holds })
  unseen.primaryAt(none, 0)
  expect(unseen.lagOf(replica(10, 3_600_000), 1000)).toBeUndefined()
  expect(unseen.lagOf({ ...replica(0, 700), ...none }, 1000)).toBe(700)
})
