/** How long a request may take: the first rule that fits its method and path, shortened by Prefer: wait. */
import type { DeadlinesOptions } from './options.ts'

/** Path below the version: `/orders/42`, `/rpc/rebuild`. */
export type Deadlines = (method: string, path: () => string, waitSeconds: number | undefined) => number

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
  return (method, path, waitSeconds) => {
    const rule = rules.length === 0 ? undefined : ruleFor(method, path())
    const ms = rule?.ms ?? options.default
    return waitSeconds === undefined ? ms : Math.min(ms, waitSeconds * 1000)
  }
}
