/** How long a request may take: the first rule that fits its method and path, shortened by Prefer: wait. */
import type { DeadlinesOptions } from './options.ts'

/** `segments` of the raw path, `api` and the version first: `['api', 'v1', 'orders', '42']`; rules see `/orders/42`. */
export type Deadlines = (
  method: string,
  segments: readonly string[],
  waitSeconds: number | undefined,
) => number

/** `*` is one segment, `**` any rest, the empty one included. */
function pattern(path: string): RegExp {
  const parts = path
    .split('/')
    .filter((s) => s !== '')
    .map((s) =>
      s === '**'
        ? '(?:/.*)?'
        : `/${s
            .split('*')
            .map((t) => t.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
            .join('[^/]*')}`,
    )
  return new RegExp(`^${parts.join('')}/?$`)
}

/** @returns milliseconds for one request */
export function createDeadlines(options: DeadlinesOptions): Deadlines {
  const rules = options.rules.map((rule) => ({
    methods: new Set<string>(rule.methods),
    path: pattern(rule.path),
    ms: rule.deadline,
  }))
  const ruleFor = (method: string, path: string) =>
    rules.find((r) => (r.methods.size === 0 || r.methods.has(method)) && r.path.test(path))
  return (method, segments, waitSeconds) => {
    const rule = rules.length === 0 ? undefined : ruleFor(method, `/${segments.slice(2).join('/')}`)
    const ms = rule?.ms ?? options.default
    return waitSeconds === undefined ? ms : Math.min(ms, waitSeconds * 1000)
  }
}
