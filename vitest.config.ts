import { defineConfig } from 'vitest/config'

const node = { environment: 'node', pool: 'forks' } as const
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['src/**/*.test.ts'], ...node } },
      {
        test: {
          name: 'engines',
          include: ['test/engines/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          ...node,
        },
      },
      {
        test: {
          name: 'process',
          include: ['test/process/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          ...node,
        },
      },
      {
        test: { name: 'manifests', include: ['test/manifests/**/*.test.ts'], testTimeout: 120_000, ...node },
      },
      {
        test: {
          name: 'docs',
          include: ['test/docs/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          ...node,
        },
      },
    ],
  },
})
