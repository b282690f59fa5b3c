/** What a role is to the process that runs it: an argument list in, texts and an exit code out. */

/** The outside world of a role; nothing below main.ts touches `process` for these. */
export interface RoleIo {
  /** Arguments after the name of the command. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Writes text as it is; a line brings its own newline. */
  stdout(text: string): void
  stderr(text: string): void
}

/** What `src/roles/<command>.ts` exports. */
export interface Role {
  /** Does the whole work of the command, and resolves to the exit code once nothing is left to do. */
  run(io: RoleIo): Promise<number>
}

/** Every exit code there is. 64 is EX_USAGE of sysexits.h: wrong arguments or configuration; restarting does not help. */
export const exitCodes = { ok: 0, failed: 1, usage: 64 } as const
