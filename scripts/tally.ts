/** Adds up what the suites gave, and puts it into words. */

/** One test (or file, or check) of which something has to be told, and why. */
export interface Told {
  readonly test: string
  readonly why: string
}

/** What one suite gave. */
export interface Result {
  readonly suite: string
  readonly passed: number
  readonly failures: readonly Told[]
  readonly skips: readonly Told[]
  /** Tests that failed once and passed when run again: they measure time on a machine that others use too. */
  readonly repeated: readonly Told[]
}

export interface Tally {
  readonly results: readonly Result[]
  /** What the machine lacks, and why it could not be had. */
  readonly notes: readonly string[]
}

/**
 * The closing lines. Skips are told by their reason, with how many there were of each; failures come last of all lists,
 * as the end of a long output is what gets kept. The last line is `N passed, N failed, N skipped`. A suite in which
 * nothing ran has not passed.
 */
export function summary({ results, notes }: Tally): { text: string; failed: number } {
  const lines = ['suite       passed  failed skipped']
  for (const { suite, passed, failures, skips } of results)
    lines.push(
      suite.padEnd(10) + [passed, failures.length, skips.length].map((n) => String(n).padStart(8)).join(''),
    )
  const all = (of: 'failures' | 'skips' | 'repeated') => results.flatMap((result) => result[of])
  const reasons = new Map<string, number>()
  for (const { why } of all('skips')) reasons.set(why, (reasons.get(why) ?? 0) + 1)
  for (const [why, times] of reasons) lines.push(`${times} skipped: ${oneLine(why)}`)
  lines.push(...notes.map((note) => `note: ${note}`))
  lines.push(
    ...all('repeated').map(({ test, why }) => `passed only when run again: ${test}: ${oneLine(why)}`),
  )
  lines.push(...all('failures').map(({ test, why }) => `failed: ${test}: ${oneLine(why)}`))
  const passed = results.reduce((total, result) => total + result.passed, 0)
  const failed = all('failures').length
  lines.push('', `${passed} passed, ${failed} failed, ${all('skips').length} skipped`)
  return { text: lines.join('\n'), failed }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 300)
