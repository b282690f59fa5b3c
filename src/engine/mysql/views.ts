/** The text of a view, as the server prints it → which of its columns are plain columns of its one table. Pure. */

export interface ViewSource {
  /** The table or view it is made of. */
  readonly schema: string
  readonly table: string
  /** Column of the view → column of the table; undefined for an expression. */
  readonly columns: ReadonlyMap<string, string | undefined>
}

const name = '`((?:[^`]|``)+)`'
const item = new RegExp(`^(?:${name}\\.)*${name} AS ${name}$`, 's')
const alias = new RegExp(` AS ${name}$`, 's')
const from = new RegExp(`^${name}\\.${name}(?: ${name})?(?: (?:where|order by|limit) .*)?$`, 's')

const plain = (quoted: string | undefined) => quoted?.replaceAll('``', '`') ?? ''

/**
 * `select … from` one table, as MySQL and MariaDB print the definition of any such view: all names in full and quoted,
 * each column with its name behind AS. Undefined for everything else (joins, unions, subqueries in FROM), and for the
 * empty text that users without SHOW VIEW are given.
 */
export function readView(definition: string): ViewSource | undefined {
  if (!definition.startsWith('select ')) return undefined
  const items = splitItems(definition.slice('select '.length))
  const rest = items.pop()
  const [, schema, table] = (rest === undefined ? undefined : from.exec(rest)) ?? []
  if (schema === undefined || table === undefined) return undefined
  const columns = new Map<string, string | undefined>()
  for (const text of items) {
    const parts = item.exec(text)
    const shown = parts?.at(-1) ?? alias.exec(text)?.[1]
    if (shown === undefined) return undefined
    columns.set(plain(shown), parts === null ? undefined : plain(parts.at(-2)))
  }
  return { schema: plain(schema), table: plain(table), columns }
}

/** The items between commas, and last what stands behind `from`, with quotes and parentheses respected. */
function splitItems(text: string): string[] {
  const items: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const c = text[at]
    if (c === '(') depth++
    else if (c === ')') depth--
    else if (c === '`' || c === "'" || c === '"') at = endOfQuoted(text, at, c)
    else if (depth > 0) continue
    else if (c === ',') {
      items.push(text.slice(start, at))
      start = at + 1
    } else if (c === ' ' && text.startsWith(' from ', at)) {
      items.push(text.slice(start, at), text.slice(at + ' from '.length))
      return items
    }
  }
  return []
}

/** Doubled quotes stand for themselves; so does what follows a backslash, except in names. */
function endOfQuoted(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\' && quote !== '`') at++
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at
      at++
    }
  }
  return text.length
}
