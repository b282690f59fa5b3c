import { expect, test } from 'vitest'
import type { AnnouncerPart, AnnouncerStatus } from '#engine/engine.ts'
import { announcerHints, changeLines, refusalLines, statusLines, unknownLines } from './events-report.ts'

const status = (
  state: AnnouncerStatus['state'],
  parts: Readonly<Record<string, AnnouncerPart['state']>> = {},
  may = true,
): AnnouncerStatus => ({
  state,
  parts: Object.entries(parts).map(([name, one]) => ({ name, state: one })),
  installer: { user: 'shop', may, why: may ? 'it is a superuser' : 'it is no superuser' },
})

test('the status names every part, who could change it, and what happens until it is installed', () => {
  expect(
    statusLines(
      'db:5432/shop',
      status('outdated', { a: 'right', b: 'different', c: 'missing' }, false),
      1500,
    ),
  ).toEqual([
    'database: db:5432/shop',
    'announcements: out of date',
    'a: there',
    'b: there, but not as this version makes it',
    'c: missing',
    'user "shop" may not install and uninstall: it is no superuser',
    'until it is installed, gateways look for schema changes every 1500ms (schema.poll)',
  ])
  expect(statusLines('db:5432/shop', status('installed', { a: 'right' }), 10_000)).toEqual([
    'database: db:5432/shop',
    'announcements: installed',
    'a: there',
    'user "shop" may install and uninstall: it is a superuser',
  ])
})

test('a change names only what is other than before', () => {
  const before = status('outdated', { kept: 'right', bad: 'different', gone: 'missing' })
  expect(
    changeLines({ before, after: status('installed', { kept: 'right', bad: 'right', gone: 'right' }) }),
  ).toEqual(['made anew: bad', 'made: gone', 'announcements: installed'])
  expect(
    changeLines({ before, after: status('absent', { kept: 'missing', bad: 'missing', gone: 'missing' }) }),
  ).toEqual(['removed: kept', 'removed: bad', 'announcements: not installed'])
  expect(changeLines({ before, after: before })).toEqual([
    'announcements: out of date',
    'there was nothing to do',
  ])
})

test('a refusal says who was refused only when rights are the trouble, and never guesses what was changed', () => {
  const ordinary = status('absent', {}, false)
  const polls = 'gateways look for schema changes every 10s (schema.poll)'
  expect(refusalLines({ kind: 'denied', applied: 'no' }, 'may not', ordinary, 10_000)).toEqual([
    'user "shop" may not install and uninstall: it is no superuser',
    'may not',
    'nothing was changed',
    polls,
  ])
  expect(refusalLines({ kind: 'timeout', applied: 'no' }, 'late', ordinary, 10_000)).toEqual([
    'late',
    'nothing was changed',
    polls,
  ])
  expect(refusalLines({ kind: 'disconnected', applied: 'unknown' }, 'lost', ordinary, 10_000)).toEqual([
    'lost',
    polls,
  ])
  expect(refusalLines({ kind: 'denied', applied: 'no' }, 'may not', status('installed'), 10_000)).toEqual([
    'may not',
    'nothing was changed',
  ])
  // It did not even get to know the database.
  expect(refusalLines({ kind: 'disconnected', applied: 'no' }, 'nobody', undefined, 10_000)).toEqual([
    'nobody',
  ])
})

test('an engine without any of it says so', () => {
  expect(unknownLines('mysql', 10_000)).toEqual([
    'a database of the engine mysql cannot announce changes of its schema; gateways look for schema changes every 10s (schema.poll)',
  ])
})

test('a check has a hint unless all is installed', () => {
  expect(announcerHints(status('installed'), 10_000)).toEqual([])
  expect(announcerHints(status('absent'), 10_000)).toEqual([
    'what announces schema changes is not installed, so gateways look for schema changes every 10s (schema.poll); postern events install makes it known within a second',
  ])
  expect(announcerHints(status('outdated'), 10_000)[0]).toContain('is out of date, so')
})
