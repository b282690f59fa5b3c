/** How roles tell people about wrong arguments and configuration. */
import type { ConfigFault } from '#config/fault.ts'
import { faultLine } from '#config/fault.ts'
import type { RoleIo } from './role.ts'
import { exitCodes } from './role.ts'

/** Writes one line a fault to standard error. Gives the exit code that belongs to it. */
export function reportFaults(io: RoleIo, faults: readonly ConfigFault[]): number {
  for (const fault of faults) io.stderr(`postern: ${faultLine(fault)}\n`)
  return exitCodes.usage
}
