/** Finds in the text of a routine which of its parameters have a default: no system view tells. Pure. */

/** Comments (block comments nest), constants, quoted names, names and variables, single characters. */
const token = /--[^\n]*|\/\*|N?'(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\]|[\p{L}_#@$\p{N}]+|\S/gu

/** Where the list of parameters is over, at the latest. */
const body = new Set(['AS', 'RETURNS', 'WITH', 'FOR', 'BEGIN', 'RETURN'])

/**
 * The parameters that the list after `CREATE PROCEDURE name` or `CREATE FUNCTION name` gives a default. An incomplete text
 * gives those it shows.
 */
export function parametersWithDefault(definition: string): ReadonlySet<string> {
  const found = new Set<string>()
  let current: string | undefined
  let previous = ''
  let depth = 0
  /** How deep the list stands: functions need parentheses around it, procedures may do without. */
  let listDepth = 0
  for (const word of tokens(definition)) {
    // `@a AS int`: what ends the list may also stand between a name and its type.
    if (body.has(word.toUpperCase()) && !previous.startsWith('@')) break
    if (word === '(') depth++
    else if (word === ')') depth--
    else if (word === ',' && depth === listDepth) current = undefined
    else if (word === '=' && current !== undefined) found.add(current)
    else if (word.startsWith('@') && current === undefined) {
      current = word
      listDepth = depth
    }
    previous = word
  }
  return found
}

function* tokens(text: string): Generator<string> {
  const pattern = new RegExp(token)
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [word] = match
    if (word === '/*') pattern.lastIndex = behindComment(text, pattern.lastIndex)
    else if (!word.startsWith('--')) yield word
  }
}

/** The place behind a comment that began before `from`. */
function behindComment(text: string, from: number): number {
  const edge = /\/\*|\*\//g
  edge.lastIndex = from
  for (let depth = 1, match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return text.length
}
