/** Words as people type them into a search box → alternatives of terms, as PostgreSQL's websearch_to_tsquery understands them. Pure. */

export interface SearchTerm {
  /** What must not be there. */
  readonly without: boolean
  /** Several words that must follow each other. */
  readonly phrase: boolean
  /** Only what `clean` left. */
  readonly text: string
}

/** A word, or the words in double quotes, perhaps with the `-` that means `without`. */
const item = /(-?)(?:"([^"]*)"?|(\S+))/g

/**
 * Words that must all be there, "several as a phrase", `or` between two (which binds weaker), `-` before what must not be
 * there. Nothing that people type is a mistake.
 * @param clean takes everything from a term that is no part of a word to the engine; terms without a letter or digit go
 * @returns alternatives, each of at least one term
 */
export function searchAlternatives(
  words: string,
  clean: (text: string) => string,
): readonly (readonly SearchTerm[])[] {
  const alternatives: SearchTerm[][] = []
  let or = false
  for (const [, minus, quoted, word] of words.matchAll(item)) {
    if (quoted === undefined && minus === '' && word?.toLowerCase() === 'or') {
      or = alternatives.length > 0
      continue
    }
    const text = clean(quoted ?? word ?? '').trim()
    if (!/[\p{L}\p{N}]/u.test(text)) continue
    const term = { without: minus === '-', phrase: quoted !== undefined || text.includes(' '), text }
    const last = alternatives.at(-1)
    if (last === undefined || or) alternatives.push([term])
    else last.push(term)
    or = false
  }
  return alternatives
}
