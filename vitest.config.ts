/** Which tests belong to which suite; `scripts/test.ts` runs the suites and adds them up. */
import { defineConfig } from 'vitest/config'

const suite = (name: string, include: string[], seconds: number, more: { maxWorkers?: number } = {}) => ({
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
      suite('unit', ['src/**/*.test.ts', 'scripts/**/*.test.ts'], 5),
      suite('engines', ['test/engines/**/*.test.ts'], 60),
      // They mostly wait for processes: three files at a time on two cores.
      suite('process', ['test/process/**/*.test.ts'], 60, { maxWorkers: 3 }),
      // Clusters of three servers each, and tests that measure time: one file at a time.
      suite('faults', ['test/faults/**/*.test.ts'], 120, { maxWorkers: 1 }),
      suite('manifests', ['test/manifests/**/*.test.ts'], 120),
      suite('docs', ['test/docs/**/*.test.ts'], 120),
    ],
  },
})
