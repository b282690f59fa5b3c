/** Which tests belong to which suite; `scripts/test.ts` runs the suites and adds them up. */
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/**
 * Suites of real servers measure time on a machine that others use too: what fails there is run once more, and the
 * closing lines of `scripts/test.ts` name it with what failed first.
 */
const again = { retry: 1 }

/**
 * A core less than there are, as vitest has it, but never one alone: on two cores two files at a time take 323 s instead of 518
 * (engines), and 49 instead of 65 (unit).
 */
const maxWorkers = Math.max(2, availableParallelism() - 1)

/** On a server that all files share one at a time: each sees the users that another makes. */
const shared = [process.env['POSTERN_TEST_MYSQL_URL'], process.env['POSTERN_TEST_SQLSERVER_URL']].some(
  Boolean,
)

const suite = (
  name: string,
  include: string[],
  seconds: number,
  more: { maxWorkers?: number; retry?: number } = {},
) => ({
  test: {
    ...more,
    name,
    include,
    environment: 'node',
    pool: 'forks' as const,
    testTimeout: seconds * 1000,
    hookTimeout: seconds * 2000,
  },
})

export default defineConfig({
  test: {
    projects: [
      suite('unit', ['src/**/*.test.ts', 'scripts/**/*.test.ts'], 20, { maxWorkers }),
      suite('engines', ['test/engines/**/*.test.ts'], 60, {
        ...again,
        maxWorkers: shared ? 1 : maxWorkers,
      }),
      // They mostly wait for processes: three files at a time on two cores.
      suite('process', ['test/process/**/*.test.ts'], 60, { ...again, maxWorkers: 3 }),
      // Clusters of three servers each, and tests that measure time: one file at a time.
      suite('faults', ['test/faults/**/*.test.ts'], 120, { ...again, maxWorkers: 1 }),
      suite('manifests', ['test/manifests/**/*.test.ts'], 120),
      suite('chart', ['test/chart/**/*.test.ts'], 120),
      suite('docs', ['test/docs/**/*.test.ts'], 120),
    ],
  },
})
