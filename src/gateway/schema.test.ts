import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import type { Catalog } from '#catalog/model.ts'
import type { Contract } from '#contract/contract.ts'
import type { Connection, SchemaWatch } from '#engine/engine.ts'
import { createSchema } from './schema.ts'
import { type Kept, type SnapshotFile, SnapshotRefused } from './snapshot-file.ts'

/** A schema over a database that is a fingerprint, and whether it answers. */
function setUp(disk?: SnapshotFile) {
  const clock = virtualClock()
  const seen: Observation[] = []
  const world = {
    fingerprint: 'a',
    trouble: undefined as Error | undefined,
    readMs: 10,
    readings: 0,
    looks: 0,
  }
  const answer = async <T>(value: () => T): Promise<T> => {
    const now = value()
    await new Promise<void>((resolve) => void clock.after(world.readMs, resolve))
    if (world.trouble) throw world.trouble
    return now
  }
  const catalog = (fingerprint: string) =>
    ({ fingerprint, tables: [], routines: [], unmappable: [] }) as unknown as Catalog
  const schema = createSchema({
    clock,
    observe: (o) => seen.push(o),
    engine: {
      readCatalog: () => {
        world.readings++
        return answer(() => catalog(world.fingerprint))
      },
      fingerprint: () => {
        world.looks++
        return answer(() => world.fingerprint)
      },
      classify: (error) => ({
        kind: (error as { code?: string }).code === '42501' ? 'denied' : 'disconnected',
        applied: 'no',
        native: '',
      }),
      watchSchema: ({ pollMs }): SchemaWatch => ({
        next: (signal) =>
          new Promise((resolve, reject) => {
            clock.after(pollMs, () => resolve('poll'))
            signal.addEventListener('abort', () => reject(signal.reason))
          }),
        close: async () => {},
      }),
    },
    pool: { use: (_signal, _deadline, body) => body({} as Connection) },
    schemas: [],
    unmappable: 'omit',
    pollMs: 10_000,
    loadTimeoutMs: 5000,
    resolve: (c) => ({ catalog: c }) as unknown as Contract,
    file: disk,
  })
  const served = () => schema.peek()?.contract.catalog.fingerprint
  const failures = () => seen.filter((o) => o.kind === 'catalog.failed').length
  return { clock, world, schema, seen, served, failures }
}
const coded = (code: string, message: string) => Object.assign(new Error(message), { code })

test('before the first reading there is nothing to serve, and the refusal is counted', () => {
  const { schema, seen } = setUp()
  expect(() => schema.current()).toThrow('has not been read yet')
  expect(seen).toEqual([{ kind: 'shed', reason: 'starting' }])
})

test('an outage at the start is told once, when the reason changes, and every 30 seconds', async () => {
  const { clock, world, schema, served, failures } = setUp()
  // Messages hold numbers that differ each time; the code is the reason.
  world.trouble = coded('ECONNREFUSED', 'attempt 1')
  schema.start()
  await clock.advance(5000)
  world.trouble = coded('ECONNREFUSED', 'attempt 2')
  await clock.advance(20_000)
  expect(failures()).toBe(1)
  expect(world.readings).toBeGreaterThan(40)
  world.trouble = coded('28P01', 'no such user')
  await clock.advance(2000)
  expect(failures()).toBe(2)
  await clock.advance(30_000)
  expect(failures()).toBe(3)
  world.trouble = undefined
  await clock.advance(600)
  expect(served()).toBe('a')
})

test('a poll reads the catalogue only when its fingerprint differs', async () => {
  const { clock, world, schema, served } = setUp()
  schema.start()
  await clock.advance(25_000)
  expect([world.readings, world.looks]).toEqual([1, 2])
  world.fingerprint = 'b'
  await clock.advance(10_000)
  expect(served()).toBe('b')
  expect(world.readings).toBe(2)
})

test('a look that fails is repeated before the next poll, and what was served stays', async () => {
  const { clock, world, schema, served } = setUp()
  schema.start()
  await clock.advance(9000)
  world.fingerprint = 'b'
  world.trouble = coded('ECONNRESET', 'lost')
  await clock.advance(1500)
  expect(served()).toBe('a')
  world.trouble = undefined
  await clock.advance(3000)
  expect(served()).toBe('b')
})

test('a look that the database refuses is told once, and taken back by the reading that follows; an outage is not', async () => {
  const { clock, world, schema, seen, failures } = setUp()
  const loads = () => seen.filter((o) => o.kind === 'catalog.loaded').length
  schema.start()
  await clock.advance(9000)
  world.trouble = coded('ECONNRESET', 'lost')
  await clock.advance(6000)
  expect(failures()).toBe(0)
  world.trouble = coded('42501', 'permission denied for table pg_class')
  await clock.advance(20_000)
  expect(failures()).toBe(1)
  expect(loads()).toBe(1)
  world.trouble = undefined
  await clock.advance(10_000)
  expect(loads()).toBe(2)
  const { readings } = world
  await clock.advance(30_000)
  expect(world.readings).toBe(readings)
})

test('who asks for a reading while one is under way gets one that began later', async () => {
  const { clock, world, schema, served } = setUp()
  const first = schema.reload()
  await clock.advance(5)
  world.fingerprint = 'b'
  const second = schema.reload()
  const third = schema.reload()
  await clock.advance(30)
  expect(await Promise.all([first, second, third])).toEqual([true, true, true])
  expect(served()).toBe('b')
  expect(world.readings).toBe(2)
})

test('a thousand failing requests cause one look a second', async () => {
  const { clock, world, schema, served } = setUp()
  schema.start()
  await clock.advance(100)
  world.fingerprint = 'b'
  for (let i = 0; i < 1000; i++) {
    schema.suspect()
    await clock.advance(2)
  }
  expect(world.looks).toBeLessThanOrEqual(3)
  expect(served()).toBe('b')
})

test('the end is no fault', async () => {
  const { clock, schema, seen } = setUp()
  schema.start()
  await clock.advance(100)
  await schema.stop()
  expect(seen.filter((o) => o.kind === 'fault')).toEqual([])
})

/** A disk that holds a catalogue, or throws. */
function diskWith(content: Kept | Error | undefined) {
  const saved: Kept[] = []
  const file: SnapshotFile = {
    load: async () => {
      if (content instanceof Error) throw content
      return content
    },
    save: async (kept) => void saved.push(kept),
  }
  return { file, saved }
}
const kept = (fingerprint: string): Kept => ({
  catalog: { fingerprint, tables: [], routines: [], unmappable: [] } as unknown as Catalog,
  readAt: 5,
})
const actions = (seen: readonly Observation[]) =>
  seen.flatMap((o) => (o.kind === 'snapshot' ? [o.action] : []))

test('with the database away what is on disk serves, until the database is read, be it the same or another', async () => {
  for (const now of ['a', 'b']) {
    const disk = diskWith(kept('a'))
    const { clock, world, schema, seen, served } = setUp(disk.file)
    world.fingerprint = now
    world.trouble = coded('ECONNREFUSED', 'away')
    schema.start()
    await clock.advance(50)
    expect(schema.current()).toMatchObject({ from: 'disk', loadedAt: 5 })
    expect(served()).toBe('a')
    expect(disk.saved).toEqual([])
    world.trouble = undefined
    await clock.advance(600)
    expect(schema.current()).toMatchObject({ from: 'database', loadedAt: expect.any(Number) })
    expect(served()).toBe(now)
    expect(disk.saved.map((k) => k.catalog.fingerprint)).toEqual([now])
    expect(actions(seen)).toEqual(['restored', 'written'])
    await schema.stop()
  }
})

test('with the database there the disk is not read, and written after each reading', async () => {
  const disk = diskWith(kept('old'))
  const { clock, world, schema, seen } = setUp(disk.file)
  schema.start()
  await clock.advance(100)
  world.fingerprint = 'b'
  await clock.advance(11_000)
  expect(disk.saved.map((k) => k.catalog.fingerprint)).toEqual(['a', 'b'])
  expect(actions(seen)).toEqual(['written', 'written'])
})

test('a file that is not believed is told once, and the gateway waits for the database', async () => {
  const { clock, world, schema, seen, served } = setUp(
    diskWith(new SnapshotRefused('SNAPSHOT_DAMAGED', 'cut off')).file,
  )
  world.trouble = coded('ECONNREFUSED', 'away')
  schema.start()
  await clock.advance(5000)
  expect(() => schema.current()).toThrow('has not been read yet')
  expect(actions(seen)).toEqual(['refused'])
  world.trouble = undefined
  await clock.advance(600)
  expect(served()).toBe('a')
})
