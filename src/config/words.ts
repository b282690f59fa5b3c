/** What a key takes, in words: for messages, help and documentation. */
import { formatDuration, formatSize } from '#base/units.ts'
import type { ScalarShape, Shape } from './shape.ts'

/** The type in a table: `whole number, 1 to 1000`, `error, warn or info`, `list of texts`. */
export function typeInWords(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return 'text'
    case 'boolean':
      return 'true or false'
    case 'choice':
      return shape.choices.join(', ').replace(/, (?=[^,]*$)/, ' or ')
    case 'integer':
      return [...shape.choices, `whole number${boundsInWords(shape)}`].join(' or ')
    case 'number':
    case 'duration':
    case 'size':
      return `${shape.kind}${boundsInWords(shape)}`
    case 'list':
      if (shape.item.kind === 'object') return 'list of groups'
      return `list of ${shape.item.kind === 'text' ? 'texts' : typeInWords(shape.item)}`
    case 'record':
      return shape.value.kind === 'record' ? 'groups under names of yours' : 'values under names of yours'
    case 'object':
      return 'group'
    default:
      return shape satisfies never
  }
}

/** What a message says is expected: `a whole number, 1 to 1000`, `one of error, warn or info`. */
export function expectation(shape: Shape): string {
  switch (shape.kind) {
    case 'integer':
      return [...shape.choices, `a whole number${boundsInWords(shape)}`].join(' or ')
    case 'number':
      return `a ${typeInWords(shape)}`
    case 'duration':
      return `a duration such as 500ms, 2s or 30m${boundsInWords(shape)}`
    case 'size':
      return `a size such as 64KiB or 16MiB${boundsInWords(shape)}`
    case 'choice':
      return shape.choices.length > 1 ? `one of ${typeInWords(shape)}` : typeInWords(shape)
    case 'text':
    case 'boolean':
      return typeInWords(shape)
    case 'list':
      return 'a list'
    case 'record':
    case 'object':
      return 'a group of keys'
    default:
      return shape satisfies never
  }
}

/** The default as users write it (`500ms`, `16MiB`, `[]`); undefined: there is none. */
export function defaultInWords(shape: Shape): string | undefined {
  if (shape.default === undefined) return undefined
  if (shape.kind === 'duration') return formatDuration(Number(shape.default))
  if (shape.kind === 'size') return formatSize(Number(shape.default))
  return typeof shape.default === 'string' ? shape.default : JSON.stringify(shape.default)
}

function boundsInWords({ kind, min, max }: ScalarShape): string {
  const format = kind === 'duration' ? formatDuration : kind === 'size' ? formatSize : String
  if (min !== undefined && max !== undefined) return `, ${format(min)} to ${format(max)}`
  if (min !== undefined) return min > 0 ? `, at least ${format(min)}` : ''
  return max === undefined ? '' : `, at most ${format(max)}`
}
