import { describe, expect, test } from 'vitest'
import type { Catalog, Routine, Table, ValueType } from '#catalog/model.ts'
import { describeReload, describeStatus } from './status.ts'

const text: ValueType = {
  canonical: 'string',
  native: 'text',
  family: 'text',
  ordered: true,
  comparable: true,
}
const table = (name: string, ...columns: string[]): Table => ({
  schema: 'public',
  name,
  kind: 'table',
  columns: columns.map((column) => ({
    name: column,
    type: text,
    nullable: true,
    hasDefault: false,
    generated: 'no',
  })),
  primaryKey: undefined,
  uniqueKeys: [],
  foreignKeys: [],
  rowVersion: 'system',
  can: { select: true, insert: true, update: true, delete: true },
})
const routine = (name: string, ...parameters: string[]): Routine => ({
  schema: 'public',
  name,
  kind: 'function',
  parameters: parameters.map((p) => ({ name: p, type: text, mode: 'in', hasDefault: false })),
  readOnly: true,
  returns: { kind: 'void' },
  executable: true,
})
const catalog = (
  fingerprint: string,
  tables: readonly Table[],
  routines: readonly Routine[] = [],
): Catalog => ({
  fingerprint,
  server: 'PostgreSQL 18.4',
  tables,
  routines,
  unmappable: [{ table: { schema: 'public', name: 'a' }, column: 'shape', native: 'box', action: 'text' }],
})

describe('status', () => {
  test('puts together what the parts know', () => {
    const status = describeStatus({
      build: { version: '1.2.3', revision: 'abc' },
      phase: 'running',
      uptimeMs: 61_900,
      database: { engine: 'postgres', address: 'db:5432/shop', session: 'postern/3f2a91' },
      health: {
        started: () => ({ ok: true, checks: [] }),
        ready: () => ({
          ok: true,
          checks: [{ name: 'catalog', ok: true, required: true, detail: 'schema read', since: 0 }],
        }),
      },
      pools: [],
      budget: undefined,
      breakers: [],
      shed: { queue_full: 2 },
      redis: { address: 'cache:6379/0', state: 'down', forMs: 12 },
      idempotency: { store: 'redis', entries: 1, bytes: 1024, pending: 3 },
      servers: [],
      config: { result: 'rejected', at: 2000, restart: ['log.level'], faults: ['pools.mx: unknown key'] },
      catalog: { content: catalog('f', [table('a', 'x'), table('b')]), loadedAt: 1000, from: 'database' },
    })
    expect(status).toMatchObject({
      name: 'postern',
      version: '1.2.3',
      uptimeSeconds: 61,
      started: true,
      ready: { ok: true, checks: [{ name: 'catalog', since: '1970-01-01T00:00:00.000Z' }] },
      config: {
        result: 'rejected',
        at: '1970-01-01T00:00:02.000Z',
        restart: ['log.level'],
        faults: ['pools.mx: unknown key'],
      },
      catalog: {
        server: 'PostgreSQL 18.4',
        loadedAt: '1970-01-01T00:00:01.000Z',
        tables: 2,
        routines: 0,
        unmappable: [{ column: 'public.a.shape', type: 'box', action: 'text' }],
      },
    })
  })
})

describe('what a reload changed', () => {
  test('is every name at the first reading', () => {
    expect(describeReload(undefined, catalog('f', [table('a')], [routine('r')]))).toEqual({
      changed: true,
      fingerprint: 'f',
      added: ['public.a', 'public.r'],
      removed: [],
      altered: [],
    })
  })

  test('is nothing when the readings are the same', () => {
    expect(describeReload(catalog('f', [table('a', 'x')]), catalog('f', [table('a', 'x')]))).toEqual({
      changed: false,
      fingerprint: 'f',
      added: [],
      removed: [],
      altered: [],
    })
  })

  test('tells added, removed and altered apart, overloads of a routine included', () => {
    const before = catalog('f', [table('a', 'x'), table('b')], [routine('r', 'p'), routine('s')])
    const after = catalog(
      'g',
      [table('a', 'x', 'y'), table('c')],
      [routine('r', 'p'), routine('r', 'q'), routine('s')],
    )
    expect(describeReload(before, after)).toEqual({
      changed: true,
      fingerprint: 'g',
      added: ['public.c'],
      removed: ['public.b'],
      altered: ['public.a', 'public.r'],
    })
  })
})
