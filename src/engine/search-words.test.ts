/** Words as people type them into a search box. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { searchAlternatives } from './search-words.ts'

const clean = (text: string) => text.replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
const found = (words: string) =>
  searchAlternatives(words, clean).map((terms) =>
    terms.map(({ without, phrase, text }) => `${without ? '-' : ''}${phrase ? `"${text}"` : text}`),
  )

describe('words to search for', () => {
  it('are all meant, unless "or" stands between them', () => {
    expect(found('red  apples')).toEqual([['red', 'apples']])
    expect(found('red or green apples OR ripe')).toEqual([['red'], ['green', 'apples'], ['ripe']])
    expect(found('or red or')).toEqual([['red']])
  })

  it('are a phrase in quotes, and where one of them falls apart', () => {
    expect(found('"red apples" -"not ripe" open "end')).toEqual([
      ['"red apples"', '-"not ripe"', 'open', '"end"'],
    ])
    expect(found('e-mail')).toEqual([['"e mail"']])
    expect(found('"or"')).toEqual([['"or"']])
  })

  it('are none without a letter or digit', () => {
    expect(found('')).toEqual([])
    expect(found(`'); -- & | ! <->`)).toEqual([])
    expect(found('"" - red or !!')).toEqual([['red']])
  })

  it('make no alternative without a term, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (words) => {
        const all = searchAlternatives(words, clean)
        expect(all.every((terms) => terms.length > 0)).toBe(true)
        expect(all.flat().every(({ text }) => /^[\p{L}\p{N} ]+$/u.test(text) && text === text.trim())).toBe(
          true,
        )
      }),
    )
  })
})
