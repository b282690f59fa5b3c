/** The script of the status page, run on the little of a browser that it asks for. */
import { createContext, runInContext } from 'node:vm'
import { expect, test } from 'vitest'
import { statusPage } from './status-page.ts'

/** An element that keeps its text and what it holds. */
class Element {
  textContent: unknown = ''
  hidden = false
  className = ''
  readonly held: Element[] = []
  append(...more: readonly Element[]): void {
    this.held.push(...more)
  }
  replaceChildren(...now: readonly Element[]): void {
    this.held.splice(0, this.held.length, ...now)
  }
  /** Its text, that of its cells behind one another. */
  text(): string {
    return [String(this.textContent), ...this.held.map((e) => e.text())].filter(Boolean).join(' | ')
  }
}

/** What stands in the elements of the page, by their ids, when `/status` answers this. */
async function shown(status: object): Promise<ReadonlyMap<string, Element>> {
  const elements = new Map(
    [...statusPage.html.matchAll(/ id="([a-z]+)"/g)].map((m) => [m[1] as string, new Element()] as const),
  )
  let begin = (): unknown => undefined
  const document = {
    visibilityState: 'visible',
    getElementById: (id: string) => elements.get(id),
    createElement: () => new Element(),
    addEventListener: (_: string, body: () => unknown) => {
      begin = body
    },
  }
  const fetch = async () => ({ ok: true, json: async () => status })
  const script = /<script>([\s\S]*)<\/script>/.exec(statusPage.html)?.[1] ?? ''
  runInContext(script, createContext({ document, fetch, setTimeout: () => {} }))
  await begin()
  return elements
}

const status = {
  version: '1.2.3',
  phase: 'running',
  uptimeSeconds: 7300,
  database: { engine: 'postgres', address: 'db:5432/shop', session: 'postern/3f2a91' },
  started: true,
  ready: { ok: true, checks: [] },
  pools: [{ name: 'primary', inUse: 3, idle: 5, connecting: 0, max: 20, waiting: 0, queueLimit: 80 }],
  budget: null,
  breakers: [],
  shed: { queue_full: 2 },
  redis: null,
  idempotency: { store: 'memory', entries: 0, bytes: 0, pending: 0 },
  servers: [],
  config: { result: 'start', at: '2026-11-23T14:05:09.123Z', restart: [], faults: [] },
  catalog: null,
}

test('shows what the status says', async () => {
  const page = await shown(status)
  const text = (id: string) => page.get(id)?.text()
  expect(text('state')).toBe('Ready')
  expect(text('what')).toBe('Version 1.2.3, running, up for 2 h')
  expect(text('where')).toBe('postgres at db:5432/shop; its sessions are called postern/3f2a91')
  expect(text('pools')).toBe('primary | 3 | 5 | 0 | 20 | 0 | 80')
  expect(text('shares')).toBe(
    'Configuration | as at the start | Refused | queue_full 2 | Idempotency keys | 0 answers in memory',
  )
})

test.each([
  [
    { result: 'rejected', restart: [], faults: ['poolz: unknown key (a.yaml:3)'] },
    'rejected 2026-11-23 14:05:09 UTC; poolz: unknown key (a.yaml:3)',
  ],
  [
    { result: 'applied', restart: ['schema.poll'], faults: [] },
    'applied 2026-11-23 14:05:09 UTC; schema.poll takes effect at the next start',
  ],
])('says what became of changed files', async (config, expected) => {
  const page = await shown({ ...status, config: { ...status.config, ...config } })
  expect(page.get('shares')?.text()).toContain(`Configuration | ${expected} | `)
})

test('says of a replica how far it is behind, or that nobody can tell', async () => {
  const replica = { name: 'replica-1', kind: 'replica', address: 'db-1:5432/shop', role: 'replica' }
  const servers = [
    { ...replica, serves: true, why: 'well', lagMs: 40 },
    { ...replica, role: 'unknown', serves: false, why: 'unreachable', lagMs: null },
  ]
  const page = await shown({ ...status, servers })
  expect(page.get('servers')?.held.map((row) => row.text())).toEqual([
    'replica-1 | db-1:5432/shop | replica | serves reads | 0.0 s',
    'replica-1 | db-1:5432/shop | unknown | serves no reads: unreachable | unknown',
  ])
})
