/** The chart, rendered as users render it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { stringify } from 'yaml'
import type { Config } from '#config/schema.ts'
import { configOf } from '../manifests/postern-pod.ts'
import { findHelm, type KubernetesObject, objectsOf } from '../support/kubernetes-tools.ts'

export const chart = join(import.meta.dirname, '../../charts/postern')

export type Values = Readonly<Record<string, unknown>>

/** Helm in a folder of its own. */
export function chartTool() {
  const helm = findHelm()
  const folder = mkdtempSync(join(tmpdir(), 'postern-chart-'))
  let serial = 0

  const fileOf = (values: Values): string => {
    const path = join(folder, `values-${serial++}.yaml`)
    // Helm reads YAML 1.1, in which a bare `y` is true.
    writeFileSync(path, stringify(values, { version: '1.1' }))
    return path
  }
  /** What Helm prints; skips the test, with the reason, where there is no Helm. */
  const run = ({ skip }: TestContext, values: Values, ...args: readonly string[]): string =>
    'missing' in helm ? skip(helm.missing) : helm.run(...args, '-f', fileOf(values))

  return {
    run,
    /** All objects of a release `shop` in the namespace `shop`. */
    render: (context: TestContext, values: Values, path = chart): KubernetesObject[] =>
      objectsOf(run(context, values, 'template', 'shop', path, '--namespace', 'shop')),
    /** What Helm says when it refuses values. @throws when it takes them */
    refusal: (context: TestContext, values: Values, path = chart): string => {
      try {
        run(context, values, 'template', 'shop', path, '--namespace', 'shop')
      } catch (error) {
        if (error instanceof Error && 'stderr' in error) return String(error.stderr)
        throw error
      }
      throw new Error('Helm took the values')
    },
    /** A chart of a service that has this one as its dependency, with these templates. @returns its folder, gone with `close` */
    parent: (templates: Readonly<Record<string, string>>): string => {
      const path = join(folder, `parent-${serial++}`)
      mkdirSync(join(path, 'templates'), { recursive: true })
      cpSync(chart, join(path, 'charts/postern'), { recursive: true })
      writeFileSync(
        join(path, 'Chart.yaml'),
        stringify({
          apiVersion: 'v2',
          name: 'shop-service',
          version: '1.0.0',
          dependencies: [{ name: 'postern', version: '0.1.0', repository: 'file://charts/postern' }],
        }),
      )
      for (const [name, text] of Object.entries(templates)) writeFileSync(join(path, 'templates', name), text)
      return path
    },
    close: () => {
      if (!('missing' in helm)) helm.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** What the Secret `shop-database` of the cluster holds. */
const login = { username: 'shop_service', password: 'hunter2' }
const credentials: KubernetesObject & { data: object } = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'shop-database' },
  data: Object.fromEntries(
    Object.entries(login).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
}

/** The configuration of the rendered gateway or sidecar, as the gateway reads it where that Secret is. */
export function configured(objects: readonly KubernetesObject[]): Config {
  const loaded = configOf([...objects, credentials])
  if ('faults' in loaded) throw new Error(JSON.stringify(loaded.faults))
  return loaded.config
}
