import { describe, expect, test } from 'vitest'
import type { Check, Verdict } from '#gateway/health.ts'
import { createObserveApp } from './observe.ts'

const check = (more: Partial<Check> = {}): Check => ({
  name: 'database',
  ok: true,
  required: true,
  detail: 'reached, primary',
  since: 0,
  ...more,
})
const passing: Verdict = { ok: true, checks: [check()] }
const failing: Verdict = {
  ok: false,
  checks: [
    check({ name: 'catalog', detail: 'schema read' }),
    check({ ok: false, detail: 'not reached (ECONNREFUSED)' }),
    check({ name: 'writable', ok: false, required: false, detail: 'not reached (ECONNREFUSED)' }),
  ],
}

const setUp = (o: { started?: Verdict; ready?: Verdict } = {}) => {
  const app = createObserveApp({
    health: { started: () => o.started ?? passing, ready: () => o.ready ?? passing },
    exposition: () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: '# metrics\n' }),
  })
  return async (path: string, method = 'GET') => {
    const response = await app.request(path, { method })
    return { status: response.status, text: await response.text(), headers: response.headers }
  }
}

describe('the observe listener', () => {
  test.each(['/startupz', '/livez', '/readyz'])('%s answers 200 when all is well', async (path) => {
    expect(await setUp()(path)).toMatchObject({ status: 200, text: 'ok\n' })
    const head = await setUp()(path, 'HEAD')
    expect(head).toMatchObject({ status: 200, text: '' })
    expect(head.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  test('/readyz names what fails, unless it is not required', async () => {
    expect(await setUp({ ready: failing })('/readyz')).toMatchObject({
      status: 503,
      text: 'readyz failed: database: not reached (ECONNREFUSED)\n',
    })
  })

  test('/readyz?verbose lists every check', async () => {
    expect(await setUp({ ready: failing })('/readyz?verbose')).toMatchObject({
      status: 503,
      text: [
        '[+]catalog ok: schema read (since 1970-01-01T00:00:00.000Z)',
        '[-]database failed: not reached (ECONNREFUSED) (since 1970-01-01T00:00:00.000Z)',
        '[~]writable failed: not reached (ECONNREFUSED) (since 1970-01-01T00:00:00.000Z)',
        'readyz failed',
        '',
      ].join('\n'),
    })
    expect((await setUp()('/readyz?verbose=1')).text).toMatch(/\nreadyz passed\n$/)
  })

  test('/startupz and /readyz are different questions, and /livez asks neither', async () => {
    const ask = setUp({ started: { ok: false, checks: [] }, ready: failing })
    expect(await ask('/startupz')).toMatchObject({ status: 503, text: 'startupz failed: still starting\n' })
    expect((await ask('/livez')).status).toBe(200)
  })

  test('/metrics is the text with its own media type', async () => {
    const { status, text, headers } = await setUp()('/metrics')
    expect([status, text]).toEqual([200, '# metrics\n'])
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  test.each(['/', '/api/v1', '/status', '/reload', '/livez/', '/metrics/x'])(
    '%s is not here',
    async (path) => {
      expect((await setUp()(path)).status).toBe(404)
      expect((await setUp()(path, 'POST')).status).toBe(404)
    },
  )

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused with what is allowed', async (method) => {
    const { status, headers } = await setUp()('/readyz', method)
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})
