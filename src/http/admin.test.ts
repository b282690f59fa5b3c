import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { asGatewayError, GatewayError } from '#base/errors.ts'
import type { ReloadReport, Status } from '#gateway/status.ts'
import { type AdminDependencies, createAdminApp } from './admin.ts'
import { problemReply } from './problem.ts'

const status: Status = {
  name: 'postern',
  version: '1.2.3',
  revision: 'abc',
  node: 'v24',
  phase: 'running',
  uptimeSeconds: 5,
  database: { engine: 'postgres', address: 'db:5432/shop', session: 'postern/3f2a91' },
  started: true,
  ready: { ok: true, checks: [] },
  pools: [],
  budget: null,
  breakers: [],
  shed: {},
  redis: null,
  idempotency: { store: 'memory', entries: 0, bytes: 0, pending: 0 },
  servers: [],
  config: null,
  catalog: null,
}
const report: ReloadReport = {
  configuration: 'unchanged',
  faults: [],
  changed: true,
  fingerprint: 'f',
  added: ['public.a'],
  removed: [],
  altered: [],
}

const setUp = (more: Partial<AdminDependencies> = {}) => {
  const app = createAdminApp({
    host: '127.0.0.1',
    status: () => status,
    reload: async () => report,
    quit: undefined,
    problem: (thrown) => {
      const { status: code, headers, body } = problemReply(asGatewayError(thrown), 'id')
      return new Response(body as string, { status: code, headers })
    },
    ...more,
  })
  return async (method: string, path: string, headers: Record<string, string> = {}) => {
    const response = await app.request(path, { method, headers: { host: 'localhost:6422', ...headers } })
    const text = await response.text()
    return {
      status: response.status,
      text,
      headers: response.headers,
      json: () => JSON.parse(text) as unknown,
    }
  }
}

describe('the admin listener', () => {
  test('GET /status is the status as JSON', async () => {
    const answer = await setUp()('GET', '/status')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.json()).toEqual(status)
  })

  test('POST /reload reads again and says what changed', async () => {
    const answer = await setUp()('POST', '/reload')
    expect([answer.status, answer.json()]).toEqual([200, report])
  })

  test('a reload that fails is a problem', async () => {
    const answer = await setUp({
      reload: async () => {
        throw new GatewayError('database_unavailable', 'The database cannot be reached.')
      },
    })('POST', '/reload')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.json()).toMatchObject({
      code: 'database_unavailable',
      detail: 'The database cannot be reached.',
    })
  })

  test('POST /quitquitquit does not exist unless it is switched on', async () => {
    expect((await setUp()('POST', '/quitquitquit')).status).toBe(404)
    let quit = 0
    const ask = setUp({ quit: () => quit++ })
    expect((await ask('GET', '/quitquitquit')).status).toBe(405)
    expect(quit).toBe(0)
    expect((await ask('POST', '/quitquitquit')).status).toBe(200)
    expect(quit).toBe(1)
  })

  test.each([
    ['POST', '/status', 'GET, HEAD'],
    ['DELETE', '/', 'GET, HEAD'],
    ['GET', '/reload', 'POST'],
  ])('%s %s is refused with what is allowed', async (method, path, allow) => {
    const answer = await setUp()(method, path)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow])
  })

  test.each(['/metrics', '/readyz', '/api/v1', '/cache'])('%s is not here', async (path) => {
    expect((await setUp()('GET', path)).status).toBe(404)
  })

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1:6422', '[::1]', '[::1]:6422'])(
    'Host %s is this listener',
    async (host) => {
      expect((await setUp()('GET', '/status', { host })).status).toBe(200)
    },
  )

  test.each([
    'evil.example',
    'evil.example:6422',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
    '::1',
    'localhost:x',
    '10.0.0.7',
  ])('Host %j is refused, whatever is asked for', async (host) => {
    for (const path of ['/', '/status', '/nothing'])
      expect((await setUp()('GET', path, { host })).status).toBe(403)
    let reloads = 0
    const ask = setUp({ reload: async () => (reloads++, report) })
    expect((await ask('POST', '/reload', { host })).status).toBe(403)
    expect(reloads).toBe(0)
  })

  test('the configured address is a name of the listener too', async () => {
    expect((await setUp({ host: '10.0.0.7' })('GET', '/status', { host: '10.0.0.7:6422' })).status).toBe(200)
    expect((await setUp({ host: 'fd00::7' })('GET', '/status', { host: '[fd00::7]:6422' })).status).toBe(200)
  })

  test('a page of another origin cannot act', async () => {
    const ask = setUp()
    for (const origin of ['https://evil.example', 'null', 'http://localhost:8080'])
      expect((await ask('POST', '/reload', { origin })).status).toBe(403)
    expect((await ask('POST', '/reload', { origin: 'http://localhost:6422' })).status).toBe(200)
  })
})

describe('the status page', () => {
  test('loads nothing from elsewhere, and its policy names exactly its own script and style', async () => {
    const { text, headers } = await setUp()('GET', '/')
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(text).not.toMatch(/https?:|src=|@import|url\(/)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    for (const tag of ['style', 'script']) {
      const inline = new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(text)?.[1] ?? ''
      const hash = createHash('sha256').update(inline).digest('base64')
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`)
    }
    // Neither attribute would get past the policy.
    expect(text).not.toMatch(/ on[a-z]+=| style=/)
  })
})
