/** The soak for a minute on each engine; `make soak` does it for an hour. */
import { describe, expect, test } from 'vitest'
import { soak } from '../soak/soak.ts'
import { clusters } from '../support/cluster.ts'
import { describeUnless } from '../support/unless.ts'

describe.each(clusters)('$kind', ({ kind, missing }) => {
  describeUnless(missing)('soak', () => {
    test('scenario 50: a minute of random faults: nothing acknowledged is lost, nothing doubled, nothing stale, nothing leaked', {
      timeout: 300_000,
    }, async () => {
      const said: string[] = []
      const report = await soak({ kind, minutes: 1, seed: 20_261_129, say: (line) => said.push(line) })
      console.log(JSON.stringify(report), said.join('; '))
      expect(report.violations).toEqual([])
      expect(Object.values(report.faults).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(3)
      for (const what of ['reads with a token', 'writes', 'inserts acknowledged'])
        expect(report.counts[what]).toBeGreaterThan(100)
    })
  })
})
