/** A folder as the kubelet mounts a ConfigMap or Secret: files are links through `..data`, which is swapped for all of them at once. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Mounted {
  readonly path: string
  /** Replaces the whole content. */
  write(files: Readonly<Record<string, string>>): Promise<void>
  remove(): Promise<void>
}

/** Files may come with a later `write`, but none goes away. */
export async function mountFolder(files: Readonly<Record<string, string>>): Promise<Mounted> {
  const path = await mkdtemp(join(tmpdir(), 'postern-mounted-'))
  let version = 0
  const write = async (content: Readonly<Record<string, string>>) => {
    const data = `..2026_${++version}`
    await mkdir(join(path, data))
    for (const [name, text] of Object.entries(content)) await writeFile(join(path, data, name), text)
    await symlink(data, join(path, '..data_tmp'))
    await rename(join(path, '..data_tmp'), join(path, '..data'))
    for (const name of Object.keys(content))
      await symlink(join('..data', name), join(path, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error
      })
  }
  await write(files)
  return { path, write, remove: () => rm(path, { recursive: true }) }
}
