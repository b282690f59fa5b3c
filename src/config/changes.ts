/** Which keys differ between two configurations, and which of them may change while the gateway runs. Pure. */
import type { Config } from './schema.ts'

/** Sections that are live, less the keys of each that are read once, at the start. */
const live = {
  database: ['engine', 'name', 'applicationName', 'pipelining', 'replicas', 'maxLag'],
  pools: ['budget'],
  deadlines: [],
  limits: ['headers', 'url', 'eventLoopLag'],
  api: ['schemas', 'cursorSecret', 'development'],
  log: [],
} as const satisfies Partial<Record<keyof Config, readonly string[]>>

const isLive = (section: string): section is keyof typeof live => Object.hasOwn(live, section)

/** Whether a change of this key (dotted) takes effect without a restart. */
export function takesEffectNow(key: string): boolean {
  const [section = '', name = ''] = key.split('.')
  return isLive(section) && !(live[section] as readonly string[]).includes(name)
}

/** Keys whose values differ, dotted; a list is one value. */
export function changedKeys(before: Config, after: Config): readonly string[] {
  const found: string[] = []
  const compare = (path: string, a: unknown, b: unknown) => {
    if (isGroup(a) && isGroup(b))
      for (const name of new Set([...Object.keys(a), ...Object.keys(b)]))
        compare(path === '' ? name : `${path}.${name}`, a[name], b[name])
    else if (JSON.stringify(a) !== JSON.stringify(b)) found.push(path)
  }
  compare('', before, after)
  return found.toSorted()
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `before` with what of `after` takes effect now. */
export function withLiveParts(before: Config, after: Config): Config {
  const merged: Record<string, unknown> = { ...before }
  for (const section of Object.keys(live)) {
    if (!isLive(section)) continue
    const kept = live[section] as readonly string[]
    const of = (config: Config, wanted: boolean) =>
      Object.entries(config[section]).filter(([name]) => kept.includes(name) === wanted)
    merged[section] = Object.fromEntries([...of(before, true), ...of(after, false)])
  }
  return merged as Config
}
