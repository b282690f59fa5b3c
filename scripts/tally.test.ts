/** The closing lines say what happened, and the last one adds it up. */
import { expect, it } from 'vitest'
import { summary } from './tally.ts'

it('lists skips by reason, then what had to be repeated, then every failure, and ends with the sums', () => {
  const missing = 'PostgreSQL 15\n is missing'
  const { text, failed } = summary({
    results: [
      { suite: 'unit', passed: 12, failures: [], skips: [], repeated: [] },
      {
        suite: 'engines',
        passed: 3,
        failures: [{ test: 'a.test.ts > adds', why: 'expected 1 to be 2' }],
        skips: [
          { test: 'reads', why: missing },
          { test: 'writes', why: missing },
        ],
        repeated: [{ test: 'b.test.ts > waits', why: 'expected 310 to be less than 300' }],
      },
    ],
    notes: ['postgresql-15 cannot be installed: not root'],
  })
  expect(failed).toBe(1)
  expect(text.split('\n')).toEqual([
    'suite       passed  failed skipped',
    'unit            12       0       0',
    'engines          3       1       2',
    '2 skipped: PostgreSQL 15 is missing',
    'note: postgresql-15 cannot be installed: not root',
    'passed only when run again: b.test.ts > waits: expected 310 to be less than 300',
    'failed: a.test.ts > adds: expected 1 to be 2',
    '',
    '15 passed, 1 failed, 2 skipped',
  ])
})
