/** The only place of the configuration that touches the file system. */
import { readdirSync, readFileSync } from 'node:fs'

/** What loading needs of the file system; both throw as node:fs does. */
export interface Files {
  read(path: string): string
  list(directory: string): readonly string[]
}

/** The machine's files. Read synchronously: nothing else runs before the configuration is known. */
export const localFiles: Files = {
  read: (path) => readFileSync(path, 'utf8'),
  list: (directory) => readdirSync(directory),
}

/** Why a file could not be read, in words that follow its name. */
export function fileTrouble(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'cannot be read: permission denied',
    EISDIR: 'is a directory',
    ENOTDIR: 'is not a directory',
  }
  return known[code] ?? `cannot be read${code && `: ${code}`}`
}
