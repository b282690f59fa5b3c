import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readExposition } from './exposition.fixture.ts'
import { createRegistry } from './series.ts'

describe('series', () => {
  test('counters and gauges are written with their labels', () => {
    const registry = createRegistry({ limit: 10 })
    const counter = registry.counter({ name: 'c_total', help: 'A help\nwith \\ both.', labels: ['a', 'b'] })
    counter.add(1, 'x', 'y')
    counter.add(2, 'x', 'y')
    counter.add(1, 'x', '')
    registry.gauge({ name: 'g', help: 'Of nothing.', labels: [], read: () => [[2.5]] })
    const text = registry.render()
    expect(text).toContain('# HELP c_total A help\\nwith \\\\ both.\n# TYPE c_total counter\n')
    const read = readExposition(text)
    expect([...(read.get('c_total')?.samples ?? [])]).toEqual([
      ['c_total{a="x",b="y"}', 3],
      ['c_total{a="x",b=""}', 1],
    ])
    expect(read.get('g')).toMatchObject({ type: 'gauge', samples: new Map([['g', 2.5]]) })
  })

  test('infinity is written as the format has it', () => {
    const registry = createRegistry({ limit: 3 })
    registry.gauge({ name: 'g', help: 'G.', labels: [], read: () => [[Number.POSITIVE_INFINITY]] })
    expect(registry.render()).toContain('\ng +Inf\n')
  })

  test('a value on a bucket bound belongs to that bucket', () => {
    const registry = createRegistry({ limit: 10 })
    const histogram = registry.histogram({ name: 'h_seconds', help: 'H.', labels: [], buckets: [0.1, 1] })
    for (const value of [0.1, 0.5, 1, 7]) histogram.observe(value)
    expect(readExposition(registry.render()).get('h_seconds')?.samples).toEqual(
      new Map([
        ['h_seconds_bucket{le="0.1"}', 1],
        ['h_seconds_bucket{le="1"}', 3],
        ['h_seconds_bucket{le="+Inf"}', 4],
        ['h_seconds_sum', 8.6],
        ['h_seconds_count', 4],
      ]),
    )
  })

  test('NaN and negative durations count as 0 and do not poison the sum', () => {
    const registry = createRegistry({ limit: 10 })
    const histogram = registry.histogram({ name: 'h', help: 'H.', labels: [], buckets: [1] })
    for (const value of [Number.NaN, -3, 2]) histogram.observe(value)
    const samples = readExposition(registry.render()).get('h')?.samples
    expect([samples?.get('h_sum'), samples?.get('h_count')]).toEqual([2, 3])
  })

  test('beyond the limit everything new is one series, and the metric is named as overflowing', () => {
    const registry = createRegistry({ limit: 3 })
    const counter = registry.counter({ name: 'c_total', help: 'C.', labels: ['a', 'b'] })
    for (let i = 0; i < 10; i++) counter.add(1, 'x', `${i}`)
    counter.add(1, 'x', '2')
    const read = readExposition(registry.render())
    expect([...(read.get('c_total')?.samples ?? [])]).toEqual([
      ['c_total{a="x",b="0"}', 1],
      ['c_total{a="x",b="1"}', 1],
      ['c_total{a="x",b="2"}', 2],
      ['c_total{a="_OTHER",b="_OTHER"}', 7],
    ])
    expect(read.get('postern_metric_overflows_total')?.samples).toEqual(
      new Map([['postern_metric_overflows_total{metric="c_total"}', 7]]),
    )
  })

  test('a name is registered once', () => {
    const registry = createRegistry({ limit: 3 })
    registry.counter({ name: 'c_total', help: 'C.', labels: [] })
    expect(() => registry.counter({ name: 'c_total', help: 'C.', labels: [] })).toThrow(
      'c_total exists already',
    )
  })

  test('whatever the label values are, the text stays readable and nothing is lost', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\\', '"', '\n', '\\n', '_OTHER', '{}', ''),
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value), { maxLength: 25 }),
        fc.integer({ min: 1, max: 10 }),
        (all, limit) => {
          const registry = createRegistry({ limit })
          const counter = registry.counter({ name: 'c_total', help: 'C.', labels: ['a', 'b'] })
          const histogram = registry.histogram({ name: 'h', help: 'H.', labels: ['a', 'b'], buckets: [1, 2] })
          for (const [a, b] of all) {
            counter.add(1, a, b)
            histogram.observe(1.5, a, b)
          }
          const lines = registry.render().split('\n')
          const sum = (start: string) =>
            lines
              .filter((l) => l.startsWith(start))
              .reduce((n, l) => n + Number(l.slice(l.lastIndexOf(' '))), 0)
          expect(sum('c_total{')).toBe(all.length)
          expect(sum('h_count{')).toBe(all.length)
          expect(lines.filter((l) => l.startsWith('c_total{')).length).toBeLessThanOrEqual(limit + 1)
          readExposition(registry.render())
        },
      ),
      { numRuns: 40 },
    )
  })
})
