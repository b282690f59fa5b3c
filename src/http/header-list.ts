/** Header values that are lists with parameters (RFC 9110 section 5.6), as Accept and Prefer are. */

/** Splits at `separator` outside double quotes, in which `\` escapes a character. Pieces are trimmed, empty ones dropped. */
export function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  if (!text.includes('"'))
    return text
      .split(separator)
      .map((piece) => piece.trim())
      .filter((piece) => piece !== '')
  const pieces: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i <= text.length; i++) {
    const char = text.charAt(i)
    if (char === '"') quoted = !quoted
    else if (char === '\\' && quoted) i++
    else if (i === text.length || (char === separator && !quoted)) {
      const piece = text.slice(start, i).trim()
      if (piece !== '') pieces.push(piece)
      start = i + 1
    }
  }
  return pieces
}

const pair =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]*)|"((?:[^"\\]|\\.)*)"))?$/

/** Reads `name`, `name=token` or `name="quoted"`: the name in lower case, the value without quotes. Undefined: it is none. */
export function readPair(text: string): { name: string; value: string } | undefined {
  const match = pair.exec(text)
  if (match === null) return undefined
  const value = match[2] ?? match[3]?.replace(/\\(.)/g, '$1') ?? ''
  return { name: (match[1] as string).toLowerCase(), value }
}
