/** The observe listener: three probes and the metrics, for the kubelet and Prometheus, and nothing else. */
import { Hono } from 'hono'
import type { Check, Health, Verdict } from '#gateway/health.ts'

export interface ObserveDependencies {
  readonly health: Pick<Health, 'started' | 'ready'>
  /** What `/metrics` answers. */
  readonly exposition: () => { readonly contentType: string; readonly text: string }
}

const reply = (status: number, text: string, headers: Readonly<Record<string, string>> = {}) =>
  new Response(`${text}\n`, {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  })

// The shape of the probes of Kubernetes' own components: [+] passes, [-] fails, and [~] fails but is not asked for.
const line = (c: Check) =>
  `[${c.ok ? '+' : c.required ? '-' : '~'}]${c.name} ${c.ok ? 'ok' : 'failed'}: ${c.detail} ` +
  `(since ${new Date(c.since).toISOString()})`

function answer(name: string, verdict: Verdict, verbose: boolean): Response {
  const status = verdict.ok ? 200 : 503
  if (verbose)
    return reply(
      status,
      [...verdict.checks.map(line), `${name} ${verdict.ok ? 'passed' : 'failed'}`].join('\n'),
    )
  if (verdict.ok) return reply(status, 'ok')
  const failed = verdict.checks.filter((c) => !c.ok && c.required).map((c) => `${c.name}: ${c.detail}`)
  return reply(status, `${name} failed: ${failed.join('; ') || 'still starting'}`)
}

/**
 * GET and HEAD of `/startupz`, `/livez`, `/readyz` and `/metrics`; `?verbose` lists every check. Probes answer 200
 * or 503 from what the background checks know: none of them touches the database.
 */
export function createObserveApp({ health, exposition }: ObserveDependencies): Hono {
  const app = new Hono()
  const verbose = (url: string) => new URL(url).searchParams.has('verbose')

  app.get('/startupz', (c) => answer('startupz', health.started(), verbose(c.req.url)))
  // That this code runs is the whole answer: the event loop turns.
  app.get('/livez', () => reply(200, 'ok'))
  app.get('/readyz', (c) => answer('readyz', health.ready(), verbose(c.req.url)))
  app.get('/metrics', () => {
    const { contentType, text } = exposition()
    return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } })
  })
  for (const path of ['/startupz', '/livez', '/readyz', '/metrics'])
    app.all(path, () => reply(405, 'only GET and HEAD', { allow: 'GET, HEAD' }))
  app.notFound(() => reply(404, 'not found: here are /startupz, /livez, /readyz and /metrics'))
  return app
}
