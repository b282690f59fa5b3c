/** The README of the chart, taken at its word. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { fieldFaults, valueFaults } from '../manifests/schemas.ts'
import { posternFaults, sidecarFaults } from '../manifests/postern-pod.ts'
import type { KubernetesObject } from '../support/kubernetes-tools.ts'
import { chart, chartTool, configured, type Values } from './charts.ts'

const { render, parent, close } = chartTool()
afterAll(close)

const text = readFileSync(join(chart, 'README.md'), 'utf8')
/** The block of YAML behind this first line. */
function block(first: string): string {
  const found = new RegExp(`^\`\`\`yaml\n${first}\n(.*?)^\`\`\`$`, 'ms').exec(text)
  if (found === null) throw new Error(`no block that begins with ${first}`)
  return found[1] as string
}

test('the first values give what is said below them', (context) => {
  const objects = render(context, parse(block('# shop.yaml')) as Values)
  expect(objects.map(({ kind }) => kind).toSorted()).toEqual(
    'ConfigMap ConfigMap Deployment NetworkPolicy Pod PodDisruptionBudget Service'.split(' '),
  )
  expect(posternFaults(objects, configured(objects))).toEqual([])
  const service = objects.find(({ kind }) => kind === 'Service') as KubernetesObject & {
    spec: { ports: { port: number }[] }
  }
  const said = /behind the Service `(.*?):(\d+)`/.exec(text)
  expect([service.metadata.name, String(service.spec.ports[0]?.port)]).toEqual([said?.[1], said?.[2]])
})

test('the chart of a service takes its sidecar as shown', (context) => {
  // What stands around the part that the README shows.
  const template = `apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-service}
spec:
  replicas: 3
  selector: {matchLabels: {app.kubernetes.io/name: shop-service}}
  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
${block('# templates/deployment.yaml')}`
  const folder = parent({ 'deployment.yaml': template })
  const objects = render(context, parse(block('# values.yaml')) as Values, folder)
  expect([valueFaults(objects), fieldFaults(objects)]).toEqual([[], []])
  expect(sidecarFaults(objects, configured(objects))).toEqual([])
})

test('the table of alerts is whole', () => {
  const rules = (
    parse(readFileSync(join(chart, 'files/alerts.yaml'), 'utf8')) as {
      groups: { rules: { alert: string }[] }[]
    }
  ).groups.flatMap((group) => group.rules.map(({ alert }) => alert))
  expect([...text.matchAll(/^\| `(Postern\w+)` \|/gm)].map(([, alert]) => alert)).toEqual(rules)
})

test('the values it names are there, and their defaults are those it says', () => {
  const values = parse(readFileSync(join(chart, 'values.yaml'), 'utf8')) as Values
  const rows = [...text.slice(text.indexOf('## Values')).matchAll(/^\| `(.*?)\| (.*?) \|/gm)]
  expect(rows.length).toBeGreaterThan(10)
  for (const [, names = '', defaults = ''] of rows) {
    const [first = '', ...more] = names.match(/[\w.<>]+/g) ?? []
    if (first.startsWith('databases')) continue
    const group = first.slice(0, first.lastIndexOf('.'))
    for (const [i, name] of [first, ...more].entries()) {
      const path = (name.startsWith('.') ? group + name : name).split('.')
      const found = path.reduce<unknown>((at, step) => (at as Values | undefined)?.[step], values)
      expect(found, path.join('.')).toBeDefined()
      const said = defaults.split(', ')[i]?.replaceAll('`', '')
      if (typeof found === 'number' || typeof found === 'boolean') expect(String(found), name).toBe(said)
    }
  }
})
