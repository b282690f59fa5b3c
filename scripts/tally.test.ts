/** The closing lines say what happened, and the last one adds it up. */
import { expect, it } from 'vitest'
import { summary } from './tally.ts'

it('lists every failure and skip with its reason, and ends with the sums', () => {
  const { text, failed } = summary({
    results: [
      { suite: 'unit', passed: 12, failures: [], skips: [] },
      {
        suite: 'engines',
        passed: 3,
        failures: ['a.test.ts > adds'],
        skips: ['reads: PostgreSQL 15\n is missing'],
      },
    ],
    notes: ['postgresql-15 cannot be installed: not root'],
  })
  expect(failed).toBe(1)
  expect(text.split('\n')).toEqual([
    'suite       passed  failed skipped',
    'unit            12       0       0',
    'engines          3       1       1',
    '  failed: a.test.ts > adds',
    '  skipped: reads: PostgreSQL 15 is missing',
    'note: postgresql-15 cannot be installed: not root',
    '',
    '15 passed, 1 failed, 1 skipped',
  ])
})
