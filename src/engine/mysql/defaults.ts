/** Defaults that are expressions: which of them can be evaluated before the row is inserted. Pure. */

/** Functions that make keys, and give no other value for being asked outside of the row. */
const functions = new Set(
  'uuid uuid_short uuid_to_bin bin_to_uuid random_bytes hex unhex to_base64 replace concat lower lcase upper ucase left right substr'.split(
    ' ',
  ),
)

/** Names, numbers, what stands between, and texts as MySQL prints them here: `_utf8mb4\'-\'`. */
const token = /\s*(?:([a-z_0-9]+(?=\())|(\d+|true|false)\b|_[a-z0-9]+\\'([\w .:@/-]*)\\'|([(),]))/y

/**
 * COLUMN_DEFAULT of a default that is an expression (EXTRA says DEFAULT_GENERATED) → SQL of our own that does the same;
 * undefined for anything but calls, one within another, of functions that make keys.
 */
export function newValueOf(text: string): string | undefined {
  let made = ''
  let depth = 0
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const [, name, bare, quoted, sign] = token.exec(text) ?? []
    // One call, and nothing beside it.
    if (depth === 0 && (made === '' ? name === undefined : /\W$/.test(made) || sign !== '(')) return undefined
    if (name !== undefined) {
      if (!functions.has(name)) return undefined
      made += name.toUpperCase()
    } else if (bare !== undefined) made += bare.toUpperCase()
    else if (quoted !== undefined) made += `'${quoted}'`
    else if (sign !== undefined) {
      depth += sign === '(' ? 1 : sign === ')' ? -1 : 0
      made += sign === ',' ? ', ' : sign
    } else return undefined
  }
  return depth === 0 && made !== '' ? made : undefined
}
