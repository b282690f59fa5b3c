/** What the pages for operators say, against what the code has: metrics, log events, SQL, YAML and links. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isMap, parseAllDocuments } from 'yaml'
import { loadConfig } from '#config/load.ts'
import { announcerInstall, announcerUninstall } from '#engine/postgres/announcer.ts'
import { errorTable } from '#base/errors.ts'
import { createMetrics } from '#telemetry/metrics.ts'
import { podSecurityFaults } from './pod-security.ts'

const root = join(import.meta.dirname, '../..')
const page = (path: string) => readFileSync(join(root, path), 'utf8')
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^ *\`\`\`${language}\n(.*?)^ *\`\`\`$`, 'gms'))].map(
    (match) => match[1] as string,
  )

describe('docs/operations.md', () => {
  const text = page('docs/operations.md')

  const metrics = createMetrics({
    build: { version: '0', revision: '0' },
    system: () => 'postgresql',
    pools: () => [],
    endpoints: () => [],
    budget: () => ({ connections: 97, instances: 3 }),
    breakers: () => [{ target: 'primary/read', state: 'closed' }],
    redis: () => ({ state: 'up' }),
    records: () => ({ entries: 0, bytes: 0, pending: 0 }),
    wall: () => 0,
    droppedLines: () => 0,
  })
  const names = new Set([...metrics.render().matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] as string))
  const namesIn = (part: string) => part.match(/\b(?:http|db|postern|process|nodejs)_\w+/g) ?? []
  const labels = new Set([
    'db_client_connection_pool_name',
    'db_client_connection_state',
    'http_route',
    'http_response_status_code',
  ])

  test('explains every metric there is, and none that is not', () => {
    const tables = text.slice(text.indexOf('## Metrics'), text.indexOf('## Logs'))
    const firstCells = [...tables.matchAll(/^\| (.*?) \|/gm)].flatMap((match) => namesIn(match[1] as string))
    expect(new Set(firstCells.filter((name) => !labels.has(name)))).toEqual(names)
  })

  test('queries only metrics that exist', () => {
    const queried = blocks(text, 'promql').flatMap(namesIn)
    expect(queried.length).toBeGreaterThan(8)
    const partOfHistogram = /_(bucket|count)$/
    for (const name of queried.filter((one) => !labels.has(one)))
      expect(names).toContain(names.has(name) ? name : name.replace(partOfHistogram, ''))
  })

  test('explains every event of the log', () => {
    const source = page('src/telemetry/log.ts')
    const list = source.slice(source.indexOf('const table'), source.indexOf('const weight'))
    const events = [...list.matchAll(/^ {2}'?([a-z.]+)'?: \{$/gm)].map((match) => match[1] as string)
    expect(events).toContain('catalog.failed')
    for (const event of ['http.request', ...events]) expect(text).toContain(`| \`${event}\` |`)
  })

  test('has the SQL that announces schema changes, word for word', () => {
    const statements = (list: readonly string[]) => `${list.map((statement) => `${statement};`).join('\n')}\n`
    expect(blocks(text, 'sql')).toEqual([statements(announcerInstall), statements(announcerUninstall)])
  })

  test('has a runbook only for errors that exist', () => {
    const runbook = text.slice(text.indexOf('## Runbook'), text.indexOf('## Schema changes'))
    const codes = [...runbook.matchAll(/^### (\w+)$/gm)].map((match) => match[1] as string)
    expect(codes.length).toBeGreaterThan(6)
    for (const code of codes) expect(Object.keys(errorTable)).toContain(code)
  })
})

describe('docs/kubernetes.md', () => {
  const text = page('docs/kubernetes.md')
  const yaml = blocks(text, 'yaml')

  test('has YAML that can be read', () => {
    expect(yaml.length).toBeGreaterThan(5)
    for (const block of yaml)
      for (const document of parseAllDocuments(block, { version: '1.1' })) expect(document.errors).toEqual([])
  })

  test('has a configuration that the gateway accepts', () => {
    const configMap = yaml.find((block) => block.includes('kind: ConfigMap')) as string
    const [document] = parseAllDocuments(configMap)
    const config = document?.getIn(['data', 'postern.yaml']) as string
    const files = {
      list: () => ['postern.yaml'],
      read: (path: string) => (path.endsWith('.yaml') ? config : 'secret'),
    }
    expect(loadConfig({ argv: ['--config-dir=/etc/postern'], env: {}, files })).toHaveProperty('config')
  })

  test('has a container that passes the restricted Pod Security Standard', () => {
    const block = yaml.find((one) => one.includes('initContainers')) as string
    const [document] = parseAllDocuments(block, { version: '1.1' })
    const spec = document?.getIn(['spec', 'template', 'spec'])
    expect(isMap(spec)).toBe(true)
    expect(podSecurityFaults({ containers: [], ...(spec as { toJSON(): object }).toJSON() })).toEqual([])
  })
})

/** As GitHub makes them of headings. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

/** A heading that comes again has a number behind its anchor. */
function anchorsOf(text: string): readonly string[] {
  const times = new Map<string, number>()
  return [...text.replaceAll(/^ *```.*?^ *```$/gms, '').matchAll(/^#+ (.*)$/gm)].map((match) => {
    const anchor = anchorOf(match[1] as string)
    const before = times.get(anchor) ?? 0
    times.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
}

test.each(['docs/kubernetes.md', 'docs/operations.md', 'docs/api.md', 'docs/engines.md'])(
  '%s links only to what is there',
  (path) => {
    const text = page(path)
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string)
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) {
      const [file = '', anchor] = link.split('#')
      if (file.startsWith('http')) continue
      const target = file === '' ? path : join(dirname(path), file)
      if (anchor === undefined) expect(() => readFileSync(join(root, target)), link).not.toThrow(/ENOENT/)
      else expect(anchorsOf(page(target)), link).toContain(anchor)
    }
  },
)

test('the folders the pages name are the ones there are', () => {
  for (const folder of readdirSync(join(root, 'manifests')))
    expect(page('docs/kubernetes.md')).toContain(`(../manifests/${folder})`)
})
