/** A strict reader of the Prometheus text format 0.0.4, for tests: anything unusual is an error. */

export interface ReadFamily {
  readonly help: string
  readonly type: string
  /** Sample name with its sorted labels → value. */
  readonly samples: ReadonlyMap<string, number>
}

function readLabels(text: string): string {
  const labels: string[] = []
  let rest = text
  while (rest !== '') {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=.)|$)/s.exec(rest)
    if (!match) throw new Error(`bad labels: ${rest}`)
    labels.push(`${match[1]}="${match[2]}"`)
    rest = rest.slice(match[0].length)
  }
  if (new Set(labels.map((l) => l.split('=')[0])).size !== labels.length)
    throw new Error(`label twice: ${text}`)
  return labels.toSorted().join(',')
}

function checkHistogram(name: string, samples: ReadonlyMap<string, number>): void {
  const buckets = new Map<string, { le: number; value: number }[]>()
  for (const [key, value] of samples) {
    const match = /^(.*)_bucket\{(.*)\}$/s.exec(key)
    if (!match) continue
    const le = /(?:^|,)le="([^"]*)"/.exec(match[2] as string)
    if (!le) throw new Error(`bucket without le: ${key}`)
    const rest = (match[2] as string).replace(le[0], '').replace(/^,/, '')
    const list = buckets.get(rest) ?? []
    list.push({ le: le[1] === '+Inf' ? Number.POSITIVE_INFINITY : Number(le[1]), value })
    buckets.set(rest, list)
  }
  for (const [labels, list] of buckets) {
    const braces = labels === '' ? '' : `{${labels}}`
    const last = list.at(-1)
    if (last?.le !== Number.POSITIVE_INFINITY) throw new Error(`${name}${braces} has no +Inf bucket`)
    list.reduce((a, b) => {
      if (!(a.le < b.le) || a.value > b.value) throw new Error(`${name}${braces} buckets do not ascend`)
      return b
    })
    if (samples.get(`${name}_count${braces}`) !== last.value)
      throw new Error(`${name}${braces} count differs`)
    if (!samples.has(`${name}_sum${braces}`)) throw new Error(`${name}${braces} has no sum`)
  }
}

/** Text → families by name. @throws on any line, order, name, label, number or repetition the format forbids. */
export function readExposition(text: string): Map<string, ReadFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line must end')
  const families = new Map<string, { help: string; type: string; samples: Map<string, number> }>()
  let current: [string, { help: string; type: string; samples: Map<string, number> }] | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\]|\\[\\n])+)$/.exec(line)
    if (help) {
      const name = help[1] as string
      if (families.has(name)) throw new Error(`family twice: ${name}`)
      current = [name, { help: help[2] as string, type: '', samples: new Map() }]
      families.set(...current)
      continue
    }
    if (!current) throw new Error(`sample before any family: ${line}`)
    const [name, family] = current
    const type = /^# TYPE (\S+) (counter|gauge|histogram|untyped)$/.exec(line)
    if (type) {
      if (type[1] !== name || family.type !== '') throw new Error(`TYPE out of place: ${line}`)
      family.type = type[2] as string
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.+)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/s.exec(line)
    if (!sample) throw new Error(`not a sample: ${line}`)
    const allowed = family.type === 'histogram' ? ['_bucket', '_sum', '_count'].map((s) => name + s) : [name]
    if (!allowed.includes(sample[1] as string)) throw new Error(`${sample[1]} does not belong to ${name}`)
    const labels = readLabels(sample[2] ?? '')
    const key = labels === '' ? (sample[1] as string) : `${sample[1]}{${labels}}`
    if (family.samples.has(key)) throw new Error(`series twice: ${key}`)
    family.samples.set(key, Number(sample[3]))
    if (family.type === 'counter' && Number(sample[3]) < 0) throw new Error(`negative counter: ${key}`)
  }
  for (const [name, family] of families) {
    if (family.type === '') throw new Error(`${name} has no TYPE`)
    if (family.type === 'histogram') checkHistogram(name, family.samples)
  }
  return families
}
