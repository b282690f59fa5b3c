/** The catalogue on disk, for a start while the database is away: written whole after every reading, believed only when it is whole and of this database. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Catalog } from '#catalog/model.ts'
import type { CatalogRequest } from '#engine/engine.ts'

/** Grows with every change of src/catalog/model.ts that older content does not fit. */
const format = 4

/** What a catalogue is read from; another one makes another catalogue. */
export interface SnapshotSource {
  readonly engine: string
  /** `host:port/database`. */
  readonly address: string
  readonly schemas: readonly string[]
  readonly unmappable: CatalogRequest['unmappable']
}

/** A catalogue as it was kept. */
export interface Kept {
  readonly catalog: Catalog
  /** Wall clock milliseconds at which it was read from the database. */
  readonly readAt: number
}

/** Why a file is not believed. */
export class SnapshotRefused extends Error {
  override readonly name = 'SnapshotRefused'
  readonly code: 'SNAPSHOT_FORMAT' | 'SNAPSHOT_DAMAGED' | 'SNAPSHOT_FOREIGN'

  constructor(code: SnapshotRefused['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** The head, as one line of JSON; the catalogue is the second line, and its digest stands in the head. */
interface Head {
  readonly postern: 'catalogue'
  readonly format: number
  readonly source: SnapshotSource
  readonly readAt: string
  readonly fingerprint: string
  readonly sha256: string
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** Pure. The text of the file. */
export function encodeSnapshot({ catalog, readAt }: Kept, source: SnapshotSource): string {
  const body = JSON.stringify(catalog)
  const head: Head = {
    postern: 'catalogue',
    format,
    source,
    readAt: new Date(readAt).toISOString(),
    fingerprint: catalog.fingerprint,
    sha256: digest(body),
  }
  return `${JSON.stringify(head)}\n${body}\n`
}

/** Pure. @throws SnapshotRefused when the text is not wholly what encodeSnapshot makes for this source */
export function decodeSnapshot(text: string, source: SnapshotSource): Kept {
  const [first = '', body = '', rest] = text.split('\n')
  const head = parse(first)
  if (head?.postern !== 'catalogue') throw damaged('it does not begin as one')
  if (head.format !== format)
    throw new SnapshotRefused(
      'SNAPSHOT_FORMAT',
      `the snapshot has format ${String(head.format).slice(0, 20)}, this version of Postern reads ${format}`,
    )
  if (rest !== '' || head.sha256 !== digest(body)) throw damaged('its content does not fit its digest')
  if (JSON.stringify(head.source) !== JSON.stringify(source))
    throw new SnapshotRefused(
      'SNAPSHOT_FOREIGN',
      `the snapshot is of ${JSON.stringify(head.source).slice(0, 300)}, the gateway serves ${JSON.stringify(source)}`,
    )
  const readAt = Date.parse(String(head.readAt))
  const catalog = JSON.parse(body) as Catalog
  if (Number.isNaN(readAt) || catalog.fingerprint !== head.fingerprint) throw damaged('its head is wrong')
  return { catalog, readAt }
}

const damaged = (why: string) =>
  new SnapshotRefused('SNAPSHOT_DAMAGED', `the snapshot is damaged, or no snapshot: ${why}`)

function parse(line: string): Partial<Head> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

export interface SnapshotFile {
  /** Undefined when there is no file. @throws SnapshotRefused, or what the file system said */
  load(): Promise<Kept | undefined>
  /** Replaces the file in one step: whoever reads it meanwhile, or after a crash, finds the old or the new one. */
  save(kept: Kept): Promise<void>
}

export function createSnapshotFile(path: string, source: SnapshotSource): SnapshotFile {
  return {
    load: async () => {
      let text: string
      try {
        text = await readFile(path, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
      return decodeSnapshot(text, source)
    },
    save: async (kept) => {
      await mkdir(dirname(path), { recursive: true })
      // Two gateways of one folder must not write into each other's file.
      const draft = `${path}.${randomUUID()}`
      try {
        const file = await open(draft, 'wx', 0o600)
        try {
          await file.writeFile(encodeSnapshot(kept, source))
          // Without it a crash of the machine may leave the new name with an empty content.
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    },
  }
}
