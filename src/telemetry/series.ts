/** Counters, histograms and gauges with a bounded number of series each, and their Prometheus text (format 0.0.4). */

/** Adds to one series per combination of label values, given in the order of the family's labels. */
export interface Counter {
  add(amount: number, ...labels: readonly string[]): void
}

/** Sorts values into buckets, per combination of label values. */
export interface Histogram {
  observe(value: number, ...labels: readonly string[]): void
}

/** What a gauge shows at a scrape: each value with its label values in order. */
export type Readings = Iterable<readonly [value: number, ...labels: string[]]>

interface Family {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

/** Every family of one process. */
export interface Registry {
  counter(family: Family): Counter
  /** `buckets`: ascending upper bounds without +Inf, in the unit of the name. */
  histogram(family: Family & { readonly buckets: readonly number[] }): Histogram
  /**
   * `read` is called at each scrape. `type` is counter for totals that somebody else counts, and untyped for a gauge whose
   * name ends as those of histograms do: promtool refuses `_count` on a gauge.
   */
  gauge(
    family: Family & {
      readonly type?: 'gauge' | 'counter' | 'untyped'
      readonly read: () => Readings
    },
  ): void
  render(): string
}

const other = '_OTHER'

const escapeLabel = (text: string) =>
  /[\\"\n]/.test(text) ? text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : text
const escapeHelp = (text: string) => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
const labelText = (names: readonly string[], values: readonly string[]) =>
  names.map((name, i) => `${name}="${escapeLabel(values[i] ?? '')}"`).join(',')
const braces = (labels: string) => (labels === '' ? '' : `{${labels}}`)

interface Node<S> {
  readonly next: Map<string, Node<S>>
  series: S | undefined
}

/**
 * Series by label values. A tree of maps, one level a label: strings that come again keep their hash, so a
 * look-up joins and allocates nothing.
 */
function createSeries<S>(o: {
  labels: readonly string[]
  limit: number
  make: (labelText: string) => S
  overflow: () => void
}) {
  const root: Node<S> = { next: new Map(), series: undefined }
  const all: S[] = []
  const others = o.labels.map(() => other)

  const find = (values: readonly string[]): S | undefined => {
    let node: Node<S> | undefined = root
    for (let i = 0; i < values.length && node; i++) node = node.next.get(values[i] as string)
    return node?.series
  }
  const insert = (values: readonly string[]): S => {
    let node = root
    for (const value of values) {
      let next = node.next.get(value)
      if (!next) {
        next = { next: new Map(), series: undefined }
        node.next.set(value, next)
      }
      node = next
    }
    node.series = o.make(labelText(o.labels, values))
    all.push(node.series)
    return node.series
  }
  const add = (values: readonly string[]): S => {
    if (all.length < o.limit) return insert(values)
    o.overflow()
    return find(others) ?? insert(others)
  }

  return { at: (values: readonly string[]): S => find(values) ?? add(values), all: (): readonly S[] => all }
}

/**
 * Makes an empty registry.
 * @param o.limit most series of one family; what comes after is counted under `_OTHER` for every label, and the
 *   family is named in `postern_metric_overflows_total`, so that no input can make the process or Prometheus grow.
 */
export function createRegistry(o: { limit: number }): Registry {
  const families: { name: string; head: string; write: (out: string[]) => void }[] = []
  const register = (type: string, family: Family, write: (out: string[]) => void) => {
    if (families.some((f) => f.name === family.name)) throw new Error(`metric ${family.name} exists already`)
    families.push({
      name: family.name,
      head: `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${type}`,
      write,
    })
  }
  const overflowed = new Map<string, number>()
  const overflow = (name: string) => () => {
    overflowed.set(name, (overflowed.get(name) ?? 0) + 1)
  }

  const registry: Registry = {
    counter: (family) => {
      const series = createSeries({
        labels: family.labels,
        limit: o.limit,
        make: (labels) => ({ head: family.name + braces(labels), value: 0 }),
        overflow: overflow(family.name),
      })
      register('counter', family, (out) => {
        for (const s of series.all()) out.push(`${s.head} ${s.value}`)
      })
      return {
        add: (amount, ...labels) => {
          series.at(labels).value += amount
        },
      }
    },

    histogram: (family) => {
      const { name, buckets } = family
      const series = createSeries({
        labels: family.labels,
        limit: o.limit,
        make: (labels) => ({
          labels,
          // Own count per bucket, the last one for everything above; they are summed up when somebody looks.
          counts: new Array<number>(buckets.length + 1).fill(0),
          sum: 0,
        }),
        overflow: overflow(name),
      })
      register('histogram', family, (out) => {
        for (const s of series.all()) {
          const before = s.labels === '' ? '' : `${s.labels},`
          let total = 0
          buckets.forEach((bound, i) => {
            total += s.counts[i] as number
            out.push(`${name}_bucket{${before}le="${bound}"} ${total}`)
          })
          total += s.counts[buckets.length] as number
          out.push(`${name}_bucket{${before}le="+Inf"} ${total}`)
          out.push(`${name}_sum${braces(s.labels)} ${s.sum}`, `${name}_count${braces(s.labels)} ${total}`)
        }
      })
      return {
        observe: (value, ...labels) => {
          // A clock that gave NaN or ran backwards must not poison the sum for the rest of the process.
          const v = value > 0 ? value : 0
          const s = series.at(labels)
          let i = 0
          while (i < buckets.length && v > (buckets[i] as number)) i++
          s.counts[i] = (s.counts[i] as number) + 1
          s.sum += v
        },
      }
    },

    gauge: (family) => {
      register(family.type ?? 'gauge', family, (out) => {
        for (const [value, ...labels] of family.read())
          out.push(`${family.name}${braces(labelText(family.labels, labels))} ${numberText(value)}`)
      })
    },

    render: () => {
      const out: string[] = []
      for (const family of families) {
        out.push(family.head)
        family.write(out)
      }
      return `${out.join('\n')}\n`
    },
  }
  registry.gauge({
    name: 'postern_metric_overflows_total',
    help: 'Observations counted under _OTHER because their metric has too many series.',
    labels: ['metric'],
    type: 'counter',
    read: () => [...overflowed].map(([metric, n]) => [n, metric] as const),
  })
  return registry
}

/** As the text format has it, whose infinity is not JavaScript's. */
const numberText = (value: number): string => (value === Number.POSITIVE_INFINITY ? '+Inf' : `${value}`)
