/** Words as people type them into a search box → a condition of CONTAINS. Pure. */
import { GatewayError } from '#base/errors.ts'
import { type SearchTerm, searchAlternatives } from '#engine/search-words.ts'

/** CONTAINS takes no nvarchar(max). */
const longest = 4000

/** What no document holds: CONTAINS takes no empty condition. */
const nothing = '"5f3c8a1e0d7b49c2a6e4f0b1d2c3e4f5"'

const separators = /[^\p{L}\p{N}\p{M}'’_.@#&+-]+/gu

/** Letters, digits and single marks inside; everything else only separates words, and quotes would end the term. */
const clean = (text: string): string => text.replaceAll(separators, ' ')

const written = ({ phrase, text }: SearchTerm): string =>
  phrase ? `"${text}"` : `FORMSOF(INFLECTIONAL, "${text}")`

/**
 * The search that PostgreSQL's websearch_to_tsquery understands, in the grammar of CONTAINS (Transact-SQL reference):
 * words that must all be there in any of their forms, "several as a phrase", `or` between two, `-` before what must not
 * be there. What cannot be read is passed over; a search for nothing but what must not be there finds nothing, as
 * CONTAINS cannot say it.
 * @throws GatewayError too_complex
 */
export function containsCondition(words: string): string {
  const conditions = searchAlternatives(words, clean).flatMap((all) => {
    // Each alternative needs a word before what it excludes.
    const wanted = all.filter((one) => !one.without).map(written)
    const unwanted = all.filter((one) => one.without).map((one) => `AND NOT ${written(one)}`)
    return wanted.length === 0 ? [] : [[wanted.join(' AND '), ...unwanted].join(' ')]
  })
  if (conditions.length === 0) return nothing
  const all = conditions.length === 1 ? conditions.join('') : conditions.map((c) => `(${c})`).join(' OR ')
  if (all.length > longest)
    throw new GatewayError('too_complex', 'A search has more words than the database takes.', {
      facts: { limit: longest, actual: all.length },
    })
  return all
}
