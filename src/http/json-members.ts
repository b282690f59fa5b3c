/** Members of JSON objects that stand twice: JSON.parse keeps the last and says nothing. */

/** Index of the quote that ends the string which begins at `start`; the length of the text when none does. */
export function endOfString(text: string, start: number): number {
  let i = start + 1
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 34) return i
    if (code === 92) i++
  }
  return i
}

/** Members of all objects in a value that JSON.parse made, numbers kept as text apart. */
export function countMembers(value: unknown, isRaw: (value: unknown) => boolean): number {
  if (typeof value !== 'object' || value === null || isRaw(value)) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countMembers(item, isRaw)
    return count
  }
  const names = Object.keys(value)
  count = names.length
  for (const name of names) {
    const item = (value as Record<string, unknown>)[name]
    if (typeof item === 'object') count += countMembers(item, isRaw)
  }
  return count
}

/** An object or list that has begun: its names so far, and where in it the text stands. */
interface Open {
  /** Undefined: a list. */
  readonly names: Set<string> | undefined
  at: string | number
}

const pathOf = (open: readonly Open[]): string =>
  open.reduce(
    (path, { at }) => (typeof at === 'number' ? `${path}[${at}]` : path === '' ? at : `${path}.${at}`),
    '',
  )

/**
 * The first member that its object has had already, as a path: `total.gt`, `[2].name`. Escapes do not tell names apart.
 * @param text valid JSON
 */
export function repeatedMember(text: string): string | undefined {
  const open: Open[] = []
  let before = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    const inner = open.at(-1)
    switch (char) {
      case '{':
        open.push({ names: new Set(), at: '' })
        break
      case '[':
        open.push({ names: undefined, at: 0 })
        break
      case '}':
      case ']':
        open.pop()
        break
      case ',':
        if (typeof inner?.at === 'number') inner.at++
        break
      case '"': {
        const end = endOfString(text, i)
        if (inner?.names !== undefined && before !== ':') {
          inner.at = JSON.parse(text.slice(i, end + 1)) as string
          if (inner.names.has(inner.at)) return pathOf(open)
          inner.names.add(inner.at)
        }
        i = end
        break
      }
      case ':':
        break
      default:
        continue
    }
    before = char
  }
  return undefined
}
