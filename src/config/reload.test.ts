import { describe, expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import { changedKeys, takesEffectNow, withLiveParts } from './changes.ts'
import { type Files, noteReads } from './files.ts'
import { type Applied, createReloader } from './reload.ts'
import { type Config, configSchema } from './schema.ts'

const config = (more: object = {}): Config =>
  configSchema.parse({ database: { url: 'postgres://a:b@db/shop' }, ...more })

describe('changes', () => {
  test('names the keys that differ, values of lists as one, keys that are only in one of them too', () => {
    const before = config({ pools: { max: 3 }, deadlines: { rules: [{ path: '/a', deadline: '1s' }] } })
    const after = config({ deadlines: { default: '5s' }, log: { level: 'debug' } })
    expect(changedKeys(before, after)).toEqual([
      'deadlines.default',
      'deadlines.rules',
      'log.level',
      'pools.max',
    ])
    expect(changedKeys(after, structuredClone(after))).toEqual([])
  })

  test('tells what takes effect now from what waits for a restart', () => {
    for (const key of [
      'database.password',
      'database.tls.ca',
      'pools.max',
      'api.hide',
      'limits.body',
      'log.level',
    ])
      expect([key, takesEffectNow(key)]).toEqual([key, true])
    for (const key of ['database.engine', 'pools.budget.instances', 'listeners.data.port', 'breaker.openFor'])
      expect([key, takesEffectNow(key)]).toEqual([key, false])
  })

  test('merges the one and leaves the other, taken-away keys included', () => {
    const before = config({ pools: { max: 3 }, schema: { poll: '7s' } })
    const merged = withLiveParts(before, config({ deadlines: { default: '5s' } }))
    expect(merged.deadlines.default).toBe(5000)
    expect(merged.pools.max).toBeUndefined()
    expect(merged.schema.poll).toBe(7000)
  })
})

describe('noted files', () => {
  test('see a change, a file that goes and one that comes, and a change back', () => {
    const content = new Map([['/a', '1']])
    const disk: Files = {
      read: (path) => {
        const text = content.get(path)
        if (text === undefined) throw Object.assign(new Error('gone'), { code: 'ENOENT' })
        return text
      },
      list: () => [...content.keys()],
    }
    const noted = noteReads(disk)
    expect(noted.read('/a')).toBe('1')
    expect(() => noted.read('/b')).toThrow('gone')
    noted.list('/')
    expect([noted.count, noted.same()]).toEqual([3, true])
    content.set('/b', 'new')
    expect(noted.same()).toBe(false)
    content.delete('/b')
    expect(noted.same()).toBe(true)
    content.set('/a', '2')
    expect(noted.same()).toBe(false)
  })
})

describe('the reloader', () => {
  /** A source whose content is a number or a fault, and an application that may not be ready. */
  const setUp = (first: Config) => {
    const clock = virtualClock()
    const told: Observation[] = []
    const source: { now: Config | string; version: number } = { now: first, version: 1 }
    const applied: (readonly string[])[] = []
    let ready: Applied | Error = 'applied'
    const files = { read: () => '', list: () => [], count: 1, same: () => source.version === 1 }
    const reloader = createReloader({
      clock,
      observe: (o) => told.push(o),
      periodMs: 1000,
      config: structuredClone(first),
      files,
      load: (through) => {
        const { version } = source
        Object.defineProperty(through, 'same', { value: () => source.version === version })
        return typeof source.now === 'string'
          ? { faults: [{ key: '', message: source.now, origin: 'a.yaml' }] }
          : { config: source.now }
      },
      apply: async (_, keys) => {
        if (ready instanceof Error) throw ready
        if (ready === 'applied') applied.push(keys)
        return ready
      },
    })
    return {
      clock,
      reloader,
      applied,
      results: () => told.map((o) => (o.kind === 'config' ? o.result : o.kind)),
      write: (now: Config | string) => {
        source.now = now
        source.version++
      },
      be: (now: typeof ready) => {
        ready = now
      },
    }
  }

  test('applies a change within the interval, once, and says which keys wait for a restart', async () => {
    const t = setUp(config())
    t.reloader.start()
    await t.clock.advance(5000)
    expect(t.results()).toEqual([])
    t.write(config({ pools: { max: 7 }, schema: { poll: '7s' } }))
    await t.clock.advance(1000)
    expect(t.applied).toEqual([['pools.max']])
    expect(t.reloader.stats()).toMatchObject({ result: 'applied', restart: ['schema.poll'] })
    await t.clock.advance(5000)
    expect(t.results()).toEqual(['applied'])
    t.reloader.stop()
    t.write(config())
    await t.clock.advance(5000)
    expect(t.results()).toEqual(['applied'])
  })

  test('rejects a broken document whole, tells it once, and says when it is well again', async () => {
    const t = setUp(config())
    t.write('unknown key')
    expect(await t.reloader.look()).toBe('rejected')
    expect(t.reloader.stats().faults).toEqual(['unknown key (a.yaml)'])
    expect(await t.reloader.look()).toBe('unchanged')
    t.write(config())
    expect(await t.reloader.look()).toBe('applied')
    expect(t.applied).toEqual([])
    expect(t.results()).toEqual(['rejected', 'applied'])
  })

  test('what cannot be applied is rejected; what is postponed is tried again and told once', async () => {
    const t = setUp(config())
    t.be(new Error('no such table'))
    t.write(config({ api: { hide: ['a'] } }))
    expect(await t.reloader.look()).toBe('rejected')
    expect(t.reloader.stats().faults).toEqual(['api.hide: no such table'])
    t.be({ postponed: new Error('wrong password') })
    t.write(config({ database: { url: 'postgres://a:new@db/shop' } }))
    expect(await t.reloader.look()).toBe('postponed')
    expect(await t.reloader.look()).toBe('postponed')
    expect(t.reloader.stats().faults).toEqual(['database.url: wrong password'])
    t.be('applied')
    expect(await t.reloader.look()).toBe('applied')
    expect(t.reloader.stats().faults).toEqual([])
    expect(t.applied).toEqual([['database.url']])
    expect(t.results()).toEqual(['rejected', 'postponed', 'applied'])
  })

  test('hints make it look, but not more than once a second', async () => {
    const t = setUp(config())
    t.write(config({ pools: { max: 2 } }))
    t.reloader.hint()
    await t.clock.advance(0)
    expect(t.applied).toHaveLength(1)
    t.write(config({ pools: { max: 3 } }))
    t.reloader.hint()
    await t.clock.advance(900)
    expect(t.applied).toHaveLength(1)
    await t.clock.advance(100)
    t.reloader.hint()
    await t.clock.advance(0)
    expect(t.applied).toHaveLength(2)
  })
})
