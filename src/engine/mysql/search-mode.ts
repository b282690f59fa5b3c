/** Words as people type them → a search in boolean mode (MySQL Reference Manual, "Boolean Full-Text Searches"). Pure. */
import { type SearchTerm, searchAlternatives } from '#engine/search-words.ts'

/** Everything but letters, digits, underlines and marks inside a word is an operator, or only separates words. */
const clean = (text: string): string =>
  text
    .replaceAll(/[^\p{L}\p{N}\p{M}_'’]+/gu, ' ')
    .replaceAll(/(?<![\p{L}\p{N}])['’]+|['’]+(?![\p{L}\p{N}])/gu, ' ')

/** Not in any index by default: INNODB_FT_DEFAULT_STOPWORD, and words below innodb_ft_min_token_size. To ask for one finds nothing. */
const stopwords = new Set(
  (
    'a about an are as at be by com de en for from how i in is it la of on or that the this to was what when where ' +
    'who will with und www'
  ).split(' '),
)
const shortest = 3
const isIndexed = ({ phrase, text }: SearchTerm): boolean =>
  phrase || ([...text].length >= shortest && !stopwords.has(text.toLowerCase()))

const written = ({ phrase, text }: SearchTerm): string => (phrase ? `"${text}"` : text)

/** The search, which may be empty: then it finds nothing, as does one for nothing but what must not be there. */
export function booleanSearch(words: string): string {
  const alternatives = searchAlternatives(words, clean).flatMap((terms) => {
    const wanted = terms.filter((term) => !term.without)
    const required = wanted.some(isIndexed) ? wanted.filter(isIndexed) : wanted
    if (required.length === 0) return []
    const unwanted = terms.filter((term) => term.without)
    return [[...required.map((t) => `+${written(t)}`), ...unwanted.map((t) => `-${written(t)}`)].join(' ')]
  })
  return alternatives.length === 1 ? alternatives.join('') : alternatives.map((one) => `(${one})`).join(' ')
}
