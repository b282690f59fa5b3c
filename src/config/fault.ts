/** One thing that is wrong with the configuration, in words for the person who wrote it. */
import type { Node, Origin } from './node.ts'

export interface ConfigFault {
  /** The key (`pools.max`), variable or flag it is about; empty when it is about a whole file or argument list. */
  readonly key: string
  /** What is wrong and what would be right. Never the value of a secret. */
  readonly message: string
  /** Where it was written; empty for what nobody wrote. */
  readonly origin: Origin
}

/** `pools.mx: unknown key, did you mean pools.max? (config.yaml:12)` */
export const faultLine = ({ key, message, origin }: ConfigFault): string =>
  `${key && `${key}: `}${message}${origin && ` (${origin})`}`

/** A path as people read it: `deadlines.rules[0].path`. */
export const pathInWords = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}${text && '.'}${String(step)}`),
    '',
  )

const secretName = /password|passphrase|secret|token|credential|url|key/i

/** Whether a value at this path may be a secret, by the name of the key. */
export const isSecret = (path: readonly PropertyKey[]): boolean =>
  path.some((step) => typeof step === 'string' && secretName.test(step))

/** `"abc"`, `5`, `true`, `a list`: a value as a message shows it, short, and without credentials of a URL. */
export function valueInWords(node: Node): string {
  if (node.kind !== 'scalar' || node.hidden) return kindInWords(node)
  if (typeof node.value !== 'string') return node.value === null ? 'nothing' : String(node.value)
  const bare = node.value.replace(/\/\/[^/\s]*@/g, '//…@')
  return JSON.stringify(bare.length > 60 ? `${bare.slice(0, 59)}…` : bare)
}

/** `text`, `a number`, `a list`: what kind of value it is, without showing it. */
export function kindInWords(node: Node): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'map') return 'a group of keys'
  if (node.hidden) return 'what the reference gives'
  if (node.value === null) return 'nothing'
  return { string: 'text', number: 'a number', boolean: 'true or false' }[
    typeof node.value as 'string' | 'number' | 'boolean'
  ]
}
