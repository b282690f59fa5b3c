/** Adds up what the suites gave, and puts it into words. */

/** What one suite gave. A failure or a skip is one line: which test, and why. */
export interface Result {
  readonly suite: string
  readonly passed: number
  readonly failures: readonly string[]
  readonly skips: readonly string[]
}

export interface Tally {
  readonly results: Result[]
  /** What the machine lacks, and why it could not be had. */
  readonly notes: readonly string[]
}

/** The closing lines; the last is `N passed, N failed, N skipped`. A suite in which nothing ran has not passed. */
export function summary({ results, notes }: Tally): { text: string; failed: number } {
  const lines = ['suite       passed  failed skipped']
  for (const { suite, passed, failures, skips } of results) {
    const numbers = [passed, failures.length, skips.length].map((n) => String(n).padStart(8)).join('')
    lines.push(suite.padEnd(10) + numbers)
    lines.push(...failures.map((failure) => `  failed: ${oneLine(failure)}`))
    lines.push(...skips.map((skip) => `  skipped: ${oneLine(skip)}`))
  }
  lines.push(...notes.map((note) => `note: ${note}`))
  const sum = (count: (result: Result) => number) => results.reduce((total, r) => total + count(r), 0)
  const failed = sum((r) => r.failures.length)
  lines.push('', `${sum((r) => r.passed)} passed, ${failed} failed, ${sum((r) => r.skips.length)} skipped`)
  return { text: lines.join('\n'), failed }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 300)
