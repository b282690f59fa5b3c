/** YAML text → located values; syntax faults with line and column, and never a word of the text itself, which may hold secrets. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Alias, Document, ErrorCode, Node as YamlNode, YAMLError } from 'yaml'
import type { ConfigFault } from './fault.ts'
import { pathInWords } from './fault.ts'
import type { MapNode, Node, ScalarNode } from './node.ts'

const noAnchor = 'an alias (*name) without its anchor (&name)'

/** The words of the YAML library may quote the file, so these are ours. */
const syntax: Partial<Record<ErrorCode, string>> = {
  BAD_ALIAS: noAnchor,
  BAD_DIRECTIVE: 'a directive (%name) that means nothing here',
  BAD_DQ_ESCAPE: 'an escape that double-quoted text does not know; use single quotes for backslashes',
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BAD_SCALAR_START: 'text that begins with a character of YAML syntax; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a key inside the line of another key; put it on a line of its own, or the text in quotes',
  MISSING_CHAR: 'a quote, bracket, comma, colon or space is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must stand on one line and be followed by a colon',
  MULTIPLE_DOCS: 'more than one YAML document (---) in the file',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab in the indentation; YAML takes only spaces',
  TAG_RESOLVE_FAILED: 'a tag (!name) that means nothing here',
  UNEXPECTED_TOKEN: 'something stands where YAML does not expect it',
}

/** Most uses of aliases in one file, so that a few lines cannot unfold into gigabytes or into themselves. */
const maxAliases = 100

/** What a file held; `broken` when it could not be read to the end. */
export interface YamlFile {
  readonly root: MapNode
  readonly faults: readonly ConfigFault[]
  readonly broken: boolean
}

/**
 * Reads one YAML (1.2) or JSON file.
 * @param name as the user calls the file; origins become `name:line`
 */
export function readYaml(text: string, name: string): YamlFile {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
  })
  const empty: MapNode = { kind: 'map', origin: name, entries: new Map() }
  const faultOf = (error: YAMLError): ConfigFault => {
    const { line, col } = lines.linePos(error.pos[0])
    return {
      key: '',
      message: `not valid YAML: ${syntax[error.code] ?? 'the syntax is wrong'}`,
      origin: `${name}:${line}:${col}`,
    }
  }
  if (document.errors.length > 0) return { root: empty, broken: true, faults: document.errors.map(faultOf) }
  // What the library only warns of it has passed over, such as a tag; nothing is passed over here.
  const faults = document.warnings.map(faultOf)
  const root = locate(document, name, lines, faults)
  if (root.kind === 'map') return { root, faults, broken: false }
  if (root.kind === 'scalar' && root.value === null) return { root: empty, faults, broken: false }
  faults.push({ key: '', message: 'expected keys and values', origin: root.origin })
  return { root: empty, faults, broken: true }
}

function locate(document: Document, name: string, lines: LineCounter, faults: ConfigFault[]): Node {
  let aliases = 0
  const lineOf = (node: unknown): number => {
    const start = (node as YamlNode | null)?.range?.[0]
    return start === undefined ? 1 : lines.linePos(start).line
  }
  const follow = (alias: Alias): YamlNode | 'unknown' | 'too many' => {
    aliases += 1
    return aliases > maxAliases ? 'too many' : (alias.resolve(document) ?? 'unknown')
  }

  const walk = (node: unknown, path: readonly PropertyKey[], from: string): Node => {
    const origin = node ? `${name}:${lineOf(node)}` : from
    if (isAlias(node)) {
      const target = follow(node)
      if (typeof target !== 'string') return walk(target, path, origin)
      if (target === 'unknown') faults.push({ key: pathInWords(path), message: noAnchor, origin })
      // One report is enough: the first use beyond the limit.
      else if (aliases === maxAliases + 1)
        faults.push({ key: pathInWords(path), message: `more than ${maxAliases} aliases`, origin })
      return { kind: 'scalar', origin, value: null, lost: true }
    }
    if (isSeq(node))
      return { kind: 'list', origin, items: node.items.map((item, i) => walk(item, [...path, i], origin)) }
    if (isMap(node)) {
      const entries = new Map<string, Node>()
      const firstLine = new Map<string, number>()
      for (const { key, value } of node.items) {
        const line = lineOf(key)
        const at = `${name}:${line}`
        if (!isScalar(key)) {
          faults.push({ key: pathInWords(path), message: 'a key must be plain text', origin: at })
          continue
        }
        const step = String(key.value)
        const earlier = firstLine.get(step)
        if (earlier !== undefined) {
          faults.push({
            key: pathInWords([...path, step]),
            message: `given twice, first on line ${earlier}`,
            origin: at,
          })
          continue
        }
        firstLine.set(step, line)
        entries.set(step, { ...walk(value, [...path, step], at), origin: at })
      }
      return { kind: 'map', origin, entries }
    }
    return { kind: 'scalar', origin, value: scalarValue(node) }
  }
  return walk(document.contents, [], `${name}:1`)
}

function scalarValue(node: unknown): ScalarNode['value'] {
  const value = isScalar(node) ? node.value : null
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
