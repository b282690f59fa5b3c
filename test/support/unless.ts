/** Blocks of tests that need what a machine may lack: left out, their names carry the reason. */
import { describe } from 'vitest'

/** `describe`, or, when something is missing, a block of skipped tests with what is missing behind its name. */
export const describeUnless =
  (missing: string | undefined) =>
  (name: string, body: () => void): void => {
    // oxlint-disable-next-line vitest/valid-describe-callback -- the body is the caller's, and held to the rule there
    describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name}: ${missing}`, body)
  }
