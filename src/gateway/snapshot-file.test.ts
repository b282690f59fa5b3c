/** A catalogue goes to disk and comes back as it was; whatever else is in the file is refused. */
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Catalog } from '#catalog/model.ts'
import {
  createSnapshotFile,
  decodeSnapshot,
  encodeSnapshot,
  SnapshotRefused,
  type SnapshotSource,
} from './snapshot-file.ts'

const source: SnapshotSource = {
  engine: 'postgres',
  address: 'db:5432/shop',
  schemas: ['public'],
  unmappable: 'text',
}
const text = fc.string({ unit: 'binary', maxLength: 12 })
const type = fc.record(
  {
    canonical: fc.constantFrom('string' as const, 'integer' as const),
    native: text,
    family: text,
    range: fc.tuple(text, text),
    labels: fc.array(text, { maxLength: 3 }),
    ordered: fc.boolean(),
    comparable: fc.boolean(),
  },
  { requiredKeys: ['canonical', 'native', 'family', 'ordered', 'comparable'] },
)
const key = fc.record({ name: text, columns: fc.array(text, { maxLength: 2 }) })
const table = fc.record({
  schema: text,
  name: text,
  kind: fc.constantFrom('table' as const, 'view' as const),
  columns: fc.array(
    fc.record({
      name: text,
      type,
      nullable: fc.boolean(),
      hasDefault: fc.boolean(),
      generated: fc.constantFrom('no' as const, 'always' as const),
    }),
    { maxLength: 3 },
  ),
  primaryKey: fc.option(key, { nil: undefined }),
  uniqueKeys: fc.array(key, { maxLength: 2 }),
  foreignKeys: fc.constant([]),
  rowVersion: fc.constantFrom('system' as const, 'hash' as const),
  can: fc.record({ select: fc.boolean(), insert: fc.boolean(), update: fc.boolean(), delete: fc.boolean() }),
})
const catalogs: fc.Arbitrary<Catalog> = fc.record({
  fingerprint: text,
  server: text,
  tables: fc.array(table, { maxLength: 3 }),
  routines: fc.constant([]),
  unmappable: fc.constant([]),
})
const sample: Catalog = {
  fingerprint: 'f',
  server: 'PostgreSQL 18.4',
  tables: [],
  routines: [],
  unmappable: [],
}
const file = encodeSnapshot({ catalog: sample, readAt: 1_800_000_000_000 }, source)
const codeOf = (content: string, of = source) => {
  try {
    decodeSnapshot(content, of)
    return 'believed'
  } catch (error) {
    return error instanceof SnapshotRefused ? error.code : error
  }
}

describe('a snapshot', () => {
  test('of any catalogue comes back as it was', () => {
    fc.assert(
      fc.property(catalogs, fc.integer({ min: 0, max: 4e12 }), (catalog, readAt) => {
        const back = decodeSnapshot(encodeSnapshot({ catalog, readAt }, source), source)
        expect(back).toEqual({ catalog, readAt })
      }),
      { numRuns: 50 },
    )
  })

  test('that is cut off anywhere is refused', () => {
    for (let end = 0; end < file.length; end++) expect(codeOf(file.slice(0, end))).toBe('SNAPSHOT_DAMAGED')
  })

  test('with any character of its content changed, or anything behind it, is refused', () => {
    const begins = file.indexOf('\n') + 1
    for (let at = begins; at < file.length - 1; at++)
      expect(codeOf(`${file.slice(0, at)}~${file.slice(at + 1)}`)).toBe('SNAPSHOT_DAMAGED')
    expect(codeOf(`${file}{}`)).toBe('SNAPSHOT_DAMAGED')
  })

  test.each(['', '\n\n', '{}', 'null\n{}\n', '[]\n[]\n', '<html>', '\0\0\0\0'])('%j is none', (content) => {
    expect(codeOf(content)).toBe('SNAPSHOT_DAMAGED')
  })

  test('of another format, database or configuration is refused, and says so', () => {
    expect(codeOf(file.replace('"format":4', '"format":3'))).toBe('SNAPSHOT_FORMAT')
    expect(codeOf(file, { ...source, address: 'other:5432/shop' })).toBe('SNAPSHOT_FOREIGN')
    expect(codeOf(file, { ...source, schemas: [] })).toBe('SNAPSHOT_FOREIGN')
    expect(codeOf(file, { ...source, unmappable: 'omit' })).toBe('SNAPSHOT_FOREIGN')
    expect(codeOf(file.replace('"fingerprint":"f"', '"fingerprint":"g"'))).toBe('SNAPSHOT_DAMAGED')
    expect(codeOf(file.replace(/"readAt":"[^"]*"/, '"readAt":"once"'))).toBe('SNAPSHOT_DAMAGED')
  })
})

describe('the file', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-snapshot-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('is made with its folder, readable by its owner alone, replaced whole, and leaves nothing beside it', async () => {
    const path = join(folder, 'deep', 'schema.json')
    const snapshot = createSnapshotFile(path, source)
    expect(await snapshot.load()).toBeUndefined()
    await snapshot.save({ catalog: sample, readAt: 1 })
    await Promise.all(
      ['a', 'b', 'c'].map((fingerprint) =>
        snapshot.save({ catalog: { ...sample, fingerprint, server: 'x'.repeat(100_000) }, readAt: 2 }),
      ),
    )
    expect(['a', 'b', 'c']).toContain((await snapshot.load())?.catalog.fingerprint)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(folder, 'deep'))).toEqual(['schema.json'])
    await truncate(path, 50)
    await expect(snapshot.load()).rejects.toMatchObject({ code: 'SNAPSHOT_DAMAGED' })
  })

  test('in a place that cannot be written fails, and leaves what is there', async () => {
    const place = join(folder, 'taken')
    await writeFile(place, 'a file, where a folder is wanted')
    await expect(
      createSnapshotFile(join(place, 'schema.json'), source).save({ catalog: sample, readAt: 1 }),
    ).rejects.toThrow()
    expect(await readFile(place, 'utf8')).toBe('a file, where a folder is wanted')
  })
})
