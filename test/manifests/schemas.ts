/** Rendered objects against the schemas of Kubernetes: values by its validators, unknown fields by its types. */
import { join } from 'node:path'
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Namespace } from 'kubernetes-models/v1/Namespace'
import { Pod } from 'kubernetes-models/v1/Pod'
import { Secret } from 'kubernetes-models/v1/Secret'
import { Service } from 'kubernetes-models/v1/Service'
import ts from 'typescript'
import type { KubernetesObject } from '../support/kubernetes-tools.ts'

interface Kind {
  readonly model: new (data: never) => { validate(): void }
  /** Where its interface, `I` and the kind, is exported. */
  readonly module: string
}

/** Which package exports them, under which version. */
const sources: readonly (readonly [source: string, version: string, ...models: readonly Kind['model'][]])[] =
  [
    ['kubernetes-models', 'v1', ConfigMap, Namespace, Pod, Secret, Service],
    ['kubernetes-models', 'apps/v1', Deployment],
    ['kubernetes-models', 'autoscaling/v2', HorizontalPodAutoscaler],
    ['kubernetes-models', 'networking.k8s.io/v1', NetworkPolicy],
    ['kubernetes-models', 'policy/v1', PodDisruptionBudget],
    ['@kubernetes-models/prometheus-operator', 'monitoring.coreos.com/v1', PodMonitor, PrometheusRule],
  ]

/** By `apiVersion/kind`. */
const kinds: Readonly<Record<string, Kind>> = Object.fromEntries(
  sources.flatMap(([source, version, ...models]) =>
    models.map((model) => [
      `${version}/${model.name}`,
      { model, module: `${source}/${version}/${model.name}` },
    ]),
  ),
)

const kindOf = ({ apiVersion, kind }: KubernetesObject): Kind => {
  const found = kinds[`${apiVersion}/${kind}`]
  if (found === undefined) throw new Error(`${apiVersion} ${kind} is not in the table of schemas.ts`)
  return found
}

/** What the validators refuse: wrong types, missing fields, values out of their enumeration. */
export function valueFaults(objects: readonly KubernetesObject[]): string[] {
  return objects.flatMap((object) => {
    try {
      ;new (kindOf(object).model)(object as never).validate()
      return []
    } catch (error) {
      return [`${object.kind} ${object.metadata.name}: ${(error as Error).message}`]
    }
  })
}

/** Unknown fields, which the validators let pass: each object becomes a literal of its type, and the compiler complains. */
export function fieldFaults(objects: readonly KubernetesObject[]): string[] {
  const path = join(import.meta.dirname, 'rendered.ts')
  const literals = objects.map((object, i) => {
    const { module } = kindOf(object)
    const type = `import('${module}').I${object.kind}`
    return `export const o${i}: ${type} = ${JSON.stringify(object)}`
  })
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => name === path || fileExists(name)
  host.getSourceFile = (name, ...rest) =>
    name === path
      ? ts.createSourceFile(path, literals.join('\n'), ts.ScriptTarget.ES2022)
      : getSourceFile(name, ...rest)
  const program = ts.createProgram([path], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const object =
      file?.fileName === path ? objects[file.getLineAndCharacterOfPosition(start).line] : undefined
    return `${object?.kind} ${object?.metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}
