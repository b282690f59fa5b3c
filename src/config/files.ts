/** The only place of the configuration that touches the file system. */
import { createHash } from 'node:crypto'
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

/** Files that remember what was read of them. */
export interface NotedFiles extends Files {
  /** How many files and folders were asked for. */
  readonly count: number
  /** Whether all of it would read the same now. */
  same(): boolean
}

/** Remembers what is read: a hash of each answer, or of the error there was instead. */
export function noteReads(files: Files = localFiles): NotedFiles {
  const seen = new Map<string, { hash: string; again: () => string }>()
  const hashOf = (text: string) => createHash('sha256').update(text).digest('base64')
  const note = <T>(what: string, ask: () => T, inWords: (answer: T) => string): T => {
    const again = () => {
      try {
        return hashOf(inWords(ask()))
      } catch (error) {
        return `refused: ${fileTrouble(error)}`
      }
    }
    // Before it is used: what changes between the two readings is a difference, and read once more.
    seen.set(what, { hash: again(), again })
    return ask()
  }
  return {
    read: (path) =>
      note(
        `file ${path}`,
        () => files.read(path),
        (text) => text,
      ),
    list: (directory) =>
      note(
        `folder ${directory}`,
        () => files.list(directory),
        (names) => names.toSorted().join('\n'),
      ),
    get count() {
      return seen.size
    },
    same: () => [...seen.values()].every(({ hash, again }) => again() === hash),
  }
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
