/** The admin listener: status for operators and what they may do; for loopback, and for nobody's web page. */
import { Hono } from 'hono'
import { GatewayError } from '#base/errors.ts'
import type { ReloadReport, Status } from '#gateway/status.ts'
import { statusPage } from './status-page.ts'

export interface AdminDependencies {
  /** The configured address of the listener: requests may name it in Host, besides the loopback names. */
  readonly host: string
  readonly status: () => Status
  /** Reads the schema again and says what changed. */
  readonly reload: () => Promise<ReloadReport>
  /** Begins the shutdown; undefined when lifecycle.quit is off. */
  readonly quit: (() => void) | undefined
  /** Whatever was thrown → problem document; the fact `allow` becomes the Allow header. */
  readonly problem: (thrown: unknown) => Response
}

const hostName = (host: string) => /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host)?.[1]?.toLowerCase()

/**
 * `GET /` (a page), `GET /status`, `POST /reload`, `POST /quitquitquit`.
 *
 * A browser on the same machine reaches loopback too. So a foreign name in Host is refused (a page whose name was
 * re-bound to 127.0.0.1 could read answers), and a foreign Origin (a page could post without reading).
 */
export function createAdminApp(o: AdminDependencies): Hono {
  const app = new Hono()
  const names = new Set([
    'localhost',
    '127.0.0.1',
    '[::1]',
    (o.host.includes(':') ? `[${o.host}]` : o.host).toLowerCase(),
  ])

  const json = (value: unknown) =>
    new Response(`${JSON.stringify(value)}\n`, {
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    })
  const notAllowed = (path: string, ...allow: readonly string[]) => {
    app.all(path, () => {
      throw new GatewayError('method_not_allowed', `${path} takes ${allow.join(' and ')}.`, {
        facts: { allow },
      })
    })
  }

  app.use(async (c, next) => {
    const host = c.req.header('host') ?? ''
    const name = hostName(host)
    if (name === undefined || !names.has(name))
      throw new GatewayError(
        'forbidden',
        `The Host header must name this listener: ${[...names].join(', ')}.`,
      )
    const origin = c.req.header('origin')
    if (origin !== undefined && origin !== `http://${host}`)
      throw new GatewayError('forbidden', 'Requests from pages of another origin are refused.')
    await next()
  })
  app.onError((error) => o.problem(error))
  app.notFound(() => {
    throw new GatewayError('not_found', 'Nothing lives at this path of the admin listener.')
  })

  app.get('/', () => new Response(statusPage.html, { headers: statusPage.headers }))
  app.get('/status', () => json(o.status()))
  app.post('/reload', async () => json(await o.reload()))
  notAllowed('/', 'GET', 'HEAD')
  notAllowed('/status', 'GET', 'HEAD')
  notAllowed('/reload', 'POST')

  const { quit } = o
  if (quit) {
    app.post('/quitquitquit', () => {
      quit()
      return json({ phase: 'draining' })
    })
    notAllowed('/quitquitquit', 'POST')
  }
  return app
}
